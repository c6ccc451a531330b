"""What finished work can lose when something that it rests on changes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from orchestrator.domain.frozen import Frozen
from orchestrator.domain.usage import Usage


class Lost(StrEnum):
    """A part of finished work that counts no longer, and with it what rests on it."""

    CHECKS = "checks"
    """What the project's commands said; nothing that was paid for."""
    REVIEWS = "reviews"
    """The verdicts on the whole change."""
    PLAN = "plan"
    """The plan with all its tasks; the requirements stay."""
    ALL = "all"


class LostSpend(Frozen):
    """What an agent has spent in a stage, with a model, on work of which nothing stays."""

    agent: str
    stage: str
    model: str
    usage: Usage
    usd: Decimal
    replies: int
