"""Agents that wait for each other, on real threads."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ModelError, ModelUnavailableError
from orchestrator.domain.usage import Usage
from orchestrator.llm.claude import Claude
from orchestrator.llm.governor import LONGEST_PAUSE_S
from orchestrator.llm.signin import ApiKey
from orchestrator.scheduling.traffic import SharedTraffic
from tests.doubles.clock import SteppingClock
from tests.doubles.http_server import Answer, ConnectionCut, LoopbackServer
from tests.doubles.identity import EVENTS, stream_answer
from tests.doubles.messages_api import API_KEY
from tests.unit.llm.builders import request

if TYPE_CHECKING:
    from collections.abc import Callable

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
        while traffic.waiting("m") < 2 and not entered:
            pass
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


def test_passage__who_waits_for_a_leader_is_in_nobodys_way() -> None:
    """A follower may not go yet; who comes behind it with another prefix goes all the same."""
    traffic = SharedTraffic(SteppingClock())

    def enter(prefix: str) -> None:
        with traffic.passage("m", prefix, life_s=300.0):
            pass

    with ThreadPoolExecutor(2) as pool:
        with traffic.passage("m", "brief", life_s=300.0):
            follower = pool.submit(enter, "brief")
            while traffic.waiting("m") == 0:
                pass
            pool.submit(enter, "other").result(timeout=LONG_S)
            has_followed = follower.done()
        follower.result(timeout=LONG_S)

    assert not has_followed


def test_passage__lets_nobody_through_who_shall_not_go_any_more() -> None:
    """A run that is stopped while requests wait for their turn sends none of them."""

    def refuse() -> None:
        raise ModelUnavailableError("Stopped.", hint="Again.")

    traffic = SharedTraffic(SteppingClock(), most=1, demand=refuse)

    with traffic.passage("m", "one", life_s=300.0):
        with pytest.raises(ModelUnavailableError, match="Stopped"):
            traffic.passage("m", "two", life_s=300.0).__enter__()
        assert traffic.waiting("m") == 0


def test_passage__a_leader_that_is_interrupted_lets_the_next_one_lead() -> None:
    """A first request that dies, in whatever way, does not stop the others."""
    traffic = SharedTraffic(SteppingClock())

    with (
        contextlib.suppress(KeyboardInterrupt),
        traffic.passage("m", "brief", life_s=300.0),
    ):
        raise KeyboardInterrupt
    with traffic.passage("m", "brief", life_s=300.0) as leader:
        leader.began({})

    assert traffic.waiting("m") == 0


def _cut() -> Answer:
    raise ConnectionCut


BAD_STARTS: dict[str, Callable[[], Answer]] = {
    "refused": lambda: Answer(status=400),
    "refused key": lambda: Answer(status=401),
    "limited for an hour": lambda: Answer(status=429, headers={"retry-after": "3600"}),
    "overloaded": lambda: Answer(status=529),
    "cut before an answer": _cut,
    "cut before message_start": lambda: stream_answer(()),
    "garbage": lambda: Answer(headers={"content-type": "text/event-stream"}, body=b"data: {\n\n"),
}


def _window(url: str, clock: SteppingClock, traffic: SharedTraffic) -> Claude:
    """Return the real window onto a server on loopback."""
    return Claude(
        sign_in=ApiKey(key=SecretStr(API_KEY)),
        clock=clock,
        jitter=lambda: 0.5,
        base_url=url,
        traffic=traffic,
    )


@pytest.mark.parametrize("name", BAD_STARTS)
def test_traffic__of_the_real_window_is_not_held_up_by_a_leader_that_fails(name: str) -> None:
    """However the first of four requests ends before its reply begins, the others get theirs."""
    clock, turns = SteppingClock(), count()
    traffic = SharedTraffic(clock)

    def answer(_: object) -> Answer:
        return BAD_STARTS[name]() if next(turns) == 0 else stream_answer(EVENTS)

    with (
        LoopbackServer(answer) as server,
        ThreadPoolExecutor(4) as pool,
        contextlib.closing(_window(server.url, clock, traffic)) as window,
    ):
        asked = [pool.submit(window.reply, request()) for _ in range(4)]
        errors = [each.exception(timeout=LONG_S) for each in asked]

    lost = [error for error in errors if error is not None]
    assert len(lost) == (1 if name.startswith(("refused", "limited")) else 0)
    assert all(isinstance(error, ModelError) for error in lost)
    assert sum(clock.sleeps) < LONG_S


def test_traffic__of_the_real_window_hears_what_a_429_says_of_the_allowance() -> None:
    """Half a minute until the next of two requests in a minute: six seconds are not enough."""
    clock, turns = SteppingClock(), count()
    said = {
        "retry-after": "6",
        "anthropic-ratelimit-requests-limit": "2",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": (
            datetime.now(UTC) + timedelta(minutes=1)
        ).isoformat(),
    }

    def answer(_: object) -> Answer:
        is_first = next(turns) == 0
        return Answer(status=429, headers=said) if is_first else stream_answer(EVENTS)

    with (
        LoopbackServer(answer) as server,
        contextlib.closing(_window(server.url, clock, SharedTraffic(clock))) as window,
    ):
        assert window.reply(request()).attempts == 2

    assert sum(clock.sleeps) == pytest.approx(30.0, abs=2.0)


def test_passage__a_429_makes_room_for_fewer() -> None:
    """After a 429 half as many are under way, over all agents, and more again after success."""
    clock = SteppingClock()
    traffic = SharedTraffic(clock, most=4)
    with traffic.passage("m", "a", life_s=300.0) as passage:
        passage.limited(7.0, {})
    limited = traffic.allowed("m")

    with traffic.passage("m", "a", life_s=300.0) as passage:
        passage.began({})
        passage.ended(Usage(input_tokens=1))

    assert (limited, traffic.allowed("m")) == (1, 2)
    assert clock.sleeps == [7.0]
    assert traffic.allowed("another model") == 4


def test_passage__a_429_for_an_hour_holds_nobody_up() -> None:
    """Where one agent is told to come back in an hour, the others are not put to sleep for it."""
    clock = SteppingClock()
    traffic = SharedTraffic(clock)
    with traffic.passage("m", "a", life_s=300.0) as passage:
        passage.limited(3_600.0, {})

    with traffic.passage("m", "b", life_s=300.0):
        pass

    assert clock.sleeps == []


def test_passage__an_allowance_that_stays_used_up_holds_for_minutes_only() -> None:
    """However far away the refill is said to be, the request goes out and hears it himself."""
    clock = SteppingClock()
    traffic = SharedTraffic(clock)
    day = "Wed, 25 Nov 2026 10:00:00 GMT"
    gone = {
        "anthropic-ratelimit-requests-limit": "1",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-26T10:00:00Z",
        "date": day,
    }
    with traffic.passage("m", "a", life_s=300.0) as passage:
        passage.began(gone)

    with traffic.passage("m", "a", life_s=300.0):
        pass

    assert sum(clock.sleeps) == LONGEST_PAUSE_S


def test_passage__counts_an_entrys_life_from_its_request() -> None:
    """The service counts from when a request was sent, however late its reply began."""
    clock = SteppingClock()
    traffic = SharedTraffic(clock)

    def enter() -> None:
        with traffic.passage("m", "brief", life_s=300.0):
            pass

    with traffic.passage("m", "brief", life_s=300.0) as first:
        clock.advance(290.0)
        first.began({})
    with ThreadPoolExecutor(1) as pool:
        with traffic.passage("m", "brief", life_s=300.0) as second:
            third = pool.submit(enter)
            while traffic.waiting("m") == 0 and not third.done():
                pass
            has_followed = third.done()
            second.began({})
        third.result(timeout=LONG_S)

    assert not has_followed


def test_passage__is_first_come_first_served() -> None:
    """Of many that wait for room, nobody is passed by one who came later."""
    traffic = SharedTraffic(SteppingClock(), most=1)
    order: list[int] = []

    def enter(number: int) -> None:
        with traffic.passage("m", str(number), life_s=300.0):
            order.append(number)

    with ThreadPoolExecutor(8) as pool:
        with traffic.passage("m", "first", life_s=300.0):
            waiting = []
            for number in range(8):
                waiting.append(pool.submit(enter, number))
                while traffic.waiting("m") <= number:
                    pass
        for each in waiting:
            each.result(timeout=LONG_S)

    assert order == list(range(8))


def test_traffic__of_the_real_window_follows_the_service() -> None:
    """A 429 halves for all, a good reply gives room back, and scarce headers hold the next one."""
    clock, line, turns = SteppingClock(), "claude-opus-5-5", count()
    traffic = SharedTraffic(clock, most=4)
    allowed: list[int] = []

    def answer(_: object) -> Answer:
        allowed.append(traffic.allowed(line))
        if next(turns) == 0:
            return Answer(status=429, headers={"retry-after": "7"})
        full_at = datetime.now(UTC) + timedelta(seconds=40)
        scarce = {
            "anthropic-ratelimit-requests-limit": "2",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": full_at.isoformat(timespec="seconds"),
        }
        return replace(stream_answer(EVENTS), headers=scarce)

    with (
        LoopbackServer(answer) as server,
        contextlib.closing(_window(server.url, clock, traffic)) as window,
    ):
        window.reply(request())
        window.reply(request())

    assert allowed == [4, 1, 2]
    told, refill = clock.sleeps
    assert told == 7.0
    # One of two is there again after half of the 40 seconds, by the service's own clock.
    assert 10.0 < refill <= 21.0


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
