"""What a record knows about files, tests, commits and verdicts, for holding claims against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind
from orchestrator.domain.globs import has_wildcard
from orchestrator.rendering.claims import Facts
from orchestrator.rendering.report_lines import current_checks
from orchestrator.rendering.report_state import current_gates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.record import RunRecord

_PERCENT = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d+)?)\s?%")
_SAID = (CheckKind.TEST, CheckKind.LINT, CheckKind.BUILD)
"""Kinds of checks that a sentence can call green."""


def facts_of(record: RunRecord) -> Facts:
    """Return what claims are held against; files of the base come from `MentionsResolved`."""
    head = current_checks(record)
    doubts = {kind: why for kind in _SAID if (why := _doubt(kind, head))}
    cases = [case for report in head for case in report.cases or ()]
    passed = {case.id for case in cases if case.result is CaseResult.PASSED}
    told = [one for verdicts in record.verdicts.values() for one in verdicts]
    failing = frozenset(
        (
            *(case.id for case in cases if case.result is CaseResult.FAILED),
            *(one.id for one in told if one.on_head is CaseResult.FAILED),
        )
    )
    written = [
        test.id
        for task in record.tasks.values()
        if task.ended and task.ended.tests
        for test in task.ended.tests.tests
    ]
    return Facts(
        paths=frozenset(_paths(record)),
        planned=_planned(record),
        tests=frozenset(_tests(record)),
        failing=failing,
        commits=frozenset(_commits(record)),
        resolved=frozenset(record.mentions.known) if record.mentions else frozenset(),
        doubts=doubts,
        checks=_checks(record, head, doubts),
        new_tests=_new_tests(written, failing, "" if passed else doubts.get(CheckKind.TEST, "")),
        counts=frozenset(_counts(record, written, passed)),
        written=frozenset(_written(record)) if written or record.outcome else None,
        percents=frozenset(_percents(record)),
    )


def _paths(record: RunRecord) -> Iterator[str]:
    """Yield what the change has, and the branches, which look like paths."""
    if record.change is not None:
        yield from (file.path for file in record.change.files)
    if record.started is not None:
        yield from (record.started.branch, record.started.base_branch)


def _planned(record: RunRecord) -> tuple[str, ...]:
    """Return what tasks may still write; once a run has ended, only what is there counts."""
    if record.outcome is not None or record.plan is None:
        return ()
    return tuple(
        glob
        for task in record.plan.tasks
        for glob in task.files
        if not has_wildcard(glob) or "/" in glob
    )


def _tests(record: RunRecord) -> Iterator[str]:
    """Yield the id of every test that was seen to run."""
    for report in (*record.base_checks, *record.head_checks):
        yield from (case.id for case in report.cases or ())
    for verdicts in record.verdicts.values():
        yield from (one.id for one in verdicts if one.on_base or one.on_head)


def _commits(record: RunRecord) -> Iterator[str]:
    endings = [task.ended for task in record.tasks.values() if task.ended]
    names = (
        record.started.base_commit if record.started else None,
        record.head,
        record.pushed.commit if record.pushed else None,
        *(ended.commit for ended in endings),
        *(review.tree for review in record.reviews),
    )
    yield from (name for name in names if name)
    for change in (record.change, *(ended.change for ended in endings)):
        if change is not None:
            yield from (change.base, change.head, change.tree)


def _doubt(kind: CheckKind, head: Sequence[CheckReport]) -> str:
    """Return why nobody may say that this kind of check is green on the head."""
    reports = [report for report in head if report.kind is kind]
    if not reports:
        return f"no {kind} command ran on this commit"
    return next((why for report in reports if (why := _trouble(report))), "")


def _trouble(report: CheckReport) -> str:
    kind, failed = report.kind, _count(report, CaseResult.FAILED)
    told = (
        (
            report.ending is not CheckEnding.FINISHED,
            f"the {kind} command {report.ending.replace('_', ' ')}",
        ),
        (report.exit_code != 0, f"the {kind} command ended with exit {report.exit_code}"),
        (bool(report.doubts), f"what the {kind} command shows is not believed"),
        (
            kind is CheckKind.TEST and not report.tells_of_tests,
            "nothing that the test command shows tells whether a test ran",
        ),
        (report.tests_run == 0, "the test command ran no test"),
        (failed > 0, f"{failed} of its tests {'fails' if failed == 1 else 'fail'}"),
        (bool(report.warnings), f"the linter has {len(report.warnings or ())} warnings"),
    )
    return next((why for is_so, why in told if is_so), "")


def _checks(record: RunRecord, head: Sequence[CheckReport], doubts: dict[CheckKind, str]) -> str:
    ran = {CheckKind.TEST, *(report.kind for report in head)}
    for kind, why in doubts.items():
        if kind in ran:
            return why
    for gate in current_gates(record):
        if not gate.lets_through:
            return f"{gate.gate} has {'failed' if gate.verdict == 'failed' else 'no evidence'}"
    return ""


def _new_tests(written: Sequence[str], failing: frozenset[str], doubt: str) -> str:
    """Return why nobody may say that the new tests pass, as far as they are known by name."""
    return "one of them fails on this commit" if failing.intersection(written) else doubt


def _counts(record: RunRecord, written: Sequence[str], passed: set[str]) -> Iterator[int]:
    """Yield the numbers of passing tests that a command showed, on either commit."""
    for report in (*record.base_checks, *record.head_checks):
        if report.cases is not None:
            yield _count(report, CaseResult.PASSED)
        elif report.is_green and report.tests_run is not None:
            yield report.tests_run
    if passed:
        yield sum(name in passed for name in written) or len(written)
    old = {case.id for report in record.base_checks for case in report.cases or ()}
    yield len(passed - old)


def _count(report: CheckReport, result: CaseResult) -> int:
    return sum(case.result is result for case in report.cases or ())


def _written(record: RunRecord) -> Iterator[int]:
    """Yield how many tests were written: by each author, by all, and how many of them count."""
    by_task = [
        len(task.ended.tests.tests)
        for task in record.tasks.values()
        if task.ended and task.ended.tests
    ]
    yield from (*by_task, sum(by_task))
    old = {case.id for report in record.base_checks for case in report.cases or ()}
    yield len({case.id for report in current_checks(record) for case in report.cases or ()} - old)


def _percents(record: RunRecord) -> Iterator[str]:
    """Yield every percentage that a command printed or reported, as people may round it."""
    for report in (*record.base_checks, *record.head_checks):
        shares = [float(number) for number in _PERCENT.findall(report.output_tail)]
        if report.coverage is not None and report.coverage.coverable_lines:
            covered, all_lines = report.coverage.covered_lines, report.coverage.coverable_lines
            shares.append(100 * covered / all_lines)
        for share in shares:
            yield from (f"{share:.0f}", f"{share:.1f}", f"{share:.2f}")
