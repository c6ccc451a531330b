"""What the rest of a plan will cost, as a range, from a stated prior or from measured runs.

The prior is a model of a conversation, not a measurement: a prefix that all agents share, and
every turn adds as much as agents' turns usually do. Runs of the repository put it right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from orchestrator.domain.plan import Complexity, StageName
from orchestrator.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.plan import Plan, Task

Price: TypeAlias = Callable[[str, Complexity, Usage], Decimal]
"""(agent, complexity of the plan, tokens of one request) → USD."""

_PREFIX_TOKENS: Final = 12_000
"""Tools, rules and brief; facts of coding agents, as is the growth for each turn."""
_TURN_TOKENS: Final = 3_100
_ANSWER_TOKENS: Final = 700
_WORK_TURNS: Final[Mapping[Complexity, tuple[int, int]]] = {
    Complexity.SIMPLE: (6, 25),
    Complexity.MEDIUM: (10, 40),
    Complexity.COMPLEX: (15, 60),
}
_REVIEW_TURNS: Final = (2, 12)
_WORKING: Final = frozenset({StageName.IMPLEMENTATION, StageName.TESTING})
_STRANGE: Final = Decimal(1000)
"""A run that cost so many times more or less than the prior is a forged or broken record."""
REVIEWER: Final = "code-reviewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run of this repository that ended with its work done."""

    plan: Plan
    usd: Decimal
    """What everything after the plan cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """USD from `low` to `high`; `runs` tells how many measured runs it rests on."""

    low: Decimal
    high: Decimal
    runs: int


def estimate(
    plan: Plan, todo: Sequence[Task], *, lenses: int, price: Price, past: Sequence[PastRun] = ()
) -> Estimate:
    """Return what the tasks that are left will cost, reviews and one repair included.

    Args:
        plan: For its complexity.
        todo: Its tasks that are not done.
        lenses: How many review passes the whole change gets.
        price: Of one request.
        past: Measured runs; with few of them the range stays wide. Whoever may push can write
            such a record, so what cannot be true is left out.
    """
    low, high = _prior(plan, todo, lenses=lenses, price=price)
    found = (
        run.usd / _middle(_prior(run.plan, run.plan.tasks, lenses=lenses, price=price))
        for run in past
    )
    ratios = sorted(ratio for ratio in found if 1 / _STRANGE <= ratio <= _STRANGE)
    if not ratios:
        return Estimate(low=low, high=high, runs=0)
    slack, middle = 1 + Decimal(1) / len(ratios), _middle((low, high))
    return Estimate(
        low=middle * ratios[0] / slack, high=middle * ratios[-1] * slack, runs=len(ratios)
    )


def _prior(
    plan: Plan, todo: Sequence[Task], *, lenses: int, price: Price
) -> tuple[Decimal, Decimal]:
    """Return the least that such work takes, and what it takes with one repair."""

    def talk(agent: str, turns: int) -> Decimal:
        costs = (price(agent, plan.complexity, usage) for usage in _conversation(turns))
        return sum(costs, Decimal(0))

    few, many = _WORK_TURNS[plan.complexity]
    working = [task.agent for task in todo if task.stage in _WORKING]
    low = sum((talk(agent, few) for agent in working), Decimal(0))
    high = sum((talk(agent, many) for agent in (*working, *working[:1])), Decimal(0))
    if any(task.stage is StageName.REVIEW for task in todo):
        least, most = (lenses * talk(REVIEWER, turns) for turns in _REVIEW_TURNS)
        low, high = low + least, high + 2 * most
    return low, high


def _conversation(turns: int) -> Iterator[Usage]:
    """Yield the tokens of each request of a conversation whose past is cached."""
    known = 0
    for turn in range(1, turns + 1):
        prompt = _PREFIX_TOKENS + turn * _TURN_TOKENS
        yield Usage(
            cache_read_tokens=known,
            cache_write_5m_tokens=prompt - known,
            output_tokens=_ANSWER_TOKENS,
        )
        known = prompt


def _middle(bounds: tuple[Decimal, Decimal]) -> Decimal:
    return max(sum(bounds, Decimal(0)) / 2, Decimal("0.0001"))
