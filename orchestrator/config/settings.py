"""The whole configuration of a run."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.config.agents import AgentCapabilities, AgentSettings, OrchestratorSettings
from orchestrator.config.limits import LimitSettings
from orchestrator.config.models import ModelSettings
from orchestrator.config.project import ProjectSettings
from orchestrator.config.run_rules import (
    MemorySettings,
    MergeSettings,
    PreflightSettings,
    ReviewSettings,
)
from orchestrator.config.sandbox import NetworkPolicy, SandboxSettings
from orchestrator.config.schema import AgentName, Schema
from orchestrator.config.workflow import ConstraintSettings, WorkflowSettings

if TYPE_CHECKING:
    from orchestrator.domain.json import Json


class Mode(StrEnum):
    """Marks a CLAUDE.md as configuration."""

    ORCHESTRATOR = "orchestrator"


def _version(value: Json) -> Json:
    """Read `2`, `2.0` and `"2.0"` alike."""
    return "2.0" if value in (2, "2") else value


def _known_policy(value: Json) -> Json:
    if value == "allow-list":
        raise PydanticCustomError(
            "network", "comes later: commands have no network after setup; allowed: none"
        )
    return value


class Settings(Schema):
    """Everything a run is told; every key is optional."""

    version: Annotated[Literal["2.0"], BeforeValidator(_version)] = Field(
        default="2.0", description="Version of this format."
    )
    mode: Mode = Field(default=Mode.ORCHESTRATOR, description="Marks a CLAUDE.md as configuration.")
    extends: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        default=None,
        description=(
            "What this file builds on: default, a relative path, github:owner/repo/path@ref, "
            "or ~/path on the command line."
        ),
    )
    project: ProjectSettings = Field(
        default=ProjectSettings(), description="The target project; what is unset is detected."
    )
    workflow: WorkflowSettings = Field(
        default=WorkflowSettings(), description="Stages and their order."
    )
    constraints: ConstraintSettings = Field(
        default=ConstraintSettings(), description="What a change has to keep to."
    )
    orchestrator: OrchestratorSettings = Field(
        default=OrchestratorSettings(), description="Words of guidance for the orchestrator."
    )
    agents: Mapping[AgentName, AgentSettings] = Field(
        default={}, description="Agents of this repository, and changes to built-in ones, by name."
    )
    agent_capabilities: AgentCapabilities = Field(
        default=AgentCapabilities(), description="What each kind of agent may do at most."
    )
    review: ReviewSettings = Field(
        default=ReviewSettings(), description="Review of the whole change."
    )
    limits: LimitSettings = Field(default=LimitSettings(), description="What a run may use.")
    models: ModelSettings = Field(
        default=ModelSettings(), description="Language models by group of roles."
    )
    preflight: PreflightSettings = Field(
        default=PreflightSettings(), description="What is looked at before money is spent."
    )
    memory: MemorySettings = Field(
        default=MemorySettings(), description="What is remembered from earlier work."
    )
    sandbox: SandboxSettings = Field(
        default=SandboxSettings(), description="The walls around agents' commands."
    )
    network: Annotated[NetworkPolicy, BeforeValidator(_known_policy)] = Field(
        default=NetworkPolicy.NONE, description="What agents' commands may reach after setup."
    )
    merge: MergeSettings = Field(default=MergeSettings(), description="Who merges.")
