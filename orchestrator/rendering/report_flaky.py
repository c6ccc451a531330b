"""Tests that contradict themselves on one commit, counted from the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyLine:
    """One test that passed and failed without a change between."""

    id: str
    failed: int
    runs: int
    where: str


def flaky_lines(record: RunRecord) -> tuple[FlakyLine, ...]:
    """Return the tests that passed and failed on the base, then those that did on one head."""
    return (
        *_unsteady(record.base_checks, "the base commit"),
        *_unsteady(record.head_checks, "this branch"),
    )


def _unsteady(reports: Sequence[CheckReport], where: str) -> Iterator[FlakyLine]:
    seen: dict[str, list[CaseResult]] = {}
    for report in reports:
        for case in report.cases or ():
            seen.setdefault(case.id, []).append(case.result)
    for name, results in seen.items():
        failed = results.count(CaseResult.FAILED)
        if failed and CaseResult.PASSED in results:
            yield FlakyLine(id=name, failed=failed, runs=len(results), where=where)
