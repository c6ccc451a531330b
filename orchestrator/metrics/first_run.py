"""What the tests said the first time that they ran on the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.metrics.measured import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.record import RunRecord


class FirstRun(Measured):
    """The first run of each test command on the first head that was tested; reruns do not count."""

    tests: int
    """How many ran."""
    failures: int | None
    """Passed on base and failed here; `None` when either side does not name its tests."""
    new_failures: int | None
    """Failed here and are not known on base: new tests, mostly."""


def first_run(record: RunRecord) -> FirstRun | None:
    """Return what the first run showed; `None` when no test was counted.

    What failed on base, now and then or always, is not counted. A file that cannot be loaded
    stands for all its tests that passed on base.
    """
    head = _first_of_each(record.first_head_tests)
    counts = [report.tests_run for report in head if report.tests_run is not None]
    if not counts:
        return None
    commands = {report.command for report in head}
    base = [report for report in record.base_checks if report.command in commands]
    if not (_names_its_tests(base) and _names_its_tests(head)):
        return FirstRun(tests=sum(counts), failures=None, new_failures=None)
    failed_before = _ids(base, CaseResult.FAILED)
    passed_before = _ids(base, CaseResult.PASSED) - failed_before
    known = passed_before | failed_before | _ids(base, CaseResult.SKIPPED)
    failing = _ids(head, CaseResult.FAILED)
    gone = passed_before - failing - _ids(head, CaseResult.PASSED) - _ids(head, CaseResult.SKIPPED)
    unloaded = {name: {each for each in gone if _is_within(each, name)} for name in failing - known}
    lost = frozenset[str]().union(*unloaded.values())
    return FirstRun(
        tests=sum(counts),
        failures=len(failing & passed_before) + len(lost),
        new_failures=sum(not tests for tests in unloaded.values()),
    )


def _first_of_each(reports: Iterable[CheckReport]) -> tuple[CheckReport, ...]:
    first: dict[str, CheckReport] = {}
    for report in reports:
        first.setdefault(report.command, report)
    return tuple(first.values())


def _names_its_tests(reports: Sequence[CheckReport]) -> bool:
    """Tell whether every run that went wrong says of which tests, and there was one."""
    return bool(reports) and all(
        report.cases is not None
        and (report.is_green or any(each.result is CaseResult.FAILED for each in report.cases))
        for report in reports
    )


def _is_within(test: str, file: str) -> bool:
    rest = test.removeprefix(file)
    return rest != test and rest[:1] in {":", " ", "."}


def _ids(reports: Iterable[CheckReport], result: CaseResult) -> frozenset[str]:
    return frozenset(
        case.id for report in reports for case in report.cases or () if case.result is result
    )
