"""Random plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.unit.scheduling.plans import task

if TYPE_CHECKING:
    from orchestrator.domain.plan import Task

_FILES = ("src/a.js", "src/b.js", "src/*.js", "css/**", "css/x.css", "docs")


@st.composite
def dags(draw: st.DrawFn, max_tasks: int = 8) -> tuple[Task, ...]:
    """Draw tasks without a cycle, in an order of their own."""
    count = draw(st.integers(1, max_tasks))
    tasks = []
    for number in range(1, count + 1):
        needs = draw(st.sets(st.integers(1, number - 1), max_size=3)) if number > 1 else set()
        files = draw(st.sets(st.sampled_from(_FILES), min_size=1, max_size=2))
        tasks.append(task(number, *sorted(needs), files=tuple(sorted(files))))
    return tuple(draw(st.permutations(tasks)))
