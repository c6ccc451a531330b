"""Trying again: how often, how long, and what it adds up to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import (
    MalformedReplyError,
    ModelError,
    ModelRejectedError,
    ModelUnavailableError,
)
from orchestrator.domain.usage import Spend, Usage
from orchestrator.llm.failure import Failure, FailureKind, as_error
from orchestrator.llm.retry import Answer, Attempt, RetryPolicy, persist
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from collections.abc import Iterator

COST = Spend(usage=Usage(input_tokens=10), usd=Decimal("0.1"))
BUSY = Failure(kind=FailureKind.BUSY, what="status 529")
CUT = Failure(kind=FailureKind.BROKEN, what="cut")


def tried(
    *results: str | Failure,
    clock: SteppingClock | None = None,
    policy: RetryPolicy | None = None,
    jitter: float = 1.0,
) -> Answer[str]:
    """Persist through these results, each of which costs the same."""
    left: Iterator[str | Failure] = iter(results)
    return persist(
        lambda: Attempt(result=next(left), spend=COST),
        model="opus",
        clock=clock or SteppingClock(),
        jitter=lambda: jitter,
        policy=policy or RetryPolicy(),
    )


def test_persist__adds_up_every_attempt() -> None:
    """Three attempts cost three times, whatever came of them."""
    answer = tried(BUSY, BUSY, "reply")

    assert answer.result == "reply"
    assert answer.attempts == 3
    assert answer.spend == COST + COST + COST


def test_persist__waits_longer_each_time_up_to_a_minute() -> None:
    """The ceiling of the wait doubles from one second and stops at the longest."""
    clock = SteppingClock()

    tried(*[BUSY] * 9, "reply", clock=clock, policy=RetryPolicy(attempts=10))

    assert clock.sleeps == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize(("retry_after_s", "waits"), [(120.0, [120.0]), (121.0, [])])
def test_persist__is_not_put_to_sleep(retry_after_s: float, waits: list[float]) -> None:
    """A wait of two minutes is waited; a longer one ends the call, however early it comes."""
    clock = SteppingClock()
    later = Failure(kind=FailureKind.BUSY, what="status 429", retry_after_s=retry_after_s)

    if waits:
        tried(later, "reply", clock=clock)
    else:
        with pytest.raises(ModelUnavailableError, match="1 attempt"):
            tried(later, "reply", clock=clock)

    assert clock.sleeps == waits


def test_persist__does_not_use_up_its_attempts_at_once() -> None:
    """A busy service that says "in 0 seconds" gets the time that one gets which says nothing."""
    clock = SteppingClock()
    at_once = Failure(kind=FailureKind.BUSY, what="status 429", retry_after_s=0.0)

    tried(at_once, at_once, at_once, "reply", clock=clock)

    assert clock.sleeps == [1, 2, 4]


def test_persist__spreads_waits_over_the_whole_span() -> None:
    """Full jitter: a wait may be nothing at all, so that a crowd does not come back together."""
    clock = SteppingClock()

    tried(BUSY, "reply", clock=clock, jitter=0.0)

    assert clock.sleeps == [0.0]


def test_persist__begins_no_attempt_after_the_total_time() -> None:
    """A wait that would end beyond the total is not begun, with the cost so far on the error."""
    clock = SteppingClock()
    policy = RetryPolicy(attempts=99, total_s=100)
    later = Failure(kind=FailureKind.BUSY, what="status 429", retry_after_s=45)

    with pytest.raises(ModelUnavailableError, match="3 attempts") as caught:
        tried(*[later] * 9, clock=clock, policy=policy)

    assert clock.sleeps == [45, 45]
    assert caught.value.spend == COST + COST + COST


def test_persist__keeps_the_cause() -> None:
    """The library's own exception stays reachable for a developer."""
    cause = OSError("no route")
    final = Failure(kind=FailureKind.KEY, what="status 401", cause=cause)

    with pytest.raises(ModelError) as caught:
        tried(final)

    assert caught.value.__cause__ is cause


@given(st.integers(1, 50), st.floats(0, 1))
def test_delay__stays_in_its_bounds(failed: int, jitter: float) -> None:
    """However often it failed, no wait of our own is longer than a minute or negative."""
    assert 0 <= RetryPolicy().delay_s(failed, jitter) <= 60


@pytest.mark.parametrize("kind", FailureKind)
def test_error__says_what_happened_to_what_and_what_to_do(kind: FailureKind) -> None:
    """Every kind of failure has its words and its advice."""
    failure = Failure(kind=kind, what="status 418, teapot")

    error = as_error(failure, model="claude-opus-5-5", attempts=1)

    assert "'claude-opus-5-5'" in str(error)
    assert "status 418, teapot." in str(error)
    assert len(error.hint) > 40
    may_pass = isinstance(error, ModelUnavailableError | MalformedReplyError)
    assert may_pass is kind.may_pass


def test_persist__tries_a_long_reply_again_too() -> None:
    """A reply that broke off after half an hour is not too old for another attempt."""
    clock = SteppingClock()
    left: Iterator[str | Failure] = iter((CUT, "reply"))

    def attempt() -> Attempt[str]:
        clock.advance(1_800)
        return Attempt(result=next(left), spend=COST)

    answer = persist(
        attempt, model="opus", clock=clock, jitter=lambda: 1.0, policy=RetryPolicy(attempts=3)
    )

    assert (answer.result, answer.attempts) == ("reply", 2)


def test_persist__forgets_no_cost_when_an_attempt_is_refused() -> None:
    """What earlier attempts cost is told, also when a later one finds nobody to sign in as."""
    results: Iterator[str | Failure] = iter((CUT,))

    def attempt() -> Attempt[str]:
        for result in results:
            return Attempt(result=result, spend=COST)
        raise ModelRejectedError("No token.", hint="Sign in.", spend=COST)

    with pytest.raises(ModelRejectedError, match="No token") as caught:
        persist(
            attempt,
            model="opus",
            clock=SteppingClock(),
            jitter=lambda: 1.0,
            policy=RetryPolicy(),
        )

    assert caught.value.spend == COST + COST
    assert caught.value.attempts == 2


def test_persist__says_how_often_it_tried() -> None:
    """The journal of a failure counts its attempts like that of a success."""
    with pytest.raises(ModelUnavailableError) as caught:
        tried(*[BUSY] * 6)

    assert caught.value.attempts == 6


def test_persist__asks_whether_another_attempt_may_be_made() -> None:
    """Who pays is told what was spent, and ends it."""
    told: list[tuple[Spend, float]] = []

    def may_repeat(spent: Spend, in_s: float) -> bool:
        told.append((spent, in_s))
        return len(told) < 3

    with pytest.raises(ModelUnavailableError, match="3 attempts"):
        persist(
            lambda: Attempt(result=BUSY, spend=COST),
            model="opus",
            clock=SteppingClock(),
            jitter=lambda: 1.0,
            policy=RetryPolicy(),
            may_repeat=may_repeat,
        )

    assert told == [(COST, 1.0), (COST + COST, 2.0), (COST + COST + COST, 4.0)]
