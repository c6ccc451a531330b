"""How things ended, as values."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from pydantic import Field

from orchestrator.domain.frozen import Frozen


class Conclusion(StrEnum):
    """How a run ended; the action output `conclusion`."""

    SUCCESS = "success"
    NEEDS_HUMAN = "needs-human"
    BLOCKED = "blocked"
    BUDGET_EXHAUSTED = "budget-exhausted"
    SKIPPED = "skipped"
    FAILURE = "failure"

    @property
    def exit_code(self) -> int:
        """The process exit code; usage errors (2) and broken neighbours (4) have their own."""
        match self:
            case Conclusion.SUCCESS | Conclusion.SKIPPED:
                return 0
            case Conclusion.FAILURE:
                return 1
            case Conclusion.BUDGET_EXHAUSTED:
                return 3
            case Conclusion.NEEDS_HUMAN:
                return 5
            case Conclusion.BLOCKED:
                return 6
            case _:
                assert_never(self)


class FailureClass(StrEnum):
    """Why a run did not succeed; the action output `failure-class`."""

    AMBIGUOUS_REQUIREMENTS = "ambiguous_requirements"
    PATTERN_CONFLICTS = "pattern_conflicts"
    DEPENDENCY_VERSION_ISSUES = "dependency_version_issues"
    TEST_FLAKINESS = "test_flakiness"
    MERGE_CONFLICTS = "merge_conflicts"
    BUDGET_EXHAUSTED = "budget_exhausted"
    PERMISSION_MISSING = "permission_missing"
    ENVIRONMENT_BROKEN = "environment_broken"
    MODEL_UNAVAILABLE = "model_unavailable"
    CANCELLED = "cancelled"
    OTHER = "other"

    @property
    def action(self) -> str:
        """What it makes people do, where nothing is known that is closer to the case."""
        return _ACTIONS[self]


_ACTIONS = {
    FailureClass.AMBIGUOUS_REQUIREMENTS: "People decide, then it goes on.",
    FailureClass.PATTERN_CONFLICTS: "The rule decides, or people change the rule.",
    FailureClass.DEPENDENCY_VERSION_ISSUES: "Pin versions that fit together, or set up the version "
    "that is asked for.",
    FailureClass.TEST_FLAKINESS: "Run again; quarantine or mend the test.",
    FailureClass.MERGE_CONFLICTS: "Bring both changes together, then run again.",
    FailureClass.BUDGET_EXHAUSTED: "Raise the limit or split the issue; what is done is kept.",
    FailureClass.PERMISSION_MISSING: "Grant what is named, then run again.",
    FailureClass.ENVIRONMENT_BROKEN: "Mend what is broken around the run, then run again.",
    FailureClass.MODEL_UNAVAILABLE: "Run again later; it goes on where it stopped.",
    FailureClass.CANCELLED: "Run again; it goes on where it stopped.",
    FailureClass.OTHER: "Read what happened, then decide.",
}


class NoteLevel(StrEnum):
    """Weight of a note, in the words of workflow annotations."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


class Outcome(Frozen):
    """How a run ended and what the reader can do next."""

    conclusion: Conclusion
    summary: str
    failure_class: FailureClass | None = None
    hint: str = Field(default_factory=lambda given: _action(given["failure_class"]))
    """What to do next; the class's own action where nothing closer is known."""
    exit_code: int = Field(default_factory=lambda given: given["conclusion"].exit_code)
    """The conclusion's own, unless something else has to be told."""


def _action(failure_class: FailureClass | None) -> str:
    return "" if failure_class is None else failure_class.action
