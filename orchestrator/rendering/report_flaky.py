"""Tests that contradict themselves on one commit, counted from the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.steadiness import rates
from orchestrator.rendering.report_lines import current_checks

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
    """Return the tests that passed and failed on the base, then those that did on this head."""
    return (
        *_unsteady(record.base_checks, "the base commit"),
        *_unsteady(current_checks(record), "this branch"),
    )


def _unsteady(reports: Sequence[CheckReport], where: str) -> Iterator[FlakyLine]:
    for name, rate in rates(reports).items():
        if rate.is_mixed:
            yield FlakyLine(id=name, failed=rate.failed, runs=rate.ran, where=where)
