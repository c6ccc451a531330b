"""The built-in roles, and what a list of tools in a configuration grants.

Permissions follow the lists that the product's founding article prints, read so that the
work it describes is possible:

- `Edit` grants `MultiEdit` and `Write` too. The article's own trace has an agent whose list
  is Read, Edit, MultiEdit, Grep create files. Whoever wants no new files says so with
  `no_file_creation`.
- `Read` or `Grep` grants `Glob`, which shows less than they do.
- Whoever may edit may keep a list of steps (`TodoWrite`).
- The Submit tools and Stop belong to the work, not to the role, and are always there.
- `implementation_agents` has Bash in the article, so implementers have it; its reviewer has
  none, and neither has ours. Whoever verifies a reviewer's finding has it: running something
  refutes or proves more than reading does.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orchestrator.domain.role import Restriction, Role, RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WRITING_TOOLS: Final = frozenset({"Edit", "MultiEdit", "Write"})
KNOWN_TOOLS: Final = WRITING_TOOLS | {"Read", "Grep", "Glob", "Bash", "Task", "TodoWrite"}
SEARCH_SPECIALIST: Final = "search-specialist"
ORCHESTRATOR: Final = "orchestrator"
FINDING_VERIFIER: Final = "finding-verifier"

_GRANTS: Final = MappingProxyType(
    {
        "Edit": frozenset({"MultiEdit", "Write", "TodoWrite"}),
        "Write": frozenset({"TodoWrite"}),
        "MultiEdit": frozenset({"Edit", "Write", "TodoWrite"}),
        "Read": frozenset({"Glob"}),
        "Grep": frozenset({"Glob"}),
    }
)
_BY_KIND: Final[Mapping[RoleKind, frozenset[str]]] = MappingProxyType(
    {
        RoleKind.ORCHESTRATOR: frozenset({"Task", "TodoWrite"}),
        RoleKind.READER: frozenset({"Read", "Grep", "Glob", "Bash", "Task"}),
        RoleKind.REVIEWER: frozenset({"Read", "Grep", "Glob", "Task"}),
        RoleKind.VERIFIER: frozenset({"Read", "Grep", "Glob", "Bash"}),
        RoleKind.IMPLEMENTER: KNOWN_TOOLS,
        RoleKind.TESTER: KNOWN_TOOLS - {"Task"},
    }
)
_RESTRICTIONS: Final[Mapping[RoleKind, frozenset[Restriction]]] = MappingProxyType(
    {
        RoleKind.ORCHESTRATOR: frozenset(
            {Restriction.NO_CODE_MODIFICATION, Restriction.NO_FILE_CREATION}
        ),
        RoleKind.READER: frozenset({Restriction.NO_CODE_MODIFICATION}),
        RoleKind.REVIEWER: frozenset({Restriction.NO_CODE_MODIFICATION}),
        RoleKind.VERIFIER: frozenset({Restriction.NO_CODE_MODIFICATION}),
        RoleKind.IMPLEMENTER: frozenset({Restriction.NO_DIRECT_COMMITS}),
        RoleKind.TESTER: frozenset({Restriction.NO_DIRECT_COMMITS}),
    }
)


def granted(tools: Iterable[str]) -> frozenset[str]:
    """Return the tools that a list in a configuration grants, itself included."""
    listed = frozenset(tools)
    return listed.union(*(_GRANTS.get(tool, frozenset()) for tool in listed))


def tools_of(kind: RoleKind) -> frozenset[str]:
    """Return what roles of a kind may call at most."""
    return _BY_KIND[kind]


def restrictions_of(kind: RoleKind) -> frozenset[Restriction]:
    """Return the restrictions that roles of a kind always have; a configuration adds more."""
    return _RESTRICTIONS[kind]


def kind_for(tools: Iterable[str]) -> RoleKind:
    """Return the kind of a role that does not say it: an implementer if it may write."""
    return RoleKind.IMPLEMENTER if WRITING_TOOLS & set(tools) else RoleKind.READER


def _role(
    name: str, kind: RoleKind, description: str, scope: str, tools: frozenset[str] | None = None
) -> Role:
    return Role(
        name=name,
        kind=kind,
        description=description,
        scope=tuple(scope.split(", ")),
        tools=tools if tools is not None else tools_of(kind),
        restrictions=restrictions_of(kind),
    )


_IMPLEMENTER: Final = tools_of(RoleKind.IMPLEMENTER)
BUILT_IN: Final[Mapping[str, Role]] = MappingProxyType(
    {
        role.name: role
        for role in (
            _role(
                ORCHESTRATOR,
                RoleKind.ORCHESTRATOR,
                "Turns the requirements into a plan and delegates all of it.",
                "planning, delegation",
            ),
            _role(
                SEARCH_SPECIALIST,
                RoleKind.READER,
                "Finds out how the repository works and where things are; changes nothing.",
                "analysis, search, architecture, requirements",
                tools_of(RoleKind.READER) - {"Task"},
            ),
            _role(
                "frontend-developer",
                RoleKind.IMPLEMENTER,
                "Builds what people see: markup, styles, components, behaviour in the browser.",
                "react, vue, svelte, angular, css, scss, html, dom manipulation, components,"
                " templates, accessibility, themes, javascript, typescript",
                _IMPLEMENTER - {"Task"},
            ),
            _role(
                "backend-architect",
                RoleKind.IMPLEMENTER,
                "Builds services: APIs, data models, storage, boundaries between parts.",
                "api design, database schema, service boundaries, server, sql, go, rust, java,"
                " kotlin, ruby, php, csharp, c, shell, docker, python, typescript, javascript,"
                " configuration, documentation",
            ),
            _role(
                "javascript-pro",
                RoleKind.IMPLEMENTER,
                "Writes JavaScript and TypeScript for browser and Node.",
                "javascript, typescript, node, browser apis, async, state, persistence, npm",
                _IMPLEMENTER - {"Task"},
            ),
            _role(
                "python-pro",
                RoleKind.IMPLEMENTER,
                "Writes Python: libraries, services, command lines.",
                "python, django, flask, fastapi, typing, packaging, command line",
                _IMPLEMENTER - {"Task"},
            ),
            _role(
                "test-automator",
                RoleKind.TESTER,
                "Writes tests from the requirements, without seeing the change.",
                "unit tests, integration tests, e2e tests, fixtures",
            ),
            _role(
                "code-reviewer",
                RoleKind.REVIEWER,
                "Reviews a change through one lens at a time; changes nothing.",
                "security, performance, architecture compliance, style",
            ),
            _role(
                FINDING_VERIFIER,
                RoleKind.VERIFIER,
                "Tries to refute one finding of a reviewer; is asked by the program alone.",
                "verification",
            ),
        )
    }
)
"""By name, in the order a roster shows them."""
