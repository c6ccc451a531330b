"""What a run of the test command says about its tests, and whether that can be believed.

Two sources are held against each other: the report that the runner was told to write, into a
file whose name was chosen for this run alone, and what it printed. A report that tells of other
tests than the output is not believed, and a runner that ends without a word was ended by
something else.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.gates import junit
from orchestrator.gates.case_parsers import parse_cases
from orchestrator.gates.cases import joined
from orchestrator.gates.json_reports import parse_go, parse_jest, parse_rspec
from orchestrator.gates.reporters import ReportFormat
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.domain.check import TestCase
    from orchestrator.gates.cases import ParsedCases
    from orchestrator.gates.reporters import Reporter
    from orchestrator.sandbox.files import FileFacts, TreeFiles

_WRITTEN = frozenset({ReportFormat.JUNIT, ReportFormat.JEST, ReportFormat.RSPEC})


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesRead:
    """Verdicts per test, where they come from, and what speaks against them."""

    parsed: ParsedCases | None
    read_from: str = ""
    doubts: tuple[str, ...] = ()
    text: str = ""
    """The output as a person would have seen it."""

    @property
    def has_failure(self) -> bool:
        """Whether a test is told to have failed."""
        return self.parsed is not None and _failed(self.parsed) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where reports are looked for after a run."""

    files: TreeFiles
    before: Mapping[str, FileFacts]
    """XML files at the usual places, as they were before the run."""
    report: str
    """Name of the file that the runner was told to write."""
    relative: Callable[[str], str]


def read_cases(output: str, desk: Desk, reporter: Reporter | None) -> CasesRead:
    """Return what one run of the test command says about its tests."""
    if reporter is not None and reporter.format is ReportFormat.GO:
        parsed, text = parse_go(output)
        if parsed is not None:
            return CasesRead(parsed=parsed, read_from="report", text=text)
        return _by_output(text, desk)
    if reporter is None or reporter.format not in _WRITTEN:
        found = junit.parse_fresh(desk.files, desk.before, relative=desk.relative)
        return _by_output(output, desk) if found is None else _held_against(found, output, desk)
    content = _content(desk)
    if content is None:
        return _by_output(output, desk)
    report = _parsed(content, reporter.format, desk)
    if report is None:
        doubt = f"The report of {reporter.runner} is cut short or is none."
        return _by_output(output, desk, doubt)
    return _held_against(report, output, desk, runner=reporter.runner)


def _by_output(output: str, desk: Desk, *doubts: str) -> CasesRead:
    parsed = _printed(output, desk)
    read_from = "" if parsed is None else "output"
    return CasesRead(parsed=parsed, read_from=read_from, doubts=doubts, text=output)


def _printed(output: str, desk: Desk) -> ParsedCases | None:
    """Return what the output tells; a file that is its own case is named as it is in the tree."""
    found = parse_cases(output)
    if found is None:
        return None
    cases = tuple(
        case.model_copy(update={"id": desk.relative(case.id)}) if case.id.startswith("/") else case
        for case in found.cases
    )
    return replace(found, cases=cases)


def _held_against(report: ParsedCases, output: str, desk: Desk, *, runner: str = "") -> CasesRead:
    """Return the report's cases, or the output's where the two do not tell the same.

    Of several parts of a command, each may have written its report over the last one's: what
    only the output calls a failure is one as well.
    """
    printed = _printed(output, desk)
    if printed is None or printed.tests_run is None:
        doubt = f"There is a report, but {runner} ended without the summary it prints."
        doubts = (doubt,) if runner else ()
        return CasesRead(parsed=report, read_from="report", doubts=doubts, text=output)
    if _failed(printed) > 0 and _failed(report) == 0:
        doubt = "The report tells of no failure, and the output does."
        return CasesRead(parsed=printed, read_from="output", doubts=(doubt,), text=output)
    both = replace(report, cases=joined((*report.cases, *_only_printed(printed, report))))
    if report.tests_run != printed.tests_run:
        doubt = f"The report tells of {report.tests_run} tests, the output of {printed.tests_run}."
        return CasesRead(parsed=both, read_from="report", doubts=(doubt,), text=output)
    return CasesRead(parsed=both, read_from="report", text=output)


def _only_printed(printed: ParsedCases, report: ParsedCases) -> Iterator[TestCase]:
    """Yield failures that the report does not name, in full or with more in front."""
    known = sorted(case.id[::-1] for case in report.cases if case.result is CaseResult.FAILED)
    for case in printed.cases:
        at = bisect_left(known, case.id[::-1])
        is_known = at < len(known) and known[at].startswith(case.id[::-1])
        if case.result is CaseResult.FAILED and not is_known:
            yield case


def _content(desk: Desk) -> bytes | None:
    try:
        return desk.files.read(desk.report)
    except FileRefusedError:
        return None


def _parsed(content: bytes, format_: ReportFormat, desk: Desk) -> ParsedCases | None:
    text = content.decode(errors="replace")
    match format_:
        case ReportFormat.JEST:
            return parse_jest(text, relative=desk.relative)
        case ReportFormat.RSPEC:
            return parse_rspec(text)
        case _:
            return junit.parse_report(content, relative=desk.relative)


def _failed(parsed: ParsedCases) -> int:
    return sum(case.result is CaseResult.FAILED for case in parsed.cases)
