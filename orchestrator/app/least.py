"""What not even the smallest run can stay below, from the prices of the models it would ask."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.config.models import ModelGroup
from orchestrator.domain.plan import StageName
from orchestrator.domain.usage import Usage
from orchestrator.stages.preflight.scene import Least

if TYPE_CHECKING:
    from orchestrator.config.settings import Settings
    from orchestrator.llm.pricing import PriceList

_PROMPT_TOKENS = 3000
"""Rules, tools and task; a brief comes on top. Measured: no role is told less."""
_ANSWER_TOKENS = 300


def least(settings: Settings, prices: PriceList) -> Least:
    """Return the floor: one short answer for each agent that the stages start at least.

    Everything is read from the cache here and nobody thinks aloud, so that no run that could
    end well is ever refused.
    """
    groups = [ModelGroup.PLAN]
    for stage in settings.workflow.stages:
        groups += {
            StageName.ANALYSIS: [ModelGroup.SEARCH],
            StageName.IMPLEMENTATION: [ModelGroup.IMPLEMENT],
            StageName.TESTING: [ModelGroup.IMPLEMENT],
            StageName.REVIEW: [ModelGroup.REVIEW] * len(settings.review.order),
        }[stage.name]
    usage = Usage(cache_read_tokens=_PROMPT_TOKENS, output_tokens=_ANSWER_TOKENS)
    spends = (prices.spend(usage, model=settings.models.of_group(group).model) for group in groups)
    return Least(usd=sum((spend.usd for spend in spends), Decimal(0)), agents=len(groups))
