"""Limits that no run could keep: said at once, and not after the money is gone."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.stages.preflight.scene import passed, stopped

if TYPE_CHECKING:
    from orchestrator.stages.preflight.scene import Scene, Sight

_CENT = Decimal("0.01")


def limits(scene: Scene) -> Sight:
    """Stop when not even the smallest run could stay below a limit."""
    least, given = scene.least, scene.limits
    floor = least.usd.quantize(_CENT, rounding="ROUND_UP")
    if given.usd < least.usd:
        return stopped(
            _too_low(
                f"{given.usd} USD are less than the {floor} USD that the smallest run costs with "
                "these models.",
                f"Raise `limits.usd` or the input `max-cost-usd` well above {floor}, or choose "
                "cheaper models.",
            )
        )
    if given.agents < least.agents:
        return stopped(
            _too_low(
                f"{given.agents} agents are too few: these stages start {least.agents} at least.",
                f"Raise `limits.agents` to {least.agents} or more, or leave stages or review "
                "passes out.",
            )
        )
    return passed(
        f"{given.usd} USD, {given.minutes} minutes, {given.agents} agents; the smallest run needs "
        f"{floor} USD and {least.agents} agents."
    )


def _too_low(what: str, hint: str) -> Outcome:
    return Outcome(
        conclusion=Conclusion.BUDGET_EXHAUSTED,
        failure_class=FailureClass.BUDGET_EXHAUSTED,
        summary=f"{what} Nothing was spent.",
        hint=hint,
    )
