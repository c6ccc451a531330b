"""What a plan will cost, said before its first task, and whether that can be paid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.event import CostEstimated, Noted, TaskStatus
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome
from orchestrator.metrics.estimate import estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.plan import Plan
    from orchestrator.metrics.estimate import PastRun, Price
    from orchestrator.stages.context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What an estimate needs to know of this run."""

    price: Price
    past: Callable[[], tuple[PastRun, ...]]
    spent: Callable[[], Decimal]
    """USD of this run so far."""
    under_way: Callable[[], Decimal]
    """USD that requests whose answer is still to come may cost."""
    kept_usd: Decimal
    """Part of the limit that agents cannot use."""


def note_requests_under_way(context: RunContext) -> None:
    """Put on record what requests may cost whose answer a run that ends will not see."""
    usd = context.pricing.under_way()
    if usd:
        text = (
            "Requests to the model were under way when the run ended: they may cost about"
            f" {usd:.2f} USD more than is shown."
        )
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text))


def price_plan(context: RunContext, plan: Plan) -> Outcome | None:
    """Put on record what the rest of the plan will cost.

    Returns:
        How the run ends, when not even the least of it can be paid.
    """
    pricing, tasks = context.pricing, context.journal.record.tasks
    done = {number for number, each in tasks.items() if each.status is TaskStatus.DONE}
    found = estimate(
        plan,
        [task for task in plan.tasks if task.id not in done],
        lenses=len(context.review.order),
        price=pricing.price,
        past=pricing.past(),
    )
    event = CostEstimated(
        low_usd=_rounded(found.low),
        high_usd=_rounded(found.high),
        spent_usd=pricing.spent(),
        limit_usd=context.limits.usd,
        runs=found.runs,
    )
    context.journal.write(event)
    left = context.limits.usd - pricing.kept_usd - event.spent_usd
    return _too_dear(context, event, left) if found.low > left else None


def _rounded(usd: Decimal) -> Decimal:
    """Keep two digits that count: an estimate is not known to the cent."""
    places = min(2, max(0, 1 - usd.adjusted())) if usd else 2
    return usd.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _too_dear(context: RunContext, event: CostEstimated, left: Decimal) -> Outcome:
    is_anew, is_begun = bool(context.journal.record.revisions), not context.branch.is_empty
    enough = (event.spent_usd + event.high_usd).to_integral_value(rounding="ROUND_CEILING") + 1
    return Outcome(
        conclusion=Conclusion.BUDGET_EXHAUSTED,
        failure_class=FailureClass.BUDGET_EXHAUSTED,
        summary=f"The {'new plan' if is_anew else 'plan'} is ready, but even the least it may cost "
        f"is more than the {left:.2f} USD that are left: {event.in_words}. "
        f"{'Nothing more' if is_begun else 'Nothing'} was implemented.",
        hint=f"Raise `limits.usd` or the input `max-cost-usd` to {enough} for room enough, choose "
        "cheaper models, or split the issue.",
    )
