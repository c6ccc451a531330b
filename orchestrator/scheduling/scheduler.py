"""Which task runs when: as soon as it may, never more at once than allowed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from orchestrator.domain.errors import InvalidPlanError
from orchestrator.scheduling.graph import chain_lengths, find_cycle
from orchestrator.scheduling.scopes import overlap
from orchestrator.scheduling.workers import CancelToken, Catching, Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from orchestrator.domain.plan import Task
    from orchestrator.scheduling.workers import Ending

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult(Generic[T]):
    """What became of one task: a value, or the failed tasks it would have needed."""

    task: Task
    value: T | None
    blocked_by: tuple[int, ...] = ()
    """Ids of direct dependencies that failed or were skipped; then `value` is `None`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks(Generic[T]):
    """What the caller does around each task; all of it on the caller's own thread.

    `on_end` returns before any dependent starts: the place to integrate a change.
    """

    on_start: Callable[[Task], None]
    on_end: Callable[[Task, T], None]
    on_skip: Callable[[Task, tuple[int, ...]], None]


def touch_same_files(one: Task, other: Task) -> bool:
    """Tell whether two tasks may change one file."""
    return overlap(one.files, other.files)


def run_tasks(
    tasks: Sequence[Task],
    start: Callable[[Task], T],
    *,
    limit: int,
    is_success: Callable[[T], bool],
    hooks: Hooks[T] | None = None,
    cancel: CancelToken | None = None,
) -> tuple[TaskResult[T], ...]:
    """Run the tasks in dependency order and return their results in the order given.

    A task starts the moment its dependencies ended well, a place is free and nothing runs that
    may change one of its files; of several, the one that the longest chain of others waits for,
    then the first in order. Dependencies that are not among `tasks` count as ended well. What
    depends on a task without success is skipped.

    Args:
        tasks: Part of a plan, in plan order.
        start: Does one task, in a thread of its own; a failed task is a value.
        limit: How many tasks run at once, at least one.
        is_success: Whether dependents may build on a value; asked after `on_end`.
        hooks: Called on this thread.
        cancel: Set when the run has to stop early, so that workers can look.

    Raises:
        InvalidPlanError: The tasks depend on each other in a circle.
        Exception: Whatever `start` or a hook raised first; no task starts after it, those
            that run are told by `cancel` and waited for, and their values still reach
            `on_end`. An interrupt of this thread is raised at once, without waiting.
    """
    cycle = find_cycle(tasks)
    if cycle:
        walk = " → ".join(str(number) for number in (*cycle, cycle[0]))
        raise InvalidPlanError((f"Tasks depend on each other in a circle: {walk}.",))
    board = _Board(
        tasks,
        start,
        limit=max(1, limit),
        is_success=is_success,
        hooks=hooks,
    )
    return board.play(cancel or CancelToken())


class _Board(Generic[T]):
    """One run's state; changed on one thread only."""

    def __init__(
        self,
        tasks: Sequence[Task],
        start: Callable[[Task], T],
        *,
        limit: int,
        is_success: Callable[[T], bool],
        hooks: Hooks[T] | None,
    ) -> None:
        self._tasks = tuple(tasks)
        self._start = start
        self._limit = limit
        self._is_success = is_success
        self._hooks = hooks
        self._bad: set[int] = set()
        chains = chain_lengths(tasks)
        self._waiting = sorted(tasks, key=lambda task: -chains[task.id])
        self._running: dict[int, Task] = {}
        self._results: dict[int, TaskResult[T]] = {}
        self._crew: Crew[T] = Crew("task")

    def play(self, cancel: CancelToken) -> tuple[TaskResult[T], ...]:
        with _Stopping(cancel, self._drain):
            while self._waiting or self._running:
                self._skip_blocked()
                self._start_ready()
                if self._running:
                    self._take(self._crew.next_ending())
        return tuple(self._results[task.id] for task in self._tasks)

    def _skip_blocked(self) -> None:
        """Skip until nothing is blocked: a skipped task blocks those listed before it too."""
        while blocked := [task for task in self._waiting if not self._bad.isdisjoint(_needs(task))]:
            for task in blocked:
                blocked_by = tuple(need for need in _needs(task) if need in self._bad)
                self._waiting.remove(task)
                self._bad.add(task.id)
                self._results[task.id] = TaskResult(task=task, value=None, blocked_by=blocked_by)
                if self._hooks is not None:
                    self._hooks.on_skip(task, blocked_by)

    def _start_ready(self) -> None:
        for task in tuple(self._waiting):
            if len(self._running) >= self._limit:
                return
            if self._is_ready(task):
                self._waiting.remove(task)
                self._running[task.id] = task
                if self._hooks is not None:
                    self._hooks.on_start(task)
                self._crew.start(task.id, partial(self._start, task))

    def _is_ready(self, task: Task) -> bool:
        unfinished = {other.id for other in self._waiting} | self._running.keys()
        return unfinished.isdisjoint(task.dependencies) and not any(
            touch_same_files(task, other) for other in self._running.values()
        )

    def _take(self, ending: Ending[T]) -> None:
        task = self._running.pop(ending.key)
        value = ending.value()
        self._results[task.id] = TaskResult(task=task, value=value)
        if self._hooks is not None:
            self._hooks.on_end(task, value)
        if not self._is_success(value):
            self._bad.add(task.id)

    def _drain(self) -> None:
        """Wait for what still runs; a second error must not hide the first."""
        for _ in range(self._crew.busy):
            with Catching():
                self._take(self._crew.next_ending())


def _needs(task: Task) -> tuple[int, ...]:
    return tuple(dict.fromkeys(task.dependencies))


class _Stopping(AbstractContextManager["_Stopping"]):
    """On an error: ask everybody to stop, and wait for them unless a person is waiting."""

    def __init__(self, cancel: CancelToken, drain: Callable[[], None]) -> None:
        self._cancel = cancel
        self._drain = drain

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._cancel.cancel()
        if isinstance(error, Exception):
            self._drain()
