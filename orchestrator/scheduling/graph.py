"""The plan as a graph: cycles, order, ancestors, the longest way through."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.domain.plan import Task


def find_cycle(tasks: Sequence[Task]) -> tuple[int, ...]:
    """Return the ids of one cycle, each task followed by one it depends on; empty if none.

    Dependencies on ids that are not in `tasks` are left aside.
    """
    needs = _needs(tasks)
    finished: set[int] = set()
    for root in needs:
        path: dict[int, None] = {}
        todo = [(root, False)]
        while todo:
            node, is_done = todo.pop()
            if is_done:
                path.pop(node)
                finished.add(node)
            elif node in path:
                walked = tuple(path)
                return walked[walked.index(node) :]
            elif node not in finished:
                path[node] = None
                todo.append((node, True))
                todo.extend((need, False) for need in reversed(needs[node]))
    return ()


def ordered(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return every task after its dependencies, otherwise in the given order.

    Tasks on a cycle, and what depends on them, are left out.
    """
    needs = _needs(tasks)
    placed: dict[int, Task] = {}
    waiting = list(tasks)
    while waiting:
        ready = next((task for task in waiting if placed.keys() >= set(needs[task.id])), None)
        if ready is None:
            break
        placed[ready.id] = ready
        waiting.remove(ready)
    return tuple(placed.values())


def ancestors(tasks: Sequence[Task]) -> Mapping[int, frozenset[int]]:
    """Return, for each task, the ids of all tasks it depends on, directly or not."""
    needs = _needs(tasks)
    found: dict[int, frozenset[int]] = {}
    for root in needs:
        seen: set[int] = set()
        todo = list(needs[root])
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(needs[node])
        found[root] = frozenset(seen)
    return found


def chain_lengths(
    tasks: Sequence[Task], length: Callable[[Task], float] = lambda _: 1.0
) -> Mapping[int, float]:
    """Return, for each task, the longest chain that begins with it, its own length included.

    The largest of them is the critical path: no schedule is faster, however many workers there
    are. The graph must have no cycle.
    """
    after = dict.fromkeys((task.id for task in tasks), 0.0)
    needs = _needs(tasks)
    for task in reversed(ordered(tasks)):
        after[task.id] += length(task)
        for need in needs[task.id]:
            after[need] = max(after[need], after[task.id])
    return after


def _needs(tasks: Sequence[Task]) -> dict[int, tuple[int, ...]]:
    known = {task.id for task in tasks}
    return {task.id: tuple(need for need in task.dependencies if need in known) for task in tasks}
