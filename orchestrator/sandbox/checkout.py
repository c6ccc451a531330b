"""The checkout that a person or actions/checkout made: asked a few questions, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.errors import GitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.sandbox.plumbing import Plumbing


class Lack(StrEnum):
    """What a clone was made without, in words that follow "is"."""

    HISTORY = "shallow"
    FILES = "a partial clone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A repository on this machine, with a work tree or bare."""

    folder: Path
    git_dir: Path
    lack: Lack | None
    """`None` for a clone that has everything."""
    branch: str | None
    """`None` when HEAD is detached."""
    refs: Mapping[str, str]
    """Full name → object id: local branches and those last seen on remotes."""
    has_changes: bool
    """Whether files differ from HEAD or are new."""

    def ref_of(self, branch: str) -> str | None:
        """Return the local branch, or else the one last seen on `origin`."""
        for ref in (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"):
            if ref in self.refs:
                return ref
        return None

    @property
    def branches(self) -> tuple[str, ...]:
        """Names of all branches, local or on `origin`."""
        names = (
            ref.removeprefix("refs/heads/").removeprefix("refs/remotes/origin/")
            for ref in self.refs
        )
        return tuple(sorted({name for name in names if name != "HEAD"}))


def read_checkout(git: Plumbing, folder: Path) -> Checkout:
    """Look at a checkout; hooks, fsmonitor and nested repositories are not started.

    Raises:
        UsageError: There is no repository.
    """
    git_dir = folder / ".git" if (folder / ".git").exists() else folder
    try:
        shallow = git.call("rev-parse", "--is-shallow-repository", git_dir=git_dir).stdout
    except GitError as exc:
        raise UsageError(
            f"{str(folder)!r} is not a git repository: {exc}",
            hint="Name the folder of a clone; in a workflow, add a step `uses: actions/checkout` "
            "before this one.",
        ) from exc
    head = git.call("symbolic-ref", "--quiet", "HEAD", git_dir=git_dir, accepted=(0, 1)).stdout
    branch = head.decode(errors="replace").strip().removeprefix("refs/heads/")
    return Checkout(
        folder=folder,
        git_dir=git_dir,
        lack=Lack.HISTORY if shallow.strip() == b"true" else _lack_of_files(git, git_dir),
        branch=branch or None,
        refs=_refs(git, git_dir),
        has_changes=git_dir != folder and _has_changes(git, git_dir, folder),
    )


def _lack_of_files(git: Plumbing, git_dir: Path) -> Lack | None:
    # What is missing is fetched by the git of whoever needs it, which ours never does.
    promised = r"^(extensions\.partialclone|remote\..*\.promisor)$"
    found = git.call("config", "--get-regexp", promised, git_dir=git_dir, accepted=(0, 1))
    return Lack.FILES if found.stdout else None


def _refs(git: Plumbing, git_dir: Path) -> Mapping[str, str]:
    namespaces = ("refs/heads/", "refs/remotes/origin/")
    listing = git.call(
        "for-each-ref", "--format=%(objectname) %(refname)", *namespaces, git_dir=git_dir
    )
    lines = listing.stdout.decode(errors="replace").split("\n")
    pairs = (line.split(" ", 1) for line in lines if line)
    return {ref: object_id for object_id, ref in pairs}


def _has_changes(git: Plumbing, git_dir: Path, folder: Path) -> bool:
    options = ("--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=all")
    ending = git.call("status", *options, git_dir=git_dir, work_tree=folder, accepted=(0, 1, 128))
    return bool(ending.stdout)
