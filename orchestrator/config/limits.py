"""How much a run may cost, and the smaller rules of a run."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.config.schema import Schema, Usd
from orchestrator.domain.review import Lens, Severity

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
    """What one agent may use in one conversation; a task's second attempt is another agent."""

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


def _each_once(order: tuple[Lens, ...]) -> tuple[Lens, ...]:
    if Lens.TASK in order:
        raise PydanticCustomError(
            "lenses",
            "lists 'task', which every task gets anyway; "
            "allowed: security, performance, architecture, style",
        )
    if not order:
        raise PydanticCustomError("lenses", "lists no pass")
    if len(set(order)) != len(order):
        raise PydanticCustomError("lenses", "lists a pass twice")
    return order


class ReviewSettings(Schema):
    """Review of the whole change, pass after pass."""

    order: Annotated[tuple[Lens, ...], AfterValidator(_each_once)] = Field(
        default=(Lens.SECURITY, Lens.PERFORMANCE, Lens.ARCHITECTURE, Lens.STYLE),
        description="The passes, in the order they run.",
        json_schema_extra={"minItems": 1},
    )
    blocking: Severity = Field(
        default=Severity.BLOCKING,
        description="The lightest finding that has to be fixed; advisory: every one.",
    )
    rounds: Annotated[StrictInt, Field(ge=0, le=2)] = Field(
        default=2, description="Fix rounds for each pass; more of them make code worse."
    )


class PreflightSettings(Schema):
    """What is looked at before money is spent."""

    baseline: StrictBool = Field(
        default=True, description="Run the project's commands on the base commit first."
    )
    duplicates: StrictBool = Field(
        default=True,
        description="Stop when a writer's open pull request, or a merged change, closes the issue.",
    )
    questions: Annotated[StrictInt, Field(ge=0, le=3)] = Field(
        default=3,
        description="Questions asked at most when the issue is unclear; 0: go by the defaults.",
    )
    label: Annotated[str, StringConstraints(pattern=r"^[^\r\n\t,]{0,50}$")] = Field(
        default="needs-info",
        description="Label of an issue whose questions wait for an answer; empty: none.",
    )


class MemorySettings(Schema):
    """What is remembered from earlier work."""

    issues: Annotated[StrictInt, Field(ge=0, le=10)] = Field(
        default=3, description="Latest merged issues whose summary the orchestrator is given."
    )


class SandboxBackend(StrEnum):
    """Where agents' commands run; there is no value that takes the walls away."""

    AUTO = "auto"
    SIBLING = "sibling"
    LOCAL = "local"
    BUBBLEWRAP = "bubblewrap"


class SandboxSettings(Schema):
    """The walls around agents' commands."""

    backend: SandboxBackend = Field(
        default=SandboxBackend.AUTO,
        description="auto: a sibling container, else a confined process, else no commands.",
    )
    require_landlock: StrictBool = Field(
        default=False, description="Run no command on a kernel without Landlock."
    )


class NetworkPolicy(StrEnum):
    """What agents' commands may reach."""

    NONE = "none"


class MergeSettings(Schema):
    """Who merges."""

    automatic: Annotated[StrictBool, AfterValidator(lambda wanted: _by_people(wanted=wanted))] = (
        Field(default=False, description="Only false for now: merging stays with people.")
    )


def _by_people(*, wanted: bool) -> bool:
    if wanted:
        raise PydanticCustomError(
            "merge", "is not available yet: merging stays with people; allowed: false"
        )
    return wanted
