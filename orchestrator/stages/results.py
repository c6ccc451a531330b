"""What the stages so far have produced: each stage takes it and returns more of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.requirements import TechnicalRequirements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.plan import Plan
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.requirements import SearchAnswer
    from orchestrator.domain.work import TestsReport, WorkReport


_NOTHING_FOUND = TechnicalRequirements(
    summary="There was no analysis: the issue is all there is.",
    observed_behaviour="",
    required_behaviour=(),
    interfaces=(),
    non_goals=(),
    evidence=(),
    existing_parts=(),
    conventions=(),
    unknowns=(),
    questions=(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything known about the work; what did not happen yet is `None` or empty."""

    requirements: TechnicalRequirements | None = None
    plan: Plan | None = None
    answers: Mapping[int, SearchAnswer] = field(default_factory=dict)
    """By the id of the analysis task."""
    work: Mapping[int, WorkReport] = field(default_factory=dict)
    """By the id of the implementation task."""
    tests: Mapping[int, TestsReport] = field(default_factory=dict)
    """By the id of the testing task."""
    stop: Outcome | None = None
    """Set when no further stage may run: the run ends like this, with what is done."""

    def planned(self) -> Plan:
        """Return the plan; only stages after planning may ask."""
        if self.plan is None:
            raise AssertionError("a stage that works on tasks runs after planning")
        return self.plan

    def required(self) -> TechnicalRequirements:
        """Return the requirements; without an analysis stage they are empty ones."""
        return self.requirements or _NOTHING_FOUND


def restored(record: RunRecord) -> Results:
    """Return what an earlier run of the same work has left: everything that is done counts."""
    ended = {
        task.task_id: task.ended
        for task in record.tasks.values()
        if task.status is TaskStatus.DONE and task.ended is not None
    }
    return Results(
        requirements=record.requirements,
        plan=record.plan,
        answers={number: item.answer for number, item in ended.items() if item.answer is not None},
        work={number: item.work for number, item in ended.items() if item.work is not None},
        tests={number: item.tests for number, item in ended.items() if item.tests is not None},
    )
