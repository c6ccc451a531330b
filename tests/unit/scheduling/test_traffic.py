"""Agents that wait for each other, on real threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from orchestrator.domain.usage import Usage
from orchestrator.scheduling.traffic import SharedTraffic
from tests.doubles.clock import SteppingClock

LONG_S = 20.0


def test_passage__followers_start_when_the_leaders_reply_begins() -> None:
    """Three agents with one prefix: one goes, two wait, and nobody waits for its whole reply."""
    traffic = SharedTraffic(SteppingClock())
    entered: list[int] = []

    def follow(number: int) -> None:
        with traffic.passage("m", "brief", life_s=300.0):
            entered.append(number)

    with ThreadPoolExecutor(2) as pool, traffic.passage("m", "brief", life_s=300.0) as leader:
        following = [pool.submit(follow, number) for number in (1, 2)]
        before = list(entered)
        leader.began({})
        for each in following:
            each.result(timeout=LONG_S)
        during = sorted(entered)

    assert before == []
    assert during == [1, 2]


def test_passage__another_prefix_needs_not_wait() -> None:
    """Readers do not wait for implementers: they share nothing."""
    traffic = SharedTraffic(SteppingClock())

    with traffic.passage("m", "one", life_s=300.0), traffic.passage("m", "other", life_s=300.0):
        pass


def test_passage__a_leader_that_fails_lets_the_next_one_lead() -> None:
    """A first request that dies does not stop the others."""
    traffic = SharedTraffic(SteppingClock())

    with traffic.passage("m", "brief", life_s=300.0):
        pass
    with traffic.passage("m", "brief", life_s=300.0) as leader:
        leader.began({})


def test_passage__a_429_makes_room_for_fewer() -> None:
    """After a 429 half as many are under way, over all agents, and more again after success."""
    clock = SteppingClock()
    traffic = SharedTraffic(clock, most=4)
    with traffic.passage("m", "a", life_s=300.0) as passage:
        passage.limited(7.0)
    limited = traffic.allowed("m")

    with traffic.passage("m", "a", life_s=300.0) as passage:
        passage.began({})
        passage.ended(Usage(input_tokens=1))

    assert (limited, traffic.allowed("m")) == (1, 2)
    assert clock.sleeps == [7.0]
    assert traffic.allowed("another model") == 4


def test_passage__waits_for_room() -> None:
    """Nobody enters above the limit; who leaves lets the next one in."""
    traffic = SharedTraffic(SteppingClock(), most=1)
    second_is_in = Event()

    def second() -> None:
        with traffic.passage("m", "b", life_s=300.0):
            second_is_in.set()

    with ThreadPoolExecutor(1) as pool:
        with traffic.passage("m", "a", life_s=300.0):
            waiting = pool.submit(second)
            was_in = second_is_in.is_set()
        waiting.result(timeout=LONG_S)

    assert not was_in
    assert second_is_in.is_set()
