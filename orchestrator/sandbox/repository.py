"""The run's own repository: bare, private, without credentials and without a work tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import GitError, UsageError
from orchestrator.sandbox.checkout import Lack, read_checkout
from orchestrator.sandbox.git import Git
from orchestrator.sandbox.refnames import branch_ref
from orchestrator.sandbox.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.sandbox.checkout import Checkout
    from orchestrator.sandbox.plumbing import Plumbing
    from orchestrator.sandbox.remote import PushEnding

_BASE_REF = "refs/orchestrator/base"
_SHOWN_BRANCHES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit that a run starts from."""

    branch: str
    commit: str
    notices: tuple[str, ...] = ()
    """What the user may not expect, one sentence each."""


class RunRepository:
    """Holds every commit of a run; worktrees are filled from it and never written back."""

    def __init__(self, folder: Path, *, plumbing: Plumbing | None = None) -> None:
        """Open the repository in `folder`, or make it there with mode 0700.

        Raises:
            CommandUnavailableError: Git is missing or too old.
            GitError: The folder cannot be made a repository.
        """
        self.git = Git(folder, plumbing=plumbing)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise GitError(
                f"The folder {str(folder)!r} cannot be made: {error.strerror or error}.",
                hint="Choose a place where folders can be made and written.",
            ) from error
        if not (folder / "HEAD").exists():
            call = self.git.plumbing.call
            call("init", "--bare", "--quiet", "--template=", "--initial-branch=none", str(folder))
            call("config", "uploadpack.allowAnySHA1InWant", "true", git_dir=folder)

    def take_base(
        self, *, checkout: Path | None, remote: Remote | None, branch: str | None
    ) -> Base:
        """Fetch the base branch with its history and return the commit to start from.

        Args:
            checkout: A clone on this machine, or `None`. Only commits are read from it.
            remote: Asked when there is no checkout, when that lacks history, files or the branch.
            branch: The base branch; the checkout's or the remote's own when left out.

        Raises:
            UsageError: No commit yet, no such branch, or only a part of a clone without a remote.
            GitError: Reading failed; and the errors of `Remote.fetch`.
        """
        here = read_checkout(self.git.plumbing, checkout) if checkout else None
        if here is not None and here.lack is None:
            name = branch or here.branch
            ref = here.ref_of(name) if name else None
            if name and ref:
                local = Remote(url=str(here.git_dir.resolve()))
                commit = self._fetch_base(local, ref)
                return Base(branch=name, commit=commit, notices=_notices(here, name, commit))
        if remote is None:
            raise _no_base(here, branch)
        name = branch or remote.default_branch(self.git.plumbing, self.git.bare)
        known = self._branches(remote)
        if name is None or name not in known:
            unnamed = f"The repository {remote.url!r} names no default branch."
            raise _no_branch(remote.url, name, known, unnamed=unnamed)
        commit = self._fetch_base(remote, branch_ref(name))
        return Base(branch=name, commit=commit, notices=_notices(here, name, commit))

    def fetch(self, remote: Remote, refs: Mapping[str, str], *, is_alone: bool = False) -> None:
        """Bring refs under names of our own; see `Remote.fetch`."""
        remote.fetch(self.git.plumbing, self.git.bare, refs, is_alone=is_alone)

    def remote_refs(self, remote: Remote, *names: str) -> Mapping[str, str]:
        """Return refs over there with their object ids; see `Remote.refs`."""
        return remote.refs(self.git.plumbing, self.git.bare, *names)

    def push(self, remote: Remote, *, ref: str, commit: str, expected: str | None) -> PushEnding:
        """Set one ref over there, if it still is where it was last seen; see `Remote.push`."""
        return remote.push(
            self.git.plumbing, self.git.bare, ref=ref, commit=commit, expected=expected
        )

    def try_push(self, remote: Remote, *, ref: str, commit: str) -> None:
        """Ask whether a ref could be set over there; see `Remote.try_push`."""
        remote.try_push(self.git.plumbing, self.git.bare, ref=ref, commit=commit)

    def _branches(self, remote: Remote) -> tuple[str, ...]:
        refs = remote.refs(self.git.plumbing, self.git.bare)
        prefix = "refs/heads/"
        return tuple(sorted(ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix)))

    def _fetch_base(self, remote: Remote, ref: str) -> str:
        remote.fetch(self.git.plumbing, self.git.bare, {ref: _BASE_REF})
        commit = self.git.resolve(_BASE_REF)
        if commit is None:
            raise GitError(
                f"{ref!r} of {remote.url!r} does not name a commit.",
                hint="Choose a branch as base.",
            )
        return commit


def _notices(here: Checkout | None, branch: str, commit: str) -> tuple[str, ...]:
    if here is None:
        return ()
    notices: list[str] = []
    if here.lack is not None:
        notices.append(
            f"The checkout is {here.lack}; branch {branch!r} was fetched from the remote."
        )
    if here.branch is None:
        notices.append(
            f"The checkout is detached; the run starts from branch {branch!r} at {commit[:12]}."
        )
    elif here.branch != branch:
        notices.append(
            f"The checkout is on {here.branch!r}; the run starts from branch {branch!r} "
            f"at {commit[:12]}."
        )
    if here.has_changes:
        notices.append("Files in the checkout that are not committed are not part of the run.")
    return tuple(notices)


def _no_base(here: Checkout | None, branch: str | None) -> UsageError:
    if here is None:
        return UsageError(
            "There is neither a checkout nor a remote to take the base branch from.",
            hint="Name a clone with --repository, or run in one.",
        )
    if here.lack is Lack.FILES:
        return UsageError(
            f"The clone {str(here.folder)!r} is partial: files of older commits are not in it.",
            hint="Clone it without `--filter`, or in a workflow use actions/checkout without "
            "`filter` and `sparse-checkout`.",
        )
    if here.lack is Lack.HISTORY:
        return UsageError(
            f"The clone {str(here.folder)!r} is shallow: its history is cut off.",
            hint="Run `git fetch --unshallow`, or in a workflow:\n\n"
            "- uses: actions/checkout@v7\n  with:\n    fetch-depth: 0",
        )
    unnamed = (
        f"The checkout {str(here.folder)!r} is detached, so it does not say which branch is the "
        "base."
    )
    return _no_branch(str(here.folder), branch or here.branch, here.branches, unnamed=unnamed)


def _no_branch(
    where: str, branch: str | None, known: tuple[str, ...], *, unnamed: str
) -> UsageError:
    if not known:
        return UsageError(
            f"The repository {where!r} has no commit yet.",
            hint="Push a first commit to its default branch, then run again.",
        )
    shown = ", ".join(repr(name) for name in known[:_SHOWN_BRANCHES])
    if branch is None:
        return UsageError(
            unnamed, hint=f"Name the base branch, with --base or the input `base-branch`: {shown}."
        )
    return UsageError(
        f"The repository {where!r} has no branch {branch!r}.",
        hint=f"Name one that exists, with --base or the input `base-branch`: {shown}.",
    )
