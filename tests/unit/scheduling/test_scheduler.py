"""Tasks run as soon as they may, and never more at once than allowed."""

from __future__ import annotations

import os
import threading
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import BudgetExceededError, InvalidPlanError
from orchestrator.scheduling.graph import ancestors
from orchestrator.scheduling.scheduler import Hooks, TaskResult, run_tasks, touch_same_files
from orchestrator.scheduling.workers import CancelToken
from tests.unit.scheduling.plans import task
from tests.unit.scheduling.strategies import dags

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.plan import Task

_WAIT_S = 10


class _Diary:
    """What happened on the caller's thread, in order."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int]] = []

    def hooks(self) -> Hooks[str]:
        return Hooks(
            on_start=lambda one: self.lines.append(("start", one.id)),
            on_end=lambda one, _: self.lines.append(("end", one.id)),
            on_skip=lambda one, _: self.lines.append(("skip", one.id)),
        )


def _run(
    tasks: tuple[Task, ...],
    start: Callable[[Task], str],
    *,
    limit: int = 4,
    hooks: Hooks[str] | None = None,
) -> tuple[TaskResult[str], ...]:
    return run_tasks(
        tasks, start, limit=limit, is_success=lambda value: value == "done", hooks=hooks
    )


@given(
    tasks=dags(),
    limit=st.integers(1, 4),
    spins=st.lists(st.integers(0, 30), min_size=8, max_size=8),
    bad=st.sets(st.integers(1, 8), max_size=2),
)
@settings(max_examples=400)
def test_run_tasks__every_legal_schedule(
    tasks: tuple[Task, ...], limit: int, spins: list[int], bad: set[int]
) -> None:
    """Order, limit and scopes hold whatever takes how long, and the results are the same."""
    diary = _Diary()

    def start(one: Task) -> str:
        for _ in range(spins[one.id - 1]):
            os.sched_yield()
        return "failed" if one.id in bad else "done"

    results = _run(tasks, start, limit=limit, hooks=diary.hooks())

    before = ancestors(tasks)
    assert [result.task for result in results] == list(tasks)
    for result in results:
        assert bool(result.blocked_by) == bool(before[result.task.id] & bad)
    running: set[int] = set()
    ended: set[int] = set()
    by_id = {one.id: one for one in tasks}
    for what, number in diary.lines:
        if what == "start":
            assert before[number] <= ended
            running.add(number)
            assert len(running) <= limit
            assert not [
                pair
                for pair in combinations(running, 2)
                if touch_same_files(by_id[pair[0]], by_id[pair[1]])
            ]
        elif what == "end":
            running.remove(number)
            ended.add(number)


def test_run_tasks__really_at_once() -> None:
    """Independent tasks on different files wait for each other's start without trouble."""
    barrier = threading.Barrier(3)

    def start(_: Task) -> str:
        barrier.wait(_WAIT_S)
        return "done"

    results = _run((task(1), task(2), task(3)), start, limit=3)

    assert [result.value for result in results] == ["done"] * 3


def test_run_tasks__starts_when_its_own_dependencies_ended() -> None:
    """A task does not wait for others than those it depends on."""
    third_started = threading.Event()

    def start(one: Task) -> str:
        if one.id == 2:
            assert third_started.wait(_WAIT_S)
        if one.id == 3:
            third_started.set()
        return "done"

    results = _run((task(1), task(2), task(3, 1)), start, limit=2)

    assert all(result.value == "done" for result in results)


def test_run_tasks__starts_first_what_others_wait_for() -> None:
    """With one place left, the head of the longest chain takes it, wherever the plan lists it."""
    diary = _Diary()
    tasks = (task(1), task(2), task(3), task(4, 3), task(5, 4), task(6, 2))

    _run(tasks, lambda _: "done", limit=1, hooks=diary.hooks())

    assert [number for what, number in diary.lines if what == "start"] == [3, 2, 4, 1, 5, 6]


def test_run_tasks__same_files_never_at_once() -> None:
    """Tasks on one file run one after the other, in plan order."""
    diary = _Diary()
    tasks = (task(1, files=("src/**",)), task(2, files=("src/a.js",)))

    _run(tasks, lambda _: "done", hooks=diary.hooks())

    assert diary.lines == [("start", 1), ("end", 1), ("start", 2), ("end", 2)]


def test_run_tasks__failure_skips_dependents() -> None:
    """What needs a failed task is skipped, with the reason; the rest runs."""
    diary = _Diary()
    tasks = (task(1), task(2, 1), task(3, 2), task(4))

    results = _run(
        tasks,
        lambda one: "failed" if one.id == 1 else "done",
        limit=1,
        hooks=diary.hooks(),
    )

    assert [result.value for result in results] == ["failed", None, None, "done"]
    assert [result.blocked_by for result in results] == [(), (1,), (2,), ()]
    assert diary.lines == [
        ("start", 1),
        ("end", 1),
        ("skip", 2),
        ("skip", 3),
        ("start", 4),
        ("end", 4),
    ]


def test_run_tasks__cycle() -> None:
    """Tasks in a circle are refused instead of waited for."""
    with pytest.raises(InvalidPlanError, match="1 → 2 → 1"):
        _run((task(1, 2), task(2, 1)), lambda _: "done")


def test_run_tasks__nothing() -> None:
    """No tasks, no results."""
    assert _run((), lambda _: "done") == ()


def _out_of_money() -> BudgetExceededError:
    return BudgetExceededError("Out of money.", hint="Raise the limit.", limit=1, value=2)


def test_run_tasks__error_lets_others_finish() -> None:
    """A limit met by one task stops new ones; what runs is told, waited for and kept."""
    diary = _Diary()
    cancel = CancelToken()

    def start(one: Task) -> str:
        if one.id == 1:
            raise _out_of_money()
        assert cancel.wait(_WAIT_S)
        return "done"

    with pytest.raises(BudgetExceededError):
        run_tasks(
            (task(1), task(2), task(3)),
            start,
            limit=2,
            is_success=lambda value: value == "done",
            hooks=diary.hooks(),
            cancel=cancel,
        )

    assert diary.lines == [("start", 1), ("start", 2), ("end", 2)]


def test_run_tasks__second_error_does_not_hide_the_first() -> None:
    """The error that stopped the run is the one that is raised."""
    cancel = CancelToken()

    def start(one: Task) -> str:
        if one.id == 2:
            assert cancel.wait(_WAIT_S)
        raise _out_of_money() if one.id == 1 else ValueError(one.id)

    with pytest.raises(BudgetExceededError):
        run_tasks((task(1), task(2)), start, limit=2, is_success=lambda _: True, cancel=cancel)


def test_run_tasks__interrupt_does_not_wait() -> None:
    """An interrupt gets through at once although a task still runs."""
    cancel = CancelToken()
    release = threading.Event()

    def start(_: Task) -> str:
        release.wait(_WAIT_S)
        return "done"

    def interrupt(one: Task) -> None:
        if one.id == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tasks(
            (task(1), task(2)),
            start,
            limit=2,
            is_success=lambda _: True,
            hooks=Hooks(on_start=interrupt, on_end=lambda *_: None, on_skip=lambda *_: None),
            cancel=cancel,
        )

    assert cancel.is_cancelled
    assert not release.is_set()
    release.set()
