"""Who works: agents of the repository, and what each kind of agent may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.config.schema import Glob, ModelName, Schema, Words
from orchestrator.domain.message import Effort
from orchestrator.domain.role import Restriction, RoleKind


class ToolName(StrEnum):
    """A tool that a configuration can hand out; each agent has Submit besides."""

    READ = "Read"
    EDIT = "Edit"
    MULTI_EDIT = "MultiEdit"
    WRITE = "Write"
    GREP = "Grep"
    GLOB = "Glob"
    BASH = "Bash"
    TASK = "Task"
    TODO_WRITE = "TodoWrite"


_ORCHESTRATOR_TOOLS = (ToolName.TASK, ToolName.TODO_WRITE)
_ORCHESTRATOR_RESTRICTIONS = (Restriction.NO_CODE_MODIFICATION, Restriction.NO_FILE_CREATION)


class AgentSettings(Schema):
    """One agent: a new one, or changes to a built-in one of the same name."""

    description: Words | None = Field(default=None, description="When to choose this agent.")
    kind: RoleKind | None = Field(
        default=None,
        description="What it may do at all; unset: an implementer if it has a writing tool.",
    )
    scope: tuple[Words, ...] = Field(
        default=(), description="Technologies and kinds of work it is for, such as React or CSS."
    )
    tools: tuple[ToolName, ...] | None = Field(
        default=None, description="Tools it may call; unset: those of its kind."
    )
    restrictions: tuple[Restriction, ...] = Field(
        default=(), description="Limits that code enforces, beside those of its kind."
    )
    model: ModelName | None = Field(
        default=None, description="Model id or alias; unset: the model of its group."
    )
    effort: Effort | None = Field(
        default=None, description="How hard the model thinks; unset: the effort of its group."
    )
    max_turns: Annotated[StrictInt, Field(ge=1, le=500)] | None = Field(
        default=None, description="Turns of one agent of this role; unset: limits.agent.turns."
    )
    prompt: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
        | None
    ) = Field(default=None, description="Markdown text that tells the agent its role.")
    files: tuple[Glob, ...] = Field(
        default=(), description="Globs of the files it is meant for; empty: any."
    )


def _only_delegating(tools: tuple[ToolName, ...]) -> tuple[ToolName, ...]:
    for tool in tools:
        if tool not in _ORCHESTRATOR_TOOLS:
            raise PydanticCustomError(
                "orchestrator_tools",
                f"hands {tool} to the orchestrator, which delegates all work; "
                "it can have Task and TodoWrite",
            )
    return tools


def _always_restricted(restrictions: tuple[Restriction, ...]) -> tuple[Restriction, ...]:
    return tuple(dict.fromkeys((*_ORCHESTRATOR_RESTRICTIONS, *restrictions)))


class OrchestratorCapability(Schema):
    """What the orchestrator agent may do: plan and delegate."""

    tools: Annotated[tuple[ToolName, ...], AfterValidator(_only_delegating)] = Field(
        default=_ORCHESTRATOR_TOOLS, description="Some of Task and TodoWrite."
    )
    restrictions: Annotated[tuple[Restriction, ...], AfterValidator(_always_restricted)] = Field(
        default=_ORCHESTRATOR_RESTRICTIONS,
        description="no_code_modification and no_file_creation always hold.",
    )


def _never_committing(restrictions: tuple[Restriction, ...]) -> tuple[Restriction, ...]:
    return tuple(dict.fromkeys((Restriction.NO_DIRECT_COMMITS, *restrictions)))


class ImplementationCapability(Schema):
    """The most that agents who write code may do."""

    tools: tuple[ToolName, ...] = Field(
        default=(
            ToolName.READ,
            ToolName.EDIT,
            ToolName.MULTI_EDIT,
            ToolName.WRITE,
            ToolName.GREP,
            ToolName.GLOB,
            ToolName.BASH,
            ToolName.TASK,
        ),
        description="Tools that implementing agents have at most.",
    )
    restrictions: Annotated[tuple[Restriction, ...], AfterValidator(_never_committing)] = Field(
        default=(Restriction.NO_DIRECT_COMMITS, Restriction.MUST_MATCH_PATTERNS),
        description="Limits for every implementing agent; no_direct_commits always holds.",
    )


class AgentCapabilities(Schema):
    """What the two kinds of the article may do."""

    orchestrator: OrchestratorCapability = Field(
        default=OrchestratorCapability(), description="The agent that plans."
    )
    implementation_agents: ImplementationCapability = Field(
        default=ImplementationCapability(), description="The agents that write code."
    )


class OrchestratorSettings(Schema):
    """What the repository expects of the orchestrator, in words; shown to it as written."""

    responsibilities: tuple[Words, ...] = Field(default=(), description="What it is to do.")
    constraints: tuple[Words, ...] = Field(default=(), description="What it is to leave alone.")
