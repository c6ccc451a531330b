"""The label that says that an issue waits for people; it follows the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord
    from orchestrator.forge.forge import ForgeWriter
    from orchestrator.telemetry.journal import Journal


class WaitingLabel:
    """Put on when a run stops to ask, taken off when a later one goes on."""

    def __init__(
        self,
        writer: ForgeWriter,
        journal: Journal,
        *,
        issue_number: int,
        name: str,
        is_on: bool,
    ) -> None:
        """Look at nothing yet.

        Args:
            writer: The forge.
            journal: Whose record is followed.
            issue_number: Which issue.
            name: The label; empty when there is to be none.
            is_on: Whether the issue carried it when the run began.
        """
        self._writer = writer
        self._journal = journal
        self._number = issue_number
        self._name = name
        self._is_on = is_on

    def follow(self) -> None:
        """Bring the label in line with the record; if that fails, say so once and go on."""
        wanted = _is_waiting(self._journal.record)
        if not self._name or wanted is None or wanted is self._is_on:
            return
        self._is_on = wanted
        try:
            if wanted:
                self._writer.add_labels(self._number, (self._name,))
            else:
                self._writer.remove_label(self._number, self._name)
        except (ForgeError, NotAuthorisedError) as error:
            text = f"The label {self._name!r} could not be changed: {error}"
            self._journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=error.hint))


def _is_waiting(record: RunRecord) -> bool | None:
    """Tell whether people have to answer; `None` while a run has not got that far."""
    outcome = record.outcome
    if outcome is None:
        return False if record.plan is not None or record.answers else None
    return (
        outcome.conclusion is Conclusion.NEEDS_HUMAN
        and outcome.failure_class is FailureClass.AMBIGUOUS_REQUIREMENTS
    )
