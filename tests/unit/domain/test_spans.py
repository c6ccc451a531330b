"""Time is split so that no second counts twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.spans import Busy, Span, split

_SPANS = st.lists(
    st.builds(
        lambda busy, start, length: Span(busy=busy, start_s=start, end_s=start + length),
        st.sampled_from(list(Busy)),
        st.integers(-5, 30),
        st.integers(0, 30),
    ),
    max_size=12,
)


def _span(busy: Busy, start_s: float, end_s: float) -> Span:
    return Span(busy=busy, start_s=start_s, end_s=end_s)


def test_split__counted_by_hand() -> None:
    """Models 0–4 and 2–6, a tool 5–8, tests 8–20 of which 10 s count: 6 + 2 + 2, and 2 idle."""
    spans = (
        _span(Busy.MODEL, 0, 4),
        _span(Busy.MODEL, 2, 6),
        _span(Busy.TOOLS, 5, 8),
        _span(Busy.TESTS, 10, 20),
    )

    assert split(spans, 12) == {
        Busy.MODEL: 6,
        Busy.TOOLS: 2,
        Busy.TESTS: 2,
        Busy.SETUP: 0,
    }


@given(_SPANS, st.integers(0, 40))
def test_split__is_what_a_count_second_by_second_says(spans: list[Span], until: int) -> None:
    """Whatever overlaps whatever, each second goes to the first that is busy, or to nobody."""
    slow = dict.fromkeys(Busy, 0)
    for second in range(until):
        busy = {span.busy for span in spans if span.start_s <= second < span.end_s}
        if busy:
            slow[next(each for each in Busy if each in busy)] += 1

    found = split(spans, until)

    assert found == pytest.approx(slow)
    assert sum(found.values()) <= until
