"""Living with threads."""

from __future__ import annotations

import threading

import pytest

from orchestrator.scheduling.workers import (
    CancelToken,
    Catching,
    Crew,
    InOrder,
    background,
    lock,
    map_parallel,
)


def test_map_parallel__keeps_the_order() -> None:
    """Values come in the order of the calls, whichever ended first."""
    second_ran = threading.Event()

    def first() -> str:
        second_ran.wait(10)
        return "first"

    def second() -> str:
        second_ran.set()
        return "second"

    assert map_parallel((first, second), 2) == ("first", "second")


def test_map_parallel__never_more_than_the_limit() -> None:
    """With many calls at most `limit` run at once, and all of them run."""
    barrier = threading.Barrier(3)
    running: list[int] = []
    most: list[int] = []

    def call() -> int:
        running.append(1)
        most.append(len(running))
        barrier.wait(10)
        running.pop()
        return 1

    assert sum(map_parallel([call] * 9, 3)) == 9
    assert max(most) <= 3


@pytest.mark.parametrize("limit", [0, 1])
def test_map_parallel__one_at_a_time(limit: int) -> None:
    """Without parallelism the calls run here."""
    here = threading.get_ident()

    assert map_parallel((threading.get_ident, threading.get_ident), limit) == (here, here)
    assert map_parallel((threading.get_ident,), 4) == (here,)
    assert map_parallel((), 4) == ()


@pytest.mark.parametrize("limit", [1, 2])
def test_map_parallel__first_error(limit: int) -> None:
    """All calls are made; then the first one's error is raised."""
    made: list[int] = []

    def bad(number: int) -> int:
        made.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        map_parallel((lambda: bad(0), lambda: bad(1), lambda: bad(2)), limit)

    assert sorted(made) == [0, 1, 2]


def test_cancel_token__stays_set() -> None:
    """A token is unset until somebody cancels, and then for good."""
    token = CancelToken()

    assert not token.is_cancelled
    assert not token.wait(0)

    token.cancel()
    token.cancel()

    assert token.is_cancelled
    assert token.wait(100)


def test_lock__is_re_entrant() -> None:
    """A listener that writes to the journal again does not lock itself out."""
    taken = lock()

    with taken, taken:
        pass


def test_background__errors_are_dropped() -> None:
    """A preload that fails harms nobody."""
    done: list[str] = []

    def fail() -> None:
        raise ImportError

    background(lambda: done.append("ran"))()
    background(fail)()

    assert done == ["ran"]


def test_catching__lets_interrupts_through() -> None:
    """An interrupt is never kept back."""
    with pytest.raises(KeyboardInterrupt), Catching():
        raise KeyboardInterrupt


def test_crew__waits_as_long_as_it_takes() -> None:
    """Looking up for interrupts in between loses no ending."""
    never = threading.Event()
    crew: Crew[str] = Crew("slow", wake_s=1e-4)

    def call() -> str:
        never.wait(0.02)
        return "done"

    crew.start(7, call)
    ending = crew.next_ending()

    assert (ending.key, ending.value(), crew.busy) == (7, "done", 0)


def test_in_order__makes_one_call_after_the_other() -> None:
    """However slow the first is, the second begins after it; each gives its own value or error."""
    start, made, may_go = InOrder(), list[str](), threading.Event()

    def first() -> str:
        may_go.wait(10)
        made.append("first")
        return "one"

    def second() -> int:
        made.append("second")
        return 1 // 0

    waits = start(first), start(second)
    before = list(made)
    may_go.set()

    with pytest.raises(ZeroDivisionError):
        waits[1]()
    assert waits[0]() == "one"
    assert (before, made) == ([], ["first", "second"])


def test_crew__counts_nobody_for_whom_there_was_no_thread() -> None:
    """Whoever waits for what was started must not wait for a call that never began."""
    crew: Crew[int] = Crew("test")
    before = threading.stack_size(1 << 46)
    try:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            crew.start(1, lambda: 1)
    finally:
        threading.stack_size(before)

    assert crew.busy == 0
