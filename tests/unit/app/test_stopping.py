"""What a run that is stopped does not do any more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestrator.app.stopping import StoppableClock, StoppableModel
from orchestrator.domain.errors import ModelUnavailableError
from orchestrator.domain.usage import Spend, Usage
from orchestrator.llm.failure import Failure, FailureKind
from orchestrator.llm.retry import Attempt, RetryPolicy, persist
from orchestrator.llm.scripted import ScriptedModel
from orchestrator.scheduling.workers import CancelToken
from tests.doubles.clock import SteppingClock
from tests.unit.llm.builders import request, scenario

COST = Spend(usage=Usage(input_tokens=10), usd=Decimal("0.1"))


def test_model__is_asked_until_the_run_stops() -> None:
    """Nothing is sent for a run that nobody waits for."""
    cancel = CancelToken()
    model = StoppableModel(ScriptedModel(scenario({"text": "one"}, {"text": "two"})), cancel)

    assert model.reply(request()).text == "one"
    cancel.cancel()
    with pytest.raises(ModelUnavailableError, match="being stopped"):
        model.reply(request())


def test_clock__tells_the_time_and_waits_until_the_run_stops() -> None:
    """Who waits to ask again is woken by the end of the run, and asks no more."""
    cancel, clock = CancelToken(), SteppingClock(step_s=1.0)
    stoppable = StoppableClock(clock, cancel)

    stoppable.sleep(0.0)
    assert (stoppable.monotonic(), stoppable.now_iso()) == (1.0, clock.now_iso())
    cancel.cancel()
    with pytest.raises(ModelUnavailableError, match="being stopped"):
        stoppable.sleep(600.0)


def test_clock__lets_no_cost_be_forgotten() -> None:
    """The attempt before the wait that was broken off is on the bill."""
    cancel = CancelToken()

    def attempt() -> Attempt[str]:
        cancel.cancel()
        return Attempt(result=Failure(kind=FailureKind.BROKEN, what="cut"), spend=COST)

    with pytest.raises(ModelUnavailableError, match="being stopped") as caught:
        persist(
            attempt,
            model="opus",
            clock=StoppableClock(SteppingClock(), cancel),
            jitter=lambda: 1.0,
            policy=RetryPolicy(),
        )

    assert caught.value.spend == COST
