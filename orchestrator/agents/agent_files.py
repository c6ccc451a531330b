"""`.claude/agents/**/*.md`: a repository's own agents, loaded as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.agents.roles import KNOWN_TOOLS, granted, kind_for, restrictions_of, tools_of
from orchestrator.config.sources import parse_yaml
from orchestrator.domain.errors import ConfigError
from orchestrator.domain.message import Effort
from orchestrator.domain.role import Role, RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.json import Json, JsonObject

_FRONT_MATTER: Final = re.compile(
    r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)
_LINE: Final = re.compile(r"^([A-Za-z][\w-]*):[ \t]*(.*)$")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_TOOL: Final = re.compile(r"\s*([^,(]+?)\s*(?:\([^)]*\))?\s*(?:,|$)")
_NOT_HONOURED: Final = (
    "permissionMode",
    "mcpServers",
    "hooks",
    "initialPrompt",
    "skills",
    "memory",
    "background",
)
_ALIASES: Final = {"Agent": "Task", "LS": "Glob"}
_SCOPE_WORDS: Final = 12
_ROLE_WORDS: Final = frozenset(
    {
        *("agent", "architect", "assistant", "automator", "coder", "dev", "developer", "engineer"),
        *("expert", "guru", "master", "pro", "programmer", "reviewer", "specialist"),
    }
)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9+#.]*[A-Za-z0-9+#]|[A-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFile:
    """A file as it stands on the base commit."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A role, or none, and what a person should know about the file."""

    role: Role | None
    notices: tuple[str, ...]


def load_agent_file(file: AgentFile) -> Loaded:
    """Return the role that a file defines.

    Front matter that is not quite YAML, as an unquoted colon in a description makes it, is
    read line by line instead of being refused.

    Raises:
        ConfigError: It leaves no tool that exists here.
    """
    text = file.text.replace("\r\n", "\n").removeprefix("\ufeff")
    found = _FRONT_MATTER.match(text)
    if found is None:
        return _left_out(file, "it has no front matter")
    fields = _fields(found[1], file.path)
    name, description = fields.get("name"), fields.get("description")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return _left_out(file, "its `name` is missing or not made of a-z, 0-9 and hyphens")
    if not isinstance(description, str) or not description.strip():
        return _left_out(file, "it has no `description`")
    tools, notices = _tools(file, fields)
    kind = kind_for(tools)
    notices += [
        f"{file.path}: `{key}` is not honoured here." for key in _NOT_HONOURED if fields.get(key)
    ]
    role = Role(
        name=name,
        kind=kind,
        description=" ".join(description.split()),
        scope=_scope(name, description),
        tools=tools & tools_of(kind),
        restrictions=restrictions_of(kind),
        prompt=text[found.end() :].strip(),
        model=_model(fields.get("model")),
        effort=_effort(fields.get("effort")),
        max_turns=_turns(fields.get("maxTurns")),
        source=file.path,
    )
    return Loaded(role=role, notices=tuple(notices))


def _left_out(file: AgentFile, why: str) -> Loaded:
    return Loaded(role=None, notices=(f"{file.path} is not used as an agent: {why}.",))


def _fields(text: str, path: str) -> JsonObject:
    try:
        return parse_yaml(text, name=path, first_line=2).values
    except ConfigError:
        lines = (_LINE.match(line) for line in text.splitlines())
        return {found[1]: found[2].strip().strip("'\"") for found in lines if found is not None}


def _tools(file: AgentFile, fields: JsonObject) -> tuple[frozenset[str], list[str]]:
    listed = _names(fields.get("tools"))
    if not listed or "*" in listed:
        allowed, unknown = tools_of(RoleKind.IMPLEMENTER), []
    else:
        allowed = granted(name for name in listed if name in KNOWN_TOOLS)
        unknown = [name for name in listed if name not in KNOWN_TOOLS]
    disallowed = _names(fields.get("disallowedTools"))
    if "Edit" in disallowed:
        # Who takes editing away means all of it; elsewhere there is no other tool for it any more.
        disallowed.append("MultiEdit")
    allowed -= set(disallowed)
    if not allowed:
        raise ConfigError(
            f"{file.path} gives its agent no tool that exists here"
            f" (tools: {', '.join(listed) or 'all'}; without: {', '.join(disallowed) or 'none'}).",
            hint=f"List some of: {', '.join(sorted(KNOWN_TOOLS))}; or leave `tools` out.",
        )
    notices = [f"{file.path}: unknown tools are left out: {', '.join(unknown)}."] if unknown else []
    return allowed, notices


def _names(value: Json) -> list[str]:
    """Return the tools of a list in either form, by the names that they have here."""
    if isinstance(value, str):
        names = _TOOL.findall(value.strip("[] "))
        return [_ALIASES.get(name, name) for name in names if name]
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    return []


def _scope(name: str, description: str) -> tuple[str, ...]:
    """Take the words of the name, and those of the description that look like technologies."""
    words = [word for word in name.split("-") if word not in _ROLE_WORDS]
    words += [word.lower() for word in _WORD.findall(description) if _is_technical(word)]
    return tuple(dict.fromkeys(words))[:_SCOPE_WORDS]


def _is_technical(word: str) -> bool:
    return any(char.isupper() or char in "+#." for char in word[1:])


def _model(value: Json) -> str | None:
    return value if isinstance(value, str) and value not in {"", "inherit"} else None


def _effort(value: Json) -> Effort | None:
    return Effort(value) if isinstance(value, str) and value in set(Effort) else None


def _turns(value: Json) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def load_agent_files(files: Iterable[AgentFile]) -> tuple[tuple[Role, ...], tuple[str, ...]]:
    """Return the roles of all files and the notices; of two with one name the nearer counts.

    Nearer means fewer folders, then the first path.

    Raises:
        ConfigError: A file leaves its agent no tool that exists here.
    """
    roles: dict[str, Role] = {}
    notices: list[str] = []
    for file in sorted(files, key=lambda file: (file.path.count("/"), file.path)):
        loaded = load_agent_file(file)
        notices += loaded.notices
        if loaded.role is None:
            continue
        first = roles.setdefault(loaded.role.name, loaded.role)
        if first is not loaded.role:
            notices.append(
                f"{file.path} is not used: {first.source} defines {first.name!r} already."
            )
    return tuple(roles.values()), tuple(notices)
