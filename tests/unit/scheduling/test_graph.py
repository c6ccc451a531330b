"""The plan as a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.scheduling.graph import ancestors, chain_lengths, find_cycle, ordered
from tests.unit.scheduling.plans import task
from tests.unit.scheduling.strategies import dags

if TYPE_CHECKING:
    from orchestrator.domain.plan import Task


def _ids(tasks: tuple[Task, ...]) -> list[int]:
    return [one.id for one in tasks]


def test_find_cycle__named() -> None:
    """A cycle is returned as the walk around it, without what only leads there."""
    tasks = (task(1, 2), task(2, 3), task(3, 4), task(4, 2), task(5))

    assert find_cycle(tasks) == (2, 3, 4)


def test_find_cycle__itself() -> None:
    """A task that depends on itself is a cycle of one."""
    assert find_cycle((task(1), task(2, 2))) == (2,)


def test_find_cycle__diamond() -> None:
    """Two ways to one task are no cycle, and unknown ids are left aside."""
    assert find_cycle((task(1, 99), task(2, 1), task(3, 1), task(4, 2, 3))) == ()


def test_find_cycle__deep() -> None:
    """A chain of thousands does not exhaust the stack."""
    chain = tuple(task(number, number + 1) for number in range(1, 3000))

    assert find_cycle(chain) == ()
    assert len(find_cycle((*chain, task(3000, 1)))) == 3000


def test_ordered__stable() -> None:
    """Dependencies come first; otherwise the plan's order stays."""
    assert _ids(ordered((task(3, 1), task(2), task(1)))) == [2, 1, 3]


def test_ordered__cycle_left_out() -> None:
    """What can never start is not in the order."""
    assert _ids(ordered((task(1, 2), task(2, 1), task(3, 1), task(4)))) == [4]


@given(dags())
def test_ordered__dependencies_first(tasks: tuple[Task, ...]) -> None:
    """Every task stands after all it depends on, and none is lost."""
    placed = _ids(ordered(tasks))

    assert sorted(placed) == sorted(_ids(tasks))
    assert all(
        placed.index(need) < placed.index(one.id) for one in tasks for need in one.dependencies
    )


@given(dags())
def test_ancestors__closed(tasks: tuple[Task, ...]) -> None:
    """A task's ancestors are its dependencies and theirs, and never itself."""
    found = ancestors(tasks)

    for one in tasks:
        direct = set(one.dependencies)
        assert found[one.id] == direct.union(*(found[need] for need in direct))
        assert one.id not in found[one.id]


def test_chain_lengths__go_by_what_waits_for_a_task() -> None:
    """A chain is a task's own length and the longest one of those that need it."""
    tasks = (task(1), task(2, 1), task(3, 2), task(4, 1), task(5))
    durations = {1: 1.0, 2: 1.0, 3: 1.0, 4: 5.0, 5: 2.0}

    assert chain_lengths(tasks) == {1: 3, 2: 2, 3: 1, 4: 1, 5: 1}
    assert chain_lengths(tasks, lambda one: durations[one.id]) == {1: 6, 2: 2, 3: 1, 4: 5, 5: 2}
    assert chain_lengths(()) == {}


@given(dags(), st.integers(1, 4))
def test_chain_lengths__bounds(tasks: tuple[Task, ...], seconds: int) -> None:
    """Who needs a task has a shorter chain than it, and no chain is longer than all tasks."""
    found = chain_lengths(tasks, lambda _: float(seconds))

    for one in tasks:
        assert all(found[need] >= found[one.id] + seconds for need in one.dependencies)
        assert seconds <= found[one.id] <= seconds * len(tasks)
