"""Commands of the target project and what they showed."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.domain.coverage import Coverage
from orchestrator.domain.frozen import Frozen


class CheckKind(StrEnum):
    """Which of the project's commands."""

    SETUP = "setup"
    BUILD = "build"
    TEST = "test"
    LINT = "lint"
    COVERAGE = "coverage"


class CheckEnding(StrEnum):
    """How the command itself ended, whatever it says about the project."""

    FINISHED = "finished"
    TIMED_OUT = "timed_out"
    LIMIT_MET = "limit_met"
    NOT_STARTED = "not_started"


class CaseResult(StrEnum):
    """Verdict on one test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class TestCase(Frozen):
    """One test of the target project."""

    __test__ = False

    id: str
    result: CaseResult
    message: str = ""


class CheckReport(Frozen):
    """One execution of one command on one commit."""

    kind: CheckKind
    command: str
    commit: str
    ending: CheckEnding
    exit_code: int | None
    duration_s: float
    output_tail: str
    """The last part of the output, redacted, at most 8,000 characters."""
    cases: tuple[TestCase, ...] | None = None
    """Per-test verdicts, or `None` when none could be read."""
    tests_run: int | None = None
    """How many tests ran, as far as the output tells; 0 is no evidence."""
    warnings: tuple[str, ...] | None = None
    """Lint: one normalised entry per warning (path: message, no line number)."""
    read_from: str = ""
    """Where the cases were read: `report` (written by the test runner) or `output`."""
    doubts: tuple[str, ...] = ()
    """Why what the command showed about its tests is not believed, one sentence each."""
    coverage: Coverage | None = None
    """Coverage: lines run, or `None` when no report could be read."""

    @property
    def tells_of_tests(self) -> bool:
        """Whether a report or a summary said anything about its tests."""
        return bool(self.read_from) or self.cases is not None or self.tests_run is not None

    @property
    def is_green(self) -> bool:
        """Whether the command finished with exit code 0."""
        return self.ending is CheckEnding.FINISHED and self.exit_code == 0
