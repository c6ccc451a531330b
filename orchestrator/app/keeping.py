"""The issue as this run holds it: claimed before anything is published, freed at the end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeUnavailableError, OrchestratorError, TakenOverError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.scheduling.heartbeat import heartbeat
from orchestrator.scheduling.workers import lock
from orchestrator.stages.lease import RENEW_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.stages.state import StateRef
    from orchestrator.telemetry.checkpoint import Checkpoint
    from orchestrator.telemetry.journal import Journal


def _nothing() -> None:
    """Let a run go on until it wants to publish."""


class Keeper:
    """Writes checkpoints of one run; without a state ref it keeps nothing."""

    def __init__(self, state: StateRef | None, checkpoint: Checkpoint, journal: Journal) -> None:
        """Hold nothing yet."""
        self._state = state
        self._checkpoint = checkpoint
        self._journal = journal
        self._guard = lock()
        """Held from the look at what there is to save until it is saved: nothing older follows."""
        self._is_claimed = False
        self._is_at_work = False
        self.on_taken_over: Callable[[], None] = _nothing
        """Called when another run has the issue, so that nothing more is paid for."""

    @property
    def is_claimed(self) -> bool:
        """Whether the issue was ours at least at the beginning."""
        return self._is_claimed

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the issue while the block runs, however long its steps take, and then free it.

        Raises:
            TakenOverError: Another run was faster; nothing was changed.
            OrchestratorError: The ref cannot be pushed.
        """
        if self._state is None:
            yield
            return
        self.save()
        self._is_claimed = self._is_at_work = True
        try:
            with heartbeat(self.beat, every_s=RENEW_S):
                yield
        finally:
            self._is_at_work = False
            self._release(self._state)

    def beat(self) -> None:
        """Keep what has been done and paid for until now, however long the next step takes."""
        if self._state is None:
            return
        try:
            with self._guard:
                self._state.renew(self._checkpoint.content(), head=self._journal.record.head)
        except TakenOverError:
            self.on_taken_over()
            raise

    def save(self) -> None:
        """Write a checkpoint; a forge out of reach can wait until the next one.

        Raises:
            TakenOverError: Another run works on the issue now.
            OrchestratorError: The ref cannot be pushed for another reason.
        """
        if self._state is None:
            return
        try:
            with self._guard:
                self._state.save(self._checkpoint.content(), head=self._journal.record.head)
        except ForgeUnavailableError as error:
            self._note(f"The state of the run is not saved yet: {error}", error)

    def keep(self, commit: str) -> None:
        """Make sure that a commit is on record as ours, before a branch shows it.

        Raises:
            TakenOverError: Another run works on the issue now.
            ForgeUnavailableError: The forge is out of reach, and the commit can wait.
            OrchestratorError: The ref cannot be pushed for another reason.
        """
        if self._state is not None:
            with self._guard:
                self._state.save(self._checkpoint.content(), head=commit)

    def hold(self) -> None:
        """Let pass who may still publish; a forge out of reach will say so itself.

        Raises:
            TakenOverError: Another run works on the issue now.
            OrchestratorError: The lease is over and cannot be renewed, so another run may.
        """
        if self._state is None:
            return
        try:
            if self._state.is_held or not self._is_at_work:
                self._state.hold()
            else:
                # The claim at the beginning may have met a forge out of reach.
                self.save()
        except TakenOverError:
            raise
        except OrchestratorError as error:
            if self._state.has_expired:
                raise
            self._note(f"The lock on the issue is not renewed yet: {error}", error)

    def _release(self, state: StateRef) -> None:
        try:
            with self._guard:
                state.release(self._checkpoint.content(), head=self._journal.record.head)
        except TakenOverError:
            return
        except OrchestratorError as error:
            self._note(f"The issue stays locked until the lock expires: {error}", error)

    def _note(self, text: str, error: OrchestratorError) -> None:
        note = Noted(level=NoteLevel.WARNING, text=text, hint=error.hint)
        if note not in self._journal.record.notes:
            self._journal.write(note)
