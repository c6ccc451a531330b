"""How long to keep asking."""

from __future__ import annotations

import pytest

from orchestrator.forge.exchange import Answer, Failure, Pace, Patience, persist
from tests.doubles.clock import SteppingClock

LOST = Failure(status=None, message="reset")
BROKEN = Failure(status=502, message="Bad Gateway")
DENIED = Failure(status=403, message="Resource not accessible by integration")
SLOW_DOWN = Failure(status=429, message="slow down", retry_after_s=7)
DONE = Answer(body={"id": 1})


class Script:
    """Gives one prepared result after another, and counts."""

    def __init__(self, *results: Answer | Failure) -> None:
        self.results = list(results)
        self.asked = 0

    def __call__(self) -> Answer | Failure:
        self.asked += 1
        return self.results.pop(0)


def test_persist__takes_the_first_answer() -> None:
    """Nothing is repeated and nobody waits when all is well."""
    clock = SteppingClock()
    script = Script(DONE)

    assert persist(script, patience=Patience(), clock=clock) is DONE
    assert (script.asked, clock.sleeps) == (1, [])


def test_persist__repeats_with_growing_pauses() -> None:
    """A broken neighbour gets time to recover, more each time."""
    clock = SteppingClock()

    result = persist(Script(BROKEN, LOST, BROKEN, DONE), patience=Patience(), clock=clock)

    assert result is DONE
    assert clock.sleeps == [1.0, 2.0, 4.0]


def test_persist__gives_up() -> None:
    """After the last try the failure is handed on."""
    clock = SteppingClock()
    script = Script(BROKEN, BROKEN, LOST)

    result = persist(script, patience=Patience(tries=3), clock=clock)

    assert result is LOST
    assert clock.sleeps == [1.0, 2.0]


def test_persist__does_not_argue() -> None:
    """A clear no is not asked again."""
    script = Script(DENIED)

    assert persist(script, patience=Patience(), clock=SteppingClock()) is DENIED
    assert script.asked == 1


def test_persist__waits_as_long_as_asked() -> None:
    """`retry-after` is obeyed, for requests that create something as well."""
    clock = SteppingClock()

    result = persist(
        Script(SLOW_DOWN, DONE),
        patience=Patience(),
        clock=clock,
        look=lambda: None,
    )

    assert result is DONE
    assert clock.sleeps == [7]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Failure(status=429, message=""), [60.0]),
        (Failure(status=403, message="You have exceeded a secondary rate limit"), [60.0]),
        (Failure(status=403, message="API rate limit exceeded", retry_after_s=3000), []),
        (Failure(status=403, message="", is_exhausted=True), [60.0]),
        (Failure(status=403, message="", retry_after_s=20), [20]),
        (Failure(status=503, message="", retry_after_s=30), [30]),
        (Failure(status=503, message="", retry_after_s=3000), [90.0]),
    ],
)
def test_persist__caps_the_wait(failure: Failure, expected: list[float]) -> None:
    """A workflow waits a minute or so, never an hour."""
    clock = SteppingClock()

    persist(Script(failure, failure), patience=Patience(tries=2), clock=clock)

    assert clock.sleeps == expected


def test_persist__looks_before_it_creates_again() -> None:
    """A creation whose answer was lost is found instead of repeated."""
    script = Script(LOST)

    result = persist(
        script,
        patience=Patience(),
        clock=SteppingClock(),
        look=lambda: DONE,
    )

    assert result is DONE
    assert script.asked == 1


def test_persist__creates_again_what_is_not_there() -> None:
    """A creation that surely did not happen is repeated."""
    script = Script(BROKEN, DONE)

    result = persist(
        script,
        patience=Patience(),
        clock=SteppingClock(),
        look=lambda: None,
    )

    assert result is DONE
    assert script.asked == 2


def test_persist__looks_even_after_the_last_try() -> None:
    """Giving up does not hide that it worked after all."""
    result = persist(
        Script(LOST), patience=Patience(tries=1), clock=SteppingClock(), look=lambda: DONE
    )

    assert result is DONE


def test_pace__lets_bursts_pass_and_then_waits() -> None:
    """Writes stay below the limit of a minute; what is older no longer counts."""
    clock = SteppingClock()
    pace = Pace(clock=clock, writes_per_minute=2)

    pace.before_write()
    clock.advance(10)
    pace.before_write()
    pace.before_write()
    clock.advance(60)
    pace.before_write()

    assert clock.sleeps == [50.0]
