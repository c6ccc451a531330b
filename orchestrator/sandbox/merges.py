"""Three-way merges without a work tree, with a merge base that the caller names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.sandbox.trees import GITLINK, find_entry, read_blob

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

    from orchestrator.sandbox.plumbing import Plumbing

_CONFLICTS = 1
_NOBODY = {
    "GIT_AUTHOR_NAME": "merge",
    "GIT_AUTHOR_EMAIL": "merge@invalid",
    "GIT_AUTHOR_DATE": "@0 +0000",
    "GIT_COMMITTER_NAME": "merge",
    "GIT_COMMITTER_EMAIL": "merge@invalid",
    "GIT_COMMITTER_DATE": "@0 +0000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One path that both sides changed in ways that do not fit."""

    path: str
    base: bytes | None
    """`None` where that side has no such file, or a submodule in its place."""
    ours: bytes | None
    theirs: bytes | None
    merged: bytes | None
    """The file with conflict markers, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """A merged tree; complete only without conflicts."""

    tree: str
    """With conflicts: holds conflict markers, good to show and not to commit."""
    conflicts: tuple[Conflict, ...]

    @property
    def is_clean(self) -> bool:
        """Whether the tree may be committed."""
        return not self.conflicts


def merge_trees(
    git: Plumbing,
    bare: Path,
    *,
    base: str,
    ours: str,
    theirs: str,
    sides: MutableMapping[tuple[str, ...], str],
) -> MergeResult:
    """Merge what `ours` and `theirs` each changed since `base`; all three are trees.

    Args:
        git: How git is started.
        bare: The repository.
        base: What both began from.
        ours: One side.
        theirs: The other side.
        sides: Commits made for earlier merges, by tree and parents; more are added.

    Raises:
        GitError: There is no such tree.
    """

    def commit(*of: str) -> str:
        if of not in sides:
            sides[of] = _commit(git, bare, *of)
        return sides[of]

    # Before git 2.40 the merge base cannot be given, so it is made: two children of one parent.
    root = commit(base)
    side_commits = (commit(ours, root), commit(theirs, root))
    ending = git.call(
        *("merge-tree", "--write-tree", "-z", "--messages"),
        *side_commits,
        git_dir=bare,
        configuration=("merge.directoryRenames=false",),
        accepted=(0, _CONFLICTS),
    )
    tree, *fields = ending.stdout.split(b"\0")
    merged = tree.decode()
    if ending.exit_code == 0:
        return MergeResult(tree=merged, conflicts=())
    return MergeResult(tree=merged, conflicts=_conflicts(git, bare, merged, fields))


def _commit(git: Plumbing, bare: Path, tree: str, *parents: str) -> str:
    operands = [word for parent in parents for word in ("-p", parent)]
    ending = git.call("commit-tree", *operands, tree, git_dir=bare, stdin=b"", environment=_NOBODY)
    return ending.stdout.decode().strip()


def _conflicts(git: Plumbing, bare: Path, merged: str, fields: list[bytes]) -> tuple[Conflict, ...]:
    # Records `mode id stage TAB path` up to an empty one; the messages after it are for people.
    stages: dict[bytes, dict[str, str]] = {}
    for record in fields[: fields.index(b"")]:
        facts, _, path = record.partition(b"\t")
        mode, object_id, stage = facts.decode().split(" ")
        side = stages.setdefault(path, {})
        # A submodule's commit is in another repository.
        if mode != GITLINK:
            side[stage] = object_id
    return tuple(
        _conflict(git, bare, merged, path.decode(errors="surrogateescape"), by_stage)
        for path, by_stage in sorted(stages.items())
    )


def _conflict(
    git: Plumbing, bare: Path, merged: str, path: str, by_stage: Mapping[str, str]
) -> Conflict:
    def text(object_id: str | None) -> bytes | None:
        return read_blob(git, bare, object_id) if object_id else None

    entry = find_entry(git, bare, merged, path)
    return Conflict(
        path=path.encode(errors="surrogateescape").decode(errors="replace"),
        base=text(by_stage.get("1")),
        ours=text(by_stage.get("2")),
        theirs=text(by_stage.get("3")),
        merged=text(entry.object_id) if entry and entry.mode != GITLINK else None,
    )
