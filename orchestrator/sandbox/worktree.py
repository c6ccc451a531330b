"""One task's own copy of one commit: disposable, without a remote, without a credential."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.plumbing import FETCH_OPTIONS
from orchestrator.sandbox.removal import remove_tree
from orchestrator.sandbox.snapshot import take_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.sandbox import Cell
    from orchestrator.sandbox.snapshot import SnapshotLimits, SnapshotReport

_BRANCH = "refs/heads/work"
_HISTORY = 50
# Files come and go byte for byte: no conversion of line ends, no filter, whatever the tree says.
_RAW = "* -text -ident !eol !filter !working-tree-encoding\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worktree:
    """A folder filled from one commit; after an agent was there, only `snapshot` may read it."""

    root: Path
    commit: str
    git: Git

    def snapshot(
        self, cell: Cell | None, *, limits: SnapshotLimits | None = None
    ) -> SnapshotReport:
        """Write the folder's present state into the run's repository; see `take_snapshot`.

        Args:
            cell: One around this folder, to list ignored files in; `None` where there is no
                sandbox, and so no command that could have made such files.
            limits: Bounds of what may be new or different.

        Raises:
            SandboxError: The tree could not be listed.
            GitError: Objects could not be written.
        """
        return take_snapshot(self.git, base=self.commit, root=self.root, cell=cell, limits=limits)

    def remove(self) -> None:
        """Delete the folder, however deep or locked it is; a second call does nothing.

        Raises:
            SandboxError: Something in it cannot be deleted.
        """
        # The programs walk by descriptors and to any depth; an agent may have locked folders.
        remove_tree(self.root)


def open_worktree(git: Git, *, commit: str, root: Path, history: int = _HISTORY) -> Worktree:
    """Fill a new folder from a commit; its own `.git` holds that commit's past and nothing else.

    Args:
        git: The run's repository.
        commit: Full id.
        root: The folder to make. Its parent is made passable for other users, not readable, and
            stays ours, so that no agent can put something else in the folder's place.
        history: How many commits back the copy's `git log` reaches.

    Raises:
        GitError: There is no such commit, or no room.
        SandboxError: The folder exists already.
    """
    root.parent.mkdir(parents=True, exist_ok=True)
    root.parent.chmod(0o711)
    try:
        root.mkdir(mode=0o700)
    except FileExistsError as exc:
        raise SandboxError(
            f"The worktree {str(root)!r} exists already.",
            hint="Choose another name for every attempt of a task.",
        ) from exc
    own = root / ".git"
    call = partial(git.plumbing.call, is_shared=True)
    call("init", "--quiet", "--template=", "--initial-branch=work", str(root))
    call(
        *("fetch", *FETCH_OPTIONS, f"--depth={history}", str(git.bare), commit),
        git_dir=own,
        configuration=("protocol.file.allow=always",),
    )
    call("update-ref", "--no-deref", _BRANCH, commit, git_dir=own)
    attributes = own / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text(_RAW)
    call("read-tree", "-m", "-u", commit, git_dir=own, work_tree=root)
    attributes.unlink()
    return Worktree(root=root, commit=commit, git=git)
