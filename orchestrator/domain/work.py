"""What agents hand in: one typed result per kind of role, and the honest exit.

These shapes are the `input_schema` of the strict Submit tools, so every field is
required; what does not apply is an empty tuple or an empty string.
"""

from __future__ import annotations

from enum import StrEnum

from orchestrator.domain.frozen import Frozen
from orchestrator.domain.requirements import Question


class ChangedFile(Frozen):
    """A file the agent says it changed; the diff itself is taken from git."""

    path: str
    purpose: str


class CommandEvidence(Frozen):
    """A command the agent says it ran and how it ended."""

    command: str
    exit_code: int
    shows: str


class WorkReport(Frozen):
    """An implementer's result for one task."""

    summary: str
    root_cause: str
    """For a bug: the cause that was fixed; otherwise empty."""
    changes: tuple[ChangedFile, ...]
    evidence: tuple[CommandEvidence, ...]
    untested: tuple[str, ...]
    followups: tuple[str, ...]


class BaseExpectation(StrEnum):
    """How a new test must end on the base tree."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 -- a verdict, no secret


class NewTest(Frozen):
    """One test the test-automator wrote."""

    id: str
    """As the test command names it."""
    path: str
    intent: str
    quotes_issue: str
    """The words of the issue or requirement that this test checks."""
    expects_on_base: BaseExpectation
    expected_failure: str
    """What the failure on base will say; empty when it passes there."""


class TestsReport(Frozen):
    """The test-automator's result."""

    __test__ = False

    summary: str
    tests: tuple[NewTest, ...]
    cannot_test: tuple[str, ...]
    commands: tuple[str, ...]


class ExitStatus(StrEnum):
    """How an agent may end without a result."""

    BLOCKED = "blocked"
    SPEC_CONFLICT = "spec_conflict"
    NEEDS_INPUT = "needs_input"


class HonestExit(Frozen):
    """Why an agent stopped without doing the task: always better than a bent result."""

    status: ExitStatus
    reason: str
    evidence: tuple[str, ...]
    questions: tuple[Question, ...]
