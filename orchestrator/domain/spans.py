"""Who kept a run busy when, for splitting its time without counting a second twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.domain.check import CheckReport


class Busy(StrEnum):
    """What a moment is spent on; where several go on at once, the first of these counts."""

    MODEL = "model"
    TOOLS = "tools"
    TESTS = "tests"
    SETUP = "setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From and to, in seconds of the journal."""

    busy: Busy
    start_s: float
    end_s: float


def spans_of_checks(reports: Iterable[CheckReport], end_s: float) -> tuple[Span, ...]:
    """Return the spans of commands that ran one after the other until `end_s`."""
    spans: list[Span] = []
    for report in reversed(tuple(reports)):
        is_setup = report.kind in {CheckKind.SETUP, CheckKind.BUILD}
        busy = Busy.SETUP if is_setup else Busy.TESTS
        spans.append(Span(busy=busy, start_s=end_s - report.duration_s, end_s=end_s))
        end_s -= report.duration_s
    return tuple(reversed(spans))


def split(spans: Iterable[Span], until_s: float) -> Mapping[Busy, float]:
    """Return how many of the first seconds went to what; the rest went to nothing of these."""
    steps: list[tuple[float, Busy, int]] = []
    for span in spans:
        start, end = max(0.0, span.start_s), min(until_s, span.end_s)
        if start < end:
            steps += ((start, span.busy, 1), (end, span.busy, -1))
    going: Counter[Busy] = Counter()
    found = dict.fromkeys(Busy, 0.0)
    steps.sort(key=lambda step: step[0])
    for (start, busy, change), (end, _, _) in pairwise([*steps, (until_s, Busy.SETUP, 0)]):
        going[busy] += change
        first = next((each for each in Busy if going[each]), None)
        if first is not None:
            found[first] += end - start
    return found
