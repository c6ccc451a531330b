"""Everybody who can be given work: built-in roles, the repository's own, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.agents.agent_files import load_agent_files
from orchestrator.agents.roles import (
    BUILT_IN,
    FINDING_VERIFIER,
    ORCHESTRATOR,
    granted,
    kind_for,
    restrictions_of,
    tools_of,
)
from orchestrator.domain.errors import ConfigError
from orchestrator.domain.role import Role, RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.agents.agent_files import AgentFile
    from orchestrator.config.agents import AgentCapabilities, AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The roles of one run, by name."""

    roles: Mapping[str, Role]
    notices: tuple[str, ...] = ()
    """What a person should know about how they came to be."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, built-in ones first."""
        return tuple(self.roles)

    def find(self, name: str) -> Role | None:
        """Return the role of that name, if there is one."""
        return self.roles.get(name)

    def get(self, name: str) -> Role:
        """Return the role of that name.

        Raises:
            ConfigError: There is none.
        """
        role = self.roles.get(name)
        if role is None:
            raise ConfigError(
                f"There is no agent {name!r}; there are {', '.join(self.roles)}.",
                hint=f"Define it in .github/orchestrator.yml under `agents:`, or in"
                f" .claude/agents/{name}.md.",
            )
        return role

    def of_kind(self, *kinds: RoleKind) -> tuple[Role, ...]:
        """Return the roles of these kinds, in order."""
        return tuple(role for role in self.roles.values() if role.kind in kinds)


def build_roster(
    *,
    agents: Mapping[str, AgentSettings],
    capabilities: AgentCapabilities,
    files: Iterable[AgentFile] = (),
) -> Roster:
    """Return everybody, the settings winning over agent files and those over built-in roles.

    Args:
        agents: `agents:` of the settings.
        capabilities: `agent_capabilities:` of the settings; the most each kind may do.
        files: `.claude/agents/**/*.md` as they stand on the base commit.

    Raises:
        ConfigError: An agent is left without any tool, or a role changes its kind so that
            the order of work could be broken.
    """
    from_files, notices = load_agent_files(files)
    roles = dict(BUILT_IN)
    for role in from_files:
        before = roles.get(role.name)
        roles[role.name] = role if before is None else _same_kind(before, role)
    for name, settings in agents.items():
        roles[name] = _configured(name, settings, roles.get(name))
    capped = {name: _capped(role, capabilities) for name, role in roles.items()}
    return Roster(roles=capped, notices=notices)


def _same_kind(before: Role, role: Role) -> Role:
    """Let a file re-word a built-in role, which keeps its kind and so its place in the order."""
    return replace(
        role,
        kind=before.kind,
        tools=role.tools & tools_of(before.kind) or before.tools,
        restrictions=role.restrictions | restrictions_of(before.kind),
        scope=tuple(dict.fromkeys((*role.scope, *before.scope))),
    )


def _configured(name: str, settings: AgentSettings, before: Role | None) -> Role:
    listed = granted(settings.tools) if settings.tools is not None else None
    kind = _kind(name, settings, before, listed)
    tools = tools_of(kind) if listed is None else listed & tools_of(kind)
    if before is not None and listed is None and kind is before.kind:
        tools = before.tools
    if settings.tools is not None and not tools & set(map(str, settings.tools)):
        raise ConfigError(
            f"The agent {name!r} has no tool that a role of kind {kind.value!r} may use.",
            hint=f"Give it some of: {', '.join(sorted(tools_of(kind)))}.",
        )
    base = before or Role(
        name=name, kind=kind, description=name.replace("-", " "), scope=(), tools=tools
    )
    return replace(
        base,
        kind=kind,
        description=settings.description or base.description,
        scope=tuple(word.lower() for word in settings.scope) or base.scope,
        tools=tools,
        restrictions=base.restrictions | restrictions_of(kind) | set(settings.restrictions),
        prompt=settings.prompt or base.prompt,
        model=settings.model or base.model,
        effort=settings.effort or base.effort,
        max_turns=settings.max_turns or base.max_turns,
        files=settings.files or base.files,
        source=f"agents.{name}",
    )


def _kind(
    name: str, settings: AgentSettings, before: Role | None, listed: frozenset[str] | None
) -> RoleKind:
    if before is not None and before.name in BUILT_IN:
        if settings.kind not in {None, before.kind}:
            raise ConfigError(
                f"The agent {name!r} is of kind {before.kind.value!r}; `agents.{name}.kind` cannot"
                f" make it {str(settings.kind)!r}.",
                hint="Define an agent with a name of its own instead.",
            )
        return before.kind
    if settings.kind is RoleKind.ORCHESTRATOR:
        raise ConfigError(
            f"The agent {name!r} cannot be of kind 'orchestrator': there is one, and it plans.",
            hint="Choose reader, implementer, tester or reviewer.",
        )
    if settings.kind is RoleKind.VERIFIER:
        raise ConfigError(
            f"The agent {name!r} cannot be of kind 'verifier': findings are verified by"
            f" {FINDING_VERIFIER!r}.",
            hint=f"Give `agents.{FINDING_VERIFIER}` your model or prompt instead.",
        )
    if settings.kind is not None:
        return settings.kind
    if before is not None:
        return before.kind
    return RoleKind.IMPLEMENTER if listed is None else kind_for(listed)


def _capped(role: Role, capabilities: AgentCapabilities) -> Role:
    if role.name == ORCHESTRATOR:
        listed = frozenset(map(str, capabilities.orchestrator.tools))
        more = set(capabilities.orchestrator.restrictions)
        return replace(role, tools=role.tools & listed, restrictions=role.restrictions | more)
    if role.kind is not RoleKind.IMPLEMENTER:
        return role
    most = granted(map(str, capabilities.implementation_agents.tools))
    given = frozenset(capabilities.implementation_agents.restrictions)
    tools = role.tools & most
    if not tools:
        raise ConfigError(
            f"The agent {role.name!r} has none of the tools in"
            " `agent_capabilities.implementation_agents.tools`.",
            hint=f"Add some of its tools there: {', '.join(sorted(role.tools))}.",
        )
    return replace(role, tools=tools, restrictions=role.restrictions | given)
