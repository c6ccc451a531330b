"""What pre-flight looks at, and what one look comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.event import LookVerdict

if TYPE_CHECKING:
    from decimal import Decimal

    from orchestrator.config.limits import LimitSettings
    from orchestrator.config.run_rules import PreflightSettings
    from orchestrator.domain.issue import Actor, Issue, TriggerKind
    from orchestrator.domain.outcome import Outcome
    from orchestrator.forge.forge import ForgeReader, ForgeSurvey
    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.repository import Base
    from orchestrator.stages.upstream import Upstream
    from orchestrator.telemetry.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """What not even the smallest run can stay below."""

    usd: Decimal
    agents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything around the run that can be looked at without a command of the project."""

    issue: Issue
    requester: Actor
    trigger: TriggerKind
    phrase: str
    """The first word of a comment that starts a run."""
    branch: str
    """Where the run would push."""
    is_published: bool
    """Whether the run would push at all."""
    base: Base
    git: Git
    settings: PreflightSettings
    limits: LimitSettings
    least: Least
    forge: ForgeReader
    survey: ForgeSurvey
    upstream: Upstream
    journal: Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look came to."""

    verdict: LookVerdict
    text: str
    hint: str = ""
    stop: Outcome | None = None
    """How the run ends, when it may not go on."""


def passed(text: str) -> Sight:
    """Nothing is in the way."""
    return Sight(verdict=LookVerdict.PASSED, text=text)


def skipped(text: str) -> Sight:
    """Nobody looked; the text says why."""
    return Sight(verdict=LookVerdict.SKIPPED, text=text)


def warned(text: str, hint: str) -> Sight:
    """The run goes on, and people should know."""
    return Sight(verdict=LookVerdict.WARNING, text=text, hint=hint)


def stopped(outcome: Outcome) -> Sight:
    """The run ends here, before it costs anything."""
    return Sight(verdict=LookVerdict.STOPPED, text=outcome.summary, hint=outcome.hint, stop=outcome)
