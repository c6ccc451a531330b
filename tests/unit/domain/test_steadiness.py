"""Rates of failure, and lines as spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.coverage import Coverage, FileCoverage, lines_of, spans_of
from orchestrator.domain.steadiness import unsteady
from tests.unit.gates.evidence import BASE, report


def test_unsteady__rates_of_both_commits() -> None:
    """A test that both passes and fails is told with its counts; skipped runs do not count."""
    base = tuple(
        report(commit=BASE, cases={"flaky": word, "steady": "passed"})
        for word in ("passed", "failed", "skipped", "failed")
    )
    head = tuple(report(cases={"flaky": "failed", "new": word}) for word in ("passed", "failed"))

    found = {each.id: each for each in unsteady(base, head)}

    assert list(found) == ["flaky", "new"]
    assert (str(found["flaky"].base), str(found["flaky"].head)) == ("2/3", "2/2")
    assert found["flaky"].base.is_mixed
    assert (str(found["new"].base), str(found["new"].head)) == ("0/0", "1/2")
    assert not found["new"].base.is_mixed


@given(st.sets(st.integers(min_value=1, max_value=300)))
def test_spans__are_the_lines(lines: set[int]) -> None:
    """No line is lost or made up on the way through the journal."""
    assert lines_of(spans_of(lines)) == lines


def test_spans__are_short() -> None:
    """Neighbours are one span."""
    assert spans_of([9, 3, 1, 2, 4]) == "1-4,9"


def test_coverage__only() -> None:
    """Leaving files out does not touch the totals."""
    files = tuple(FileCoverage(path=path, covered="1", missed="2") for path in "ab")
    coverage = Coverage(covered_lines=2, coverable_lines=4, files=files)

    assert coverage.only({"b"}).files == files[1:]
    assert coverage.only(()).missed_lines == 2
