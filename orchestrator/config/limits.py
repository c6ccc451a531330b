"""How much a run may cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import Field, StrictInt

from orchestrator.config.schema import Schema, Usd

Tokens: TypeAlias = Annotated[StrictInt, Field(ge=1_000, le=1_000_000_000)]
Minutes: TypeAlias = Annotated[StrictInt, Field(ge=1, le=4_320)]
Agents: TypeAlias = Annotated[StrictInt, Field(ge=1, le=500)]
RunTurns: TypeAlias = Annotated[StrictInt, Field(ge=1, le=20_000)]
Turns: TypeAlias = Annotated[StrictInt, Field(ge=1, le=500)]


class LimitedStage(StrEnum):
    """The stages in which agents work."""

    ANALYSIS = "analysis"
    PLANNING = "planning"
    IMPLEMENTATION = "implementation"
    TESTING = "testing"
    REVIEW = "review"


class StageLimits(Schema):
    """What one stage may use; what is unset is limited by the run alone."""

    usd: Usd | None = Field(default=None, description="US dollars.")
    tokens: Tokens | None = Field(default=None, description="Tokens of every kind.")
    minutes: Minutes | None = Field(default=None, description="Minutes from its first agent on.")
    turns: RunTurns | None = Field(default=None, description="Replies of the model.")
    agents: Agents | None = Field(default=None, description="Agents started in it.")


class TaskLimits(Schema):
    """What one task may use, all its attempts and delegated questions together."""

    usd: Usd = Field(default=Decimal(5), description="US dollars.")
    tokens: Tokens | None = Field(default=None, description="Tokens of every kind.")
    minutes: Minutes | None = Field(default=None, description="Minutes from its first agent on.")
    turns: RunTurns = Field(default=240, description="Replies of the model.")
    agents: Agents | None = Field(default=None, description="Agents started for it.")


class AgentLimits(Schema):
    """What one agent may use in all its conversations; a second attempt is another agent."""

    usd: Usd | None = Field(default=None, description="US dollars.")
    tokens: Tokens | None = Field(default=None, description="Tokens of every kind.")
    minutes: Minutes | None = Field(default=None, description="Minutes.")
    turns: Turns = Field(default=80, description="Replies of the model.")


class LimitSettings(Schema):
    """What a run may use; checked before each request, with a reserve to wrap up."""

    usd: Usd = Field(default=Decimal(20), description="US dollars for the whole run.")
    tokens: Annotated[StrictInt, Field(ge=10_000, le=1_000_000_000)] = Field(
        default=60_000_000, description="Tokens of every kind, for the whole run."
    )
    minutes: Minutes = Field(default=60, description="Minutes for the whole run.")
    turns: RunTurns | None = Field(
        default=None, description="Replies of the model, for the whole run."
    )
    agents: Agents = Field(
        default=60, description="Agents started in the whole run, delegated questions included."
    )
    parallel: Annotated[StrictInt, Field(ge=1, le=4)] = Field(
        default=3, description="Tasks that may run at the same time."
    )
    stage: Mapping[LimitedStage, StageLimits] = Field(
        default={}, description="What a stage may use, by its name."
    )
    task: TaskLimits = Field(default=TaskLimits(), description="What one task may use.")
    agent: AgentLimits = Field(default=AgentLimits(), description="What one agent may use.")
