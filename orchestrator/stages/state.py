"""Where a run leaves what a later one needs: a ref of the repository itself.

`refs/orchestrator/issue-<n>` has a commit per checkpoint. Its tree holds the journal
without chatter and, while a run is at work, a lock; its parents are the checkpoint before
and the run's head, so that nothing the journal speaks of can be collected as garbage. The
ref moves only if it stands where this run saw it last: of two runs one wins.

The lock is a lease. Its owner renews it long before it expires and publishes nothing once it
has expired; another run may take an expired one, so a dead run blocks nobody for long.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from orchestrator.domain.errors import TakenOverError, UsageError
from orchestrator.domain.record import fold
from orchestrator.sandbox.remote import PushEnding
from orchestrator.sandbox.trees import REGULAR, TreeEntry
from orchestrator.stages.lease import LEASE, Lock, Owner
from orchestrator.telemetry.checkpoint import Checkpoint
from orchestrator.telemetry.replay import parse_journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from orchestrator.domain.event import Entry, Event
    from orchestrator.domain.record import RunRecord
    from orchestrator.sandbox.git import Identity
    from orchestrator.sandbox.remote import Remote
    from orchestrator.sandbox.repository import RunRepository
    from orchestrator.telemetry.clock import Clock

JOURNAL = "journal.jsonl"
LOCK = "lock.json"
STATE = "refs/orchestrator/issue-"
_HERE = "refs/orchestrator/state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What stands on the ref."""

    commit: str
    entries: tuple[Entry, ...]
    record: RunRecord
    lock: Lock | None


class StateRef:
    """The state of one issue, in the repository that people look at."""

    def __init__(
        self,
        repository: RunRepository,
        remote: Remote,
        *,
        issue_number: int,
        owner: Owner,
        identity: Identity,
        clock: Clock,
        guard: AbstractContextManager[object] | None = None,
    ) -> None:
        """Look at nothing yet; `guard` is held around every change when several threads call."""
        self._repository = repository
        self._remote = remote
        self._ref = f"{STATE}{issue_number}"
        self._owner = owner
        self._identity = identity
        self._clock = clock
        self._seen: str | None = None
        self._content: bytes | None = None
        self._head: str | None = None
        self._until: datetime | None = None
        self._tried: set[str] = set()
        self._is_lost = False
        self._guard = guard if guard is not None else nullcontext()

    @property
    def is_held(self) -> bool:
        """Whether a checkpoint of ours claims the issue over there."""
        return self._content is not None

    @property
    def has_expired(self) -> bool:
        """Whether the lease is over by our clock: somebody else may have taken the issue."""
        return self._until is not None and self._until <= self._now()

    def load(self, *, is_alone: bool = False) -> Saved | None:
        """Return what an earlier run left, or `None`.

        Args:
            is_alone: Without the commits that it speaks of, which may be the whole history.

        Raises:
            UsageError: It is there and cannot be read; the message names the ref.
            ForgeError: The remote did not answer.
        """
        self._seen = self._repository.remote_refs(self._remote, self._ref).get(self._ref)
        if self._seen is None:
            return None
        self._repository.fetch(self._remote, {self._ref: _HERE}, is_alone=is_alone)
        git = self._repository.git
        # It may have moved between the look and the fetch.
        self._seen = git.resolve(_HERE) or self._seen
        content, lock = git.blob(self._seen, JOURNAL), git.blob(self._seen, LOCK)
        try:
            entries = parse_journal(content or b"", name=f"{JOURNAL} on {self._ref}")
            held = None if lock is None else Lock.model_validate_json(lock)
        except (UsageError, ValidationError) as error:
            raise UsageError(
                f"The state of an earlier run on {self._ref} cannot be read: {error}",
                hint="Delete it to start afresh, and the branch of the work, which nobody knows as "
                f"ours without it: git push <remote> :{self._ref} :refs/heads/<branch>",
            ) from error
        return Saved(commit=self._seen, entries=entries, record=fold(entries), lock=held)

    def holder(self, saved: Saved | None, *, is_alive: Callable[[int], bool]) -> Owner | None:
        """Return who else is at work on the issue, or `None` when it is free.

        A lock is dead when it has expired, when it is an earlier attempt of this very
        workflow run, or when its process on this machine is gone.
        """
        if saved is None or saved.lock is None:
            return None
        owner, mine = saved.lock.owner, self._owner
        has_expired = saved.lock.until <= self._now()
        is_earlier_attempt = bool(owner.job) and (
            owner.job == mine.job and owner.attempt < mine.attempt
        )
        is_here = bool(owner.host) and owner.host == mine.host and not owner.job
        if has_expired or is_earlier_attempt or (is_here and not is_alive(owner.pid)):
            return None
        return owner

    def save(self, content: bytes, *, head: str | None) -> None:
        """Write a checkpoint, and with the first one claim the issue.

        Nothing happens when it would be the same as the last and the lease is young.

        Args:
            content: The journal so far, without chatter.
            head: The run's head, kept reachable.

        Raises:
            TakenOverError: Another run was faster, or has taken an expired lease.
            GitError: The push failed otherwise.
            NotAuthorisedError: The token may not push.
        """
        with self._guard:
            is_new = content != self._content or head != self._head
            if self._is_lost or is_new or self._is_aging():
                self._push(content, head, is_over=False)

    def renew(self, content: bytes, *, head: str | None) -> None:
        """Write another checkpoint of an issue that is still claimed; else nothing happens.

        Raises:
            TakenOverError: Another run has taken over; and the other errors of `save`.
        """
        with self._guard:
            if self._content is not None:
                self.save(content, head=head)

    def hold(self) -> None:
        """Make sure that the issue is still ours: renew the lease when half of it is over.

        What the last checkpoint says stays as it is; before the first one nothing happens.

        Raises:
            TakenOverError: Another run has taken over; publish nothing any more.
            GitError: The push failed otherwise, and the other errors of `save`.
        """
        with self._guard:
            if self._is_lost or (self._content is not None and self._is_aging()):
                self._push(self._content, self._head, is_over=False)

    def release(self, content: bytes, *, head: str | None) -> None:
        """Write the last checkpoint and leave no lock behind; without a claim nothing happens.

        Raises:
            TakenOverError: There was nothing left to release; and the other errors of `save`.
        """
        with self._guard:
            if self._content is not None:
                self._push(content, head, is_over=True)

    def add(self, saved: Saved, event: Event) -> None:
        """Put one more event behind what a run that is over has left, without a claim.

        Raises:
            TakenOverError: A run has begun since then, and is not disturbed; and the other
                errors of `save`.
        """
        last = saved.entries[-1]
        at = self._clock.now_iso()
        entry = last.model_copy(update={"seq": last.seq + 1, "at": at, "event": event})
        with self._guard:
            content = Checkpoint((*saved.entries, entry)).content()
            self._push(content, None, is_over=True)

    def is_of(self, run_id: str) -> bool:
        """Tell whether what stands there is of a run; its journal is proof, not what a lock says.

        Raises:
            ForgeError: The remote did not answer; and the other errors of `load`.
        """
        return _is_of(self.load(), run_id)

    def free(self, run_id: str, content: bytes, *, head: str | None) -> bool:
        """Take away the lock of a run that cannot do so itself any more, and tell whether it was.

        Somebody else's lock stays.

        Args:
            run_id: Of the run.
            content: Its journal without chatter, which may say more than the last checkpoint.
            head: Its head.

        Raises:
            TakenOverError: Another run was faster; and the other errors of `load` and `save`.
        """
        with self._guard:
            saved = self.load()
            if saved is None or saved.lock is None or not _is_of(saved, run_id):
                return False
            self._push(content, head, is_over=True)
            return True

    def _is_aging(self) -> bool:
        return self._until is None or self._until - self._now() < LEASE / 2

    def _push(self, content: bytes | None, head: str | None, *, is_over: bool) -> None:
        if content is None or self._is_lost:
            raise self._lost()
        until = None if is_over else self._now() + LEASE
        commit = self._commit(content, head, until=until)
        self._tried.add(commit)
        if self._moves_to(commit) is PushEnding.MOVED and not self._moved_after_all(commit):
            raise self._lost()
        self._seen, self._head, self._until = commit, head, until
        # Nothing is claimed any more: a late heartbeat must not lock what was just released.
        self._content = None if is_over else content

    def _lost(self) -> TakenOverError:
        self._is_lost = True
        return TakenOverError(
            f"Another run has taken over this issue: {self._ref} has moved.",
            hint="Let the other run finish; nothing of it was overwritten.",
        )

    def _moves_to(self, commit: str) -> PushEnding:
        return self._repository.push(
            self._remote, ref=self._ref, commit=commit, expected=self._seen
        )

    def _moved_after_all(self, commit: str) -> bool:
        """Push again from where an earlier push of ours, whose answer was lost, has put the ref."""
        there = self._repository.remote_refs(self._remote, self._ref).get(self._ref)
        if there not in self._tried:
            return False
        self._seen = there
        return there == commit or self._moves_to(commit) is not PushEnding.MOVED

    def _commit(self, content: bytes, head: str | None, *, until: datetime | None) -> str:
        git = self._repository.git
        files = {JOURNAL: content}
        if until is not None:
            lock = Lock(owner=self._owner, until=until)
            files[LOCK] = lock.model_dump_json().encode()
        entries = [
            TreeEntry(mode=REGULAR, object_id=git.write_blob(text), path=path)
            for path, text in files.items()
        ]
        return git.commit_tree(
            git.write_tree_from(entries),
            parents=[commit for commit in (self._seen, head) if commit],
            message=f"State of the work on {self._ref.rsplit('/', 1)[-1]}\n",
            author=self._identity,
            committer=self._identity,
            at=self._now(),
        )

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._clock.now_iso())


def _is_of(saved: Saved | None, run_id: str) -> bool:
    started = saved.record.started if saved is not None else None
    return started is not None and started.run_id == run_id
