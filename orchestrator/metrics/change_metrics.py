"""What the finished change is like: its size, its functions and how much of it tests ran."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

from orchestrator.domain.check import CheckKind
from orchestrator.domain.coverage import lines_of
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.path_classes import PathClass, classify, is_generated, is_lock_file
from orchestrator.metrics.measured import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.change import FileChange
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.coverage import Coverage
    from orchestrator.domain.record import RunRecord

_TESTS: Final = frozenset({PathClass.TEST, PathClass.SNAPSHOT})


class SizeMetrics(Measured):
    """Base to head as git counts it; a renamed file counts on both sides, a binary one 0 lines."""

    files: int
    added_lines: int
    removed_lines: int
    lock_files: int
    lock_lines: int
    """Added plus removed lines of lock files, which programs write."""
    generated_files: int
    """Files whose name says that a program wrote them, such as `api_pb2.py`."""
    generated_lines: int
    test_lines: int
    """Added plus removed lines of tests and recorded expectations."""
    reading_lines: int
    """Added plus removed lines without those that programs wrote: what a reviewer reads."""


class ComplexityMetrics(Measured):
    """Cyclomatic complexity of named functions with a changed line, by lizard."""

    functions: int
    """On both sides; new and removed ones are counted apart."""
    delta: int
    """Sum over functions that are on both sides."""
    largest_growth: int
    """Of one such function; 0 when none grew."""
    highest: int
    """Of any touched function that is in the new tree; 0 when there is none."""
    new_functions: int
    new_total: int
    removed_functions: int


class CoverageMetrics(Measured):
    """What the project's coverage command measured, in percent of lines or of branches."""

    counted: Literal["lines", "branches"]
    """Branches where both reports count them."""
    base: float | None
    head: float
    delta: float | None
    """Percentage points; `None` when base was not measured."""


class PatchCoverage(Measured):
    """Added and changed lines outside tests, as far as the coverage report calls them runnable."""

    covered: int
    coverable: int
    percent: float | None
    """`None` when no such line can be run."""


class PatternMetrics(Measured):
    """The repository's own rules, tried on the changed lines."""

    rules: int
    files: int
    breaches: int
    breaching_lines: int
    added_lines: int
    compliance: float | None
    """Percent of the added lines, lock files left out, that no rule speaks against."""


class StrengthMetrics(Measured):
    """How many of the small errors that were put into changed lines a test noticed."""

    killed: int
    viable: int
    possible: int
    percent: float | None


def size(record: RunRecord) -> SizeMetrics | None:
    """Return the size of the change; `None` when there is none."""
    if record.change is None:
        return None
    files = record.change.files
    locks = [file for file in files if is_lock_file(file.path)]
    generated = [file for file in files if is_generated(file.path)]
    written = {file.path: file for file in (*locks, *generated)}
    tests = [file for file in files if classify(file.path) in _TESTS]
    return SizeMetrics(
        files=len(files),
        added_lines=sum(file.added_lines for file in files),
        removed_lines=sum(file.removed_lines for file in files),
        lock_files=len(locks),
        lock_lines=_lines_in(locks),
        generated_files=len(generated),
        generated_lines=_lines_in(generated),
        test_lines=_lines_in(tests),
        reading_lines=record.change.lines - _lines_in(written.values()),
    )


def complexity(record: RunRecord) -> ComplexityMetrics | None:
    """Return what became of the functions; `None` when no changed file could be read as code.

    What was measured on an earlier head says nothing about this one.
    """
    measures = record.measures
    if measures is None or measures.functions is None or measures.commit != record.head:
        return None
    kept = [
        (one.before, one.after)
        for one in measures.functions
        if one.before is not None and one.after is not None
    ]
    new = [one.after for one in measures.functions if one.before is None and one.after is not None]
    return ComplexityMetrics(
        functions=len(kept),
        delta=sum(after - before for before, after in kept),
        largest_growth=max([0, *(after - before for before, after in kept)]),
        highest=max([0, *new, *(after for _, after in kept)]),
        new_functions=len(new),
        new_total=sum(new),
        removed_functions=sum(one.after is None for one in measures.functions),
    )


def coverage(record: RunRecord) -> CoverageMetrics | None:
    """Return the share that tests ran on both commits; `None` without a report on the head."""
    head = _measured(record.head_checks, record.head)
    if head is None:
        return None
    base = _measured(record.base_checks, None)
    by_branch = base is not None and None not in (_branches(base), _branches(head))
    pick = _branches if by_branch else _lines
    before, after = None if base is None else pick(base), pick(head)
    if after is None:
        return None
    return CoverageMetrics(
        counted="branches" if by_branch else "lines",
        base=None if before is None else round(float(before), 2),
        head=round(float(after), 2),
        delta=None if before is None else round(float(after - before), 2),
    )


def patch_coverage(record: RunRecord) -> PatchCoverage | None:
    """Return how many changed lines tests ran; `None` when diff and report are not of one commit.

    A diff that was cut short for the journal has no number either.
    """
    head, measures = _measured(record.head_checks, record.head), record.measures
    if head is None or measures is None or measures.commit != record.head:
        return None
    if measures.diff_characters > len(measures.diff):
        return None
    added = {
        patch.path: patch.numbers("+")
        for patch in parse_patch(measures.diff)
        if classify(patch.path) not in _TESTS
    }
    covered = coverable = 0
    for file in head.files:
        ran, missed = lines_of(file.covered), lines_of(file.missed)
        lines = added.get(file.path, frozenset())
        covered += len(lines & ran)
        coverable += len(lines & (ran | missed))
    return PatchCoverage(covered=covered, coverable=coverable, percent=_percent(covered, coverable))


def patterns(record: RunRecord) -> PatternMetrics | None:
    """Return how well the change keeps the repository's rules; `None` when none could be tried."""
    report = record.patterns
    if report is None or report.problem or not report.rules or report.commit != record.head:
        return None
    change = record.change
    added = sum(
        file.added_lines for file in (change.files if change else ()) if not is_lock_file(file.path)
    )
    lines = len({(each.path, each.line) for each in report.breaches})
    return PatternMetrics(
        rules=report.rules,
        files=report.files,
        breaches=len(report.breaches),
        breaching_lines=lines,
        added_lines=added,
        compliance=_percent(max(0, added - lines), added),
    )


def strength(record: RunRecord) -> StrengthMetrics | None:
    """Return the mutation sample of the head; `None` when no mutant could be tried."""
    sample = record.mutation
    if sample is None or sample.why_none or sample.commit != record.head:
        return None
    return StrengthMetrics(
        killed=sample.killed,
        viable=sample.viable,
        possible=sample.possible,
        percent=_percent(sample.killed, sample.viable),
    )


def new_warnings(record: RunRecord) -> int | None:
    """Return how many lint warnings the head has that base has not; `None` when not counted."""
    head = _warnings(report for report in record.head_checks if report.commit == record.head)
    base = _warnings(record.base_checks)
    return None if head is None or base is None else sum((head - base).values())


def _lines_in(files: Iterable[FileChange]) -> int:
    return sum(file.added_lines + file.removed_lines for file in files)


def _warnings(reports: Iterable[CheckReport]) -> Counter[str] | None:
    found: Counter[str] | None = None
    for report in reports:
        if report.kind is CheckKind.LINT and report.warnings is not None:
            found = (found or Counter()) + Counter(report.warnings)
    return found


def _measured(reports: Iterable[CheckReport], commit: str | None) -> Coverage | None:
    """Return the last green coverage report, of one commit where one is named."""
    found = [
        report.coverage
        for report in reports
        if report.kind is CheckKind.COVERAGE and report.is_green
        if commit is None or report.commit == commit
    ]
    return found[-1] if found else None


def _lines(coverage: Coverage) -> Fraction | None:
    return _share(coverage.covered_lines, coverage.coverable_lines)


def _branches(coverage: Coverage) -> Fraction | None:
    if coverage.covered_branches is None or coverage.coverable_branches is None:
        return None
    return _share(coverage.covered_branches, coverage.coverable_branches)


def _share(part: int, whole: int) -> Fraction | None:
    """Return percent unrounded, so that differences are not those of roundings."""
    return Fraction(100 * part, whole) if whole else None


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
