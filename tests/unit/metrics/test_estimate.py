"""A price before the work: a range, what it rests on, and nothing more exact than that."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.plan import Complexity, StageName
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.metrics.estimate import Estimate, PastRun, estimate
from tests.unit.scheduling.plans import plan, task

if TYPE_CHECKING:
    from orchestrator.domain.plan import Plan
    from orchestrator.domain.usage import Usage

TESTS = task(2, 1, stage=StageName.TESTING)
REVIEW = task(3, 2, stage=StageName.REVIEW)
SHORT = plan(task(1), TESTS, REVIEW, complexity=Complexity.SIMPLE)


def _price(agent: str, complexity: Complexity, usage: Usage) -> Decimal:
    return LIST_PRICES.spend(usage, model="claude-opus-5-5").usd


def _estimate(whole: Plan, *past: PastRun, lenses: int = 4, done: tuple[int, ...] = ()) -> Estimate:
    todo = [each for each in whole.tasks if each.id not in done]
    return estimate(whole, todo, lenses=lenses, price=_price, past=past)


def test_estimate__without_a_past_is_the_prior() -> None:
    """A small issue costs from about one dollar to several, and rests on no run."""
    found = _estimate(SHORT)

    assert found.runs == 0
    assert Decimal("0.5") < found.low < Decimal(2) < found.high < Decimal(12)


def test_estimate__grows_with_what_is_to_be_done() -> None:
    """More tasks, more lenses and more complex work cost more; what is done costs nothing."""
    usual = _estimate(SHORT)

    assert _estimate(SHORT, lenses=1).high < usual.high
    assert _estimate(SHORT, done=(1,)).low < usual.low
    assert _estimate(SHORT, done=(1, 2, 3)) == Estimate(low=Decimal(0), high=Decimal(0), runs=0)
    harder = SHORT.model_copy(update={"complexity": Complexity.COMPLEX})
    assert _estimate(harder).low > usual.low


def test_estimate__is_put_right_by_measured_runs() -> None:
    """Runs that cost a tenth of the prior bring the estimate down; few of them leave it wide."""
    prior = _estimate(SHORT)
    tenth = PastRun(plan=SHORT, usd=(prior.low + prior.high) / 20)

    one, five = _estimate(SHORT, tenth), _estimate(SHORT, *[tenth] * 5)

    assert (one.runs, five.runs) == (1, 5)
    assert one.low < five.low < tenth.usd < five.high < one.high < prior.high
    assert one.high / one.low == 4


@pytest.mark.parametrize("usd", ["-1", "0", "1e-9", "1e30"])
def test_estimate__leaves_out_what_cannot_be_true(usd: str) -> None:
    """A forged record of an earlier run neither makes work free nor forbids it."""
    forged = PastRun(plan=SHORT, usd=Decimal(usd))

    assert _estimate(SHORT, forged) == _estimate(SHORT)


def test_estimate__spans_what_was_seen() -> None:
    """Runs that differ are not averaged away."""
    usd = _estimate(SHORT).low
    runs = [PastRun(plan=SHORT, usd=usd), PastRun(plan=SHORT, usd=3 * usd)]

    found = _estimate(SHORT, *runs)

    assert found.low < usd
    assert found.high > 3 * usd
