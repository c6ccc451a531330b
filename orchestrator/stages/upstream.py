"""The repository that people look at: what stands there now, and how a branch gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, GitError, UsageError
from orchestrator.sandbox.remote import PushEnding
from orchestrator.stages.state import JOURNAL, STATE

if TYPE_CHECKING:
    from orchestrator.domain.change import Change
    from orchestrator.sandbox.remote import Remote
    from orchestrator.sandbox.repository import Base, RunRepository

_BASE_NOW = "refs/orchestrator/base-now"
_BRANCH_NOW = "refs/orchestrator/branch-now"
_STATE_NOW = "refs/orchestrator/state-now"
_STATES = "refs/orchestrator/states/"


class Upstream:
    """Reads from the remote; nothing here can change it."""

    def __init__(
        self,
        repository: RunRepository,
        remote: Remote,
        *,
        base: Base,
        branch: str,
        issue_number: int,
    ) -> None:
        """Look at one remote with regard to one base, one branch and the state of one issue."""
        self._repository = repository
        self._remote = remote
        self._base = base
        self._ref = f"refs/heads/{branch}"
        self._state = f"{STATE}{issue_number}"

    def branch_commit(self) -> str | None:
        """Return where the run's branch stands over there, or `None` if there is none.

        Raises:
            ForgeError: The remote did not answer.
        """
        return self._repository.remote_refs(self._remote, self._ref).get(self._ref)

    def states(self, *, besides: int, limit: int) -> tuple[bytes, ...]:
        """Return the journals that runs on other issues have left, the newest issue's first.

        Raises:
            GitError: They could not be read.
            ForgeError: The remote did not answer.
        """
        refs = self._repository.remote_refs(self._remote)
        found = sorted(
            (int(ref.removeprefix(STATE)) for ref in refs if _is_state(ref)), reverse=True
        )
        numbers = [number for number in found if number != besides][:limit]
        if not numbers:
            return ()
        self._repository.fetch(self._remote, {f"{STATE}{n}": f"{_STATES}{n}" for n in numbers})
        git = self._repository.git
        journals = (git.blob(refs[f"{STATE}{number}"], JOURNAL) for number in numbers)
        return tuple(content for content in journals if content is not None)

    def foreign_commits(self) -> tuple[str, ...]:
        """Return subjects of commits on the branch that no run has put on record, newest first.

        Every head is on the state ref before the branch shows it. What a message says proves
        nothing: whoever rebases, amends or copies a commit of ours keeps our words.

        Raises:
            GitError: The branch could not be read.
        """
        git = self._repository.git
        refs = self._repository.remote_refs(self._remote, self._ref, self._state)
        if self._ref not in refs:
            return ()
        here = {self._ref: _BRANCH_NOW, self._state: _STATE_NOW}
        self._repository.fetch(self._remote, {ref: here[ref] for ref in refs if ref in here})
        head = git.resolve(_BRANCH_NOW)
        if head is None:
            return ()
        kept = git.resolve(_STATE_NOW) if self._state in refs else None
        return tuple(
            f"{commit.subject} ({commit.author.name})"
            for commit in git.log(head, since=self._base.commit, besides=kept)
        )

    def demand_push(self) -> None:
        """Ask over there whether the branch may be pushed; nothing is sent.

        Raises:
            NotAuthorisedError: The credential may not push.
            ForgeError: The remote did not answer.
            GitError: The remote refused for another reason.
        """
        self._repository.try_push(self._remote, ref=self._ref, commit=self._base.commit)

    def news(self) -> Change | None:
        """Return what the base branch has gained since the run began, no files if nothing.

        Returns:
            `None` when that cannot be said, as for `conflicts`.
        """
        now = self._base_now()
        if now is None:
            return None
        return self._repository.git.diff(self._base.commit, now)

    def conflicts(self, head: str) -> tuple[str, ...] | None:
        """Return paths in which `head` conflicts with the base branch as it stands now.

        Returns:
            `None` when that cannot be said: the base branch is gone, was rewritten, or the
            remote does not answer.
        """
        now = self._base_now()
        if now is None:
            return None
        merged = self._repository.git.merge(base=self._base.commit, ours=now, theirs=head)
        return tuple(conflict.path for conflict in merged.conflicts)

    def _base_now(self) -> str | None:
        git = self._repository.git
        ref = f"refs/heads/{self._base.branch}"
        try:
            self._repository.fetch(self._remote, {ref: _BASE_NOW})
        except (ForgeError, GitError):
            return None
        now = git.resolve(_BASE_NOW)
        if now is None or not git.is_ancestor(self._base.commit, now):
            return None
        return now


class BranchPush:
    """Puts commits of the run on its branch, and never over somebody else's."""

    def __init__(self, repository: RunRepository, remote: Remote, upstream: Upstream) -> None:
        """Push from the run's repository to a remote that takes the credential."""
        self._repository = repository
        self._remote = remote
        self._upstream = upstream
        self._is_known = False
        self._is_overtaken = False
        self._seen: str | None = None
        self._tried: set[str] = set()

    def __call__(self, branch: str, commit: str) -> None:
        """Set the branch over there.

        Raises:
            NotAuthorisedError: The credential or a rule over there forbids it.
            UsageError: The branch moved since it was last seen, now or at an earlier call.
            ForgeUnavailableError: The remote is out of reach.
            GitError: The push failed otherwise.
        """
        if not self._is_known:
            self._look(branch)
        self._tried.add(commit)
        self._is_overtaken = self._is_overtaken or not self._is_set(branch, commit)
        if self._is_overtaken:
            raise UsageError(
                f"Somebody moved or deleted {branch!r} during the run; nothing was overwritten.",
                hint="Merge or remove what others have pushed there, or set `branch-prefix`, then "
                "run again.",
            )
        self._seen = commit

    def _is_set(self, branch: str, commit: str) -> bool:
        is_moved = self._moves_to(branch, commit) is PushEnding.MOVED
        return not is_moved or self._moved_after_all(branch, commit)

    def _moves_to(self, branch: str, commit: str) -> PushEnding:
        return self._repository.push(
            self._remote, ref=f"refs/heads/{branch}", commit=commit, expected=self._seen
        )

    def _moved_after_all(self, branch: str, commit: str) -> bool:
        """Push again from where an earlier push of ours, whose answer was lost, has put it."""
        there = self._upstream.branch_commit()
        if there not in self._tried:
            return False
        self._seen = there
        return there == commit or self._moves_to(branch, commit) is not PushEnding.MOVED

    def _look(self, branch: str) -> None:
        """See where the branch stands; the first push may only go over commits of ours."""
        self._seen = self._upstream.branch_commit()
        foreign = self._upstream.foreign_commits()
        if foreign:
            raise UsageError(
                f"{branch!r} has commits that no run made, and they would be lost: {foreign[0]}.",
                hint="Merge, move or delete them, or set `branch-prefix`, then run again.",
            )
        self._is_known = True


def _is_state(ref: str) -> bool:
    number = ref.removeprefix(STATE)
    return ref.startswith(STATE) and number.isascii() and number.isdecimal()
