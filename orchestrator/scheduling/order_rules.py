"""Rules on ids, dependencies and the order of stages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.domain.plan import StageName
from orchestrator.scheduling.graph import ancestors, find_cycle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from orchestrator.domain.plan import Task


def problems(
    tasks: Sequence[Task], stages: Sequence[StageName], finished: Collection[int] = ()
) -> Iterator[str]:
    """Yield what is wrong with ids, dependencies and stages, one sentence each."""
    twice = [number for number, count in Counter(task.id for task in tasks).items() if count > 1]
    for number in twice:
        yield f"The task id {number} is used more than once: give every task its own `id`."
    for task in tasks:
        yield from _task_problems(task, tasks, stages)
    if twice:
        return
    cycle = find_cycle(tasks)
    if cycle:
        walk = " → ".join(str(number) for number in (*cycle, cycle[0]))
        yield (
            f"Tasks depend on each other in a circle ({walk}): remove one of these `dependencies`."
        )
    else:
        yield from _untested(tasks, stages, finished)


def _task_problems(task: Task, tasks: Sequence[Task], stages: Sequence[StageName]) -> Iterator[str]:
    if task.id < 1:
        yield f"Task {task.id}: `id` must be 1 or more."
    if task.stage not in stages:
        allowed = ", ".join(stages)
        yield f"Task {task.id}: the stage {task.stage.value!r} does not run here; use {allowed}."
        return
    by_id = {other.id: other for other in tasks}
    for need in dict.fromkeys(task.dependencies):
        other = by_id.get(need)
        if other is None:
            known = ", ".join(str(number) for number in by_id if number != task.id) or "none"
            yield f"Task {task.id}: it depends on task {need}, which is not there; ids: {known}."
        elif other.stage in stages and stages.index(other.stage) > stages.index(task.stage):
            yield (
                f"Task {task.id} ({task.stage}) depends on task {need}, whose stage "
                f"({other.stage}) runs later: remove the dependency or change a `stage`."
            )


def _untested(
    tasks: Sequence[Task], stages: Sequence[StageName], finished: Collection[int]
) -> Iterator[str]:
    if not _runs_before(StageName.IMPLEMENTATION, StageName.TESTING, stages):
        return
    before = ancestors(tasks)
    for at, task in enumerate(tasks):
        if task.stage is StageName.TESTING:
            missing = [
                str(other.id)
                for other in tasks[:at]
                if other.stage is StageName.IMPLEMENTATION
                and other.id not in finished
                and other.id not in before[task.id]
            ]
            if missing:
                yield (
                    f"Task {task.id} (testing) does not depend on the implementation "
                    f"{'task' if len(missing) == 1 else 'tasks'} {', '.join(missing)}, directly "
                    "or through others: add what is missing to its `dependencies`."
                )


def _runs_before(one: StageName, other: StageName, stages: Sequence[StageName]) -> bool:
    return one in stages and other in stages and stages.index(one) < stages.index(other)
