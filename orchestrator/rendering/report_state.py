"""How a run stands, in one honest word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.domain.plan import StageName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.plan import Task
    from orchestrator.domain.record import RunRecord


class State(StrEnum):
    """What a reader must know before anything else."""

    RUNNING = "in progress"
    READY = "ready"
    PLANNED = "plan only"
    CHECKS_FAILING = "checks failing"
    UNVERIFIED = "unverified"
    PARTIAL = "partial"
    NEEDS_INPUT = "needs input"
    BLOCKED = "blocked"
    BUDGET = "budget exhausted"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The first line of every report."""

    state: State
    icon: str
    label: str
    sentence: str

    @property
    def prefix(self) -> str:
        """What a title has to carry so that nobody takes it for finished work."""
        return "" if self.state is State.READY else f"[{self.state}] "


_LOOKS: Mapping[State, tuple[str, str, str]] = {
    State.RUNNING: ("⏳", "Work in progress", "Nothing here is verified yet."),
    State.READY: ("✅", "Ready for review", "Every merge requirement passed on this commit."),
    State.CHECKS_FAILING: ("❌", "Checks are failing", "Do not merge this as it is."),
    State.UNVERIFIED: ("⚠️", "Not verified", "At least one merge requirement has no evidence."),
    State.PARTIAL: ("⚠️", "Partial result", "Some planned tasks are not done."),
    State.PLANNED: ("📋", "Plan only", "Nothing was changed."),
    State.NEEDS_INPUT: (
        "✋",
        "A person has to decide",
        "The run stopped, for people to settle it.",
    ),
    State.BLOCKED: ("⛔", "Blocked", "Something outside the run is in the way."),
    State.BUDGET: ("💰", "Budget used up", "The run stopped at its limit; what was done is kept."),
    State.SKIPPED: ("⏭️", "Skipped", "There was nothing to do."),
    State.CANCELLED: ("⏹️", "Cancelled", "The work is not finished."),
    State.FAILED: ("❌", "Failed", "The run could not do its work."),
}


_STOPPED: Mapping[Conclusion, State] = {
    Conclusion.BLOCKED: State.BLOCKED,
    Conclusion.BUDGET_EXHAUSTED: State.BUDGET,
    Conclusion.SKIPPED: State.SKIPPED,
}


def headline_of(record: RunRecord) -> Headline:
    """Return the record's state in words; the outcome's own sentence comes with it."""
    state = state_of(record)
    icon, label, sentence = _LOOKS[state]
    return Headline(state=state, icon=icon, label=label, sentence=sentence)


def state_of(record: RunRecord) -> State:
    """Return the state; green only if tasks, gates and outcome all say so for this head."""
    if record.outcome is None:
        return State.RUNNING
    conclusion, failure = record.outcome.conclusion, record.outcome.failure_class
    if conclusion in _STOPPED:
        return _STOPPED[conclusion]
    if conclusion is Conclusion.FAILURE:
        return _state_of_failure(record)
    if conclusion is Conclusion.NEEDS_HUMAN:
        has_asked = failure is FailureClass.AMBIGUOUS_REQUIREMENTS or record.change is None
        return (None if has_asked else _state_of_result(record)) or State.NEEDS_INPUT
    if record.change is None and not record.gates:
        return State.PLANNED
    return _state_of_result(record) or State.READY


def current_gates(record: RunRecord) -> tuple[GateResult, ...]:
    """Return the gate results; one that speaks of another commit than the head is no evidence."""
    return tuple(
        result
        if record.head in {None, result.commit}
        else result.model_copy(
            update={
                "verdict": GateVerdict.NO_EVIDENCE,
                "reason": f"decided on {result.commit[:7]}, not on this commit: {result.reason}",
            }
        )
        for result in record.gates
    )


def status_of(task: Task, record: RunRecord) -> TaskStatus:
    """Return where a planned task stands; nothing is running or pending once a run has ended."""
    known = record.tasks.get(task.id)
    status = known.status if known else _status_by_stage(task, record)
    if record.outcome is None:
        return status
    ended = {TaskStatus.RUNNING: TaskStatus.STOPPED, TaskStatus.PENDING: TaskStatus.SKIPPED}
    return ended.get(status, status)


def has_open_tasks(record: RunRecord) -> bool:
    """Tell whether a planned task is not done, or whether there is no plan."""
    if record.plan is None:
        return True
    return any(status_of(task, record) is not TaskStatus.DONE for task in record.plan.tasks)


def _state_of_failure(record: RunRecord) -> State:
    outcome = record.outcome
    if outcome is not None and outcome.failure_class is FailureClass.CANCELLED:
        return State.CANCELLED
    return State.CHECKS_FAILING if _has_failing_gate(record) else State.FAILED


def _state_of_result(record: RunRecord) -> State | None:
    gates = current_gates(record)
    if _has_failing_gate(record):
        return State.CHECKS_FAILING
    if has_open_tasks(record):
        return State.PARTIAL
    if not gates or not all(result.lets_through for result in gates):
        return State.UNVERIFIED
    return None


def _has_failing_gate(record: RunRecord) -> bool:
    return any(result.verdict is GateVerdict.FAILED for result in current_gates(record))


def _status_by_stage(task: Task, record: RunRecord) -> TaskStatus:
    """The review has no events of its own: it stands where its stage stands. Others wait."""
    if task.stage is not StageName.REVIEW:
        return TaskStatus.PENDING
    for stage in reversed(record.stages):
        if stage.stage == task.stage:
            if stage.succeeded is None:
                return TaskStatus.RUNNING
            return TaskStatus.DONE if stage.succeeded else TaskStatus.FAILED
    return TaskStatus.PENDING
