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
    hint: str = ""
    exit_code: int = Field(default_factory=lambda given: given["conclusion"].exit_code)
    """The conclusion's own, unless something else has to be told."""
