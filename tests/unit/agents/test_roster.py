"""Everybody who can be given work, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.agent_files import AgentFile
from orchestrator.agents.roles import BUILT_IN, granted, tools_of
from orchestrator.agents.roster import Roster, build_roster
from orchestrator.config.agents import AgentCapabilities, AgentSettings
from orchestrator.domain.errors import ConfigError
from orchestrator.domain.role import Restriction, RoleKind
from orchestrator.tools.toolbox import shown_to

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject


def roster(
    agents: dict[str, JsonObject] | None = None,
    capabilities: JsonObject | None = None,
    files: dict[str, str] | None = None,
) -> Roster:
    """Build a roster from settings as they are written."""
    return build_roster(
        agents={name: AgentSettings.model_validate(s) for name, s in (agents or {}).items()},
        capabilities=AgentCapabilities.model_validate(capabilities or {}),
        files=[AgentFile(path=path, text=text) for path, text in (files or {}).items()],
    )


def test_roster__has_the_built_in_roles() -> None:
    """Without any configuration everybody the article names is there, and who verifies findings."""
    assert roster().names == (
        "orchestrator",
        "search-specialist",
        "frontend-developer",
        "backend-architect",
        "javascript-pro",
        "python-pro",
        "test-automator",
        "code-reviewer",
        "finding-verifier",
    )


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in__may_call_nothing_that_it_is_not_shown(name: str) -> None:
    """Permissions and lists agree."""
    role = roster().get(name)

    assert role.tools <= {spec.name for spec in shown_to(role.kind)}


@pytest.mark.parametrize(
    ("name", "tools"),
    [
        ("orchestrator", {"Task", "TodoWrite"}),
        ("frontend-developer", {"Read", "Edit", "MultiEdit", "Grep"}),
        ("backend-architect", {"Read", "Edit", "Bash", "Task"}),
        ("test-automator", {"Read", "Edit", "Bash"}),
        ("code-reviewer", {"Read", "Grep", "Task"}),
    ],
)
def test_built_in__has_the_tools_the_article_lists(name: str, tools: set[str]) -> None:
    """What the founding article prints is what the roles can do."""
    assert tools <= roster().get(name).tools


def test_orchestrator__cannot_be_made_to_edit() -> None:
    """No configuration turns the planner into a worker."""
    with pytest.raises(ConfigError, match="no tool that a role of kind 'orchestrator' may use"):
        roster({"orchestrator": {"tools": ["Edit", "Write"]}})
    with pytest.raises(ConfigError, match="'orchestrator' is of kind 'orchestrator'"):
        roster({"orchestrator": {"kind": "implementer"}})


def test_orchestrator__is_one() -> None:
    """A second planner is refused."""
    with pytest.raises(ConfigError, match="there is one"):
        roster({"boss": {"kind": "orchestrator"}})


def test_orchestrator__capabilities_can_take_tools_away() -> None:
    """A repository may forbid delegated questions."""
    role = roster(capabilities={"orchestrator": {"tools": ["TodoWrite"]}}).get("orchestrator")

    assert role.tools == {"TodoWrite"}
    assert Restriction.NO_CODE_MODIFICATION in role.restrictions


def test_implementers__have_at_most_what_the_capabilities_grant() -> None:
    """The article's own list keeps creating files possible and takes Task away."""
    listed = {"tools": ["Read", "Edit", "MultiEdit", "Grep", "Bash"]}

    role = roster(capabilities={"implementation_agents": listed}).get("backend-architect")

    assert role.tools == {
        "Read", "Edit", "MultiEdit", "Write", "Grep", "Glob", "Bash", "TodoWrite",
    }  # fmt: skip
    assert role.restrictions == {Restriction.NO_DIRECT_COMMITS, Restriction.MUST_MATCH_PATTERNS}


def test_implementers__never_commit_whatever_is_configured() -> None:
    """The restriction is the kind's, not the configuration's."""
    role = roster(capabilities={"implementation_agents": {"restrictions": []}}).get("python-pro")

    assert role.restrictions == {Restriction.NO_DIRECT_COMMITS}


def test_implementers__left_without_tools_are_an_error() -> None:
    """A contradiction in the configuration is named before money is spent."""
    with pytest.raises(ConfigError, match="has none of the tools in"):
        roster({"own": {"tools": ["Read", "Edit"]}}, {"implementation_agents": {"tools": ["Task"]}})


def test_own_agent__needs_only_a_scope() -> None:
    """Everything else has a sensible default."""
    role = roster({"react-hooks-specialist": {"scope": ["React", "Hooks"]}}).get(
        "react-hooks-specialist"
    )

    assert role.kind is RoleKind.IMPLEMENTER
    assert role.scope == ("react", "hooks")
    assert role.description == "react hooks specialist"
    assert role.source == "agents.react-hooks-specialist"
    assert Restriction.MUST_MATCH_PATTERNS in role.restrictions


def test_own_agent__takes_its_settings() -> None:
    """What is written is what the role has."""
    settings: JsonObject = {
        "description": "Guards the API.",
        "kind": "reviewer",
        "tools": ["Read", "Grep", "Bash"],
        "restrictions": ["no_file_creation"],
        "model": "sonnet",
        "effort": "high",
        "max_turns": 12,
        "prompt": "Look closely.",
        "files": ["api/**"],
    }

    role = roster({"api-guard": settings}).get("api-guard")

    assert role.kind is RoleKind.REVIEWER
    assert role.tools == {"Read", "Grep", "Glob"}
    assert (role.model, role.effort, role.max_turns) == ("sonnet", "high", 12)
    assert (role.prompt, role.files) == ("Look closely.", ("api/**",))
    assert Restriction.NO_FILE_CREATION in role.restrictions


def test_own_agent__with_reading_tools_only_is_a_reader() -> None:
    """The kind follows from the tools where it is not said."""
    assert roster({"looker": {"tools": ["Read"]}}).get("looker").kind is RoleKind.READER


def test_built_in__can_be_tuned_and_keeps_its_tools() -> None:
    """A model for one role does not reset what it may do."""
    before = roster().get("code-reviewer")

    after = roster({"code-reviewer": {"model": "opus", "max_turns": 5}}).get("code-reviewer")

    assert (after.model, after.max_turns) == ("opus", 5)
    assert (after.tools, after.kind, after.scope) == (before.tools, before.kind, before.scope)


def test_agent_file__of_a_built_in_name_keeps_the_kind() -> None:
    """A repository words its own reviewer, and the reviewer still cannot write."""
    text = "---\nname: code-reviewer\ndescription: Strict.\ntools: Read, Write\n---\nBe strict."

    role = roster(files={".claude/agents/code-reviewer.md": text}).get("code-reviewer")

    assert role.kind is RoleKind.REVIEWER
    assert role.tools == {"Read", "Glob"}
    assert role.prompt == "Be strict."
    assert Restriction.NO_CODE_MODIFICATION in role.restrictions


def test_settings__win_over_agent_files() -> None:
    """What stands in the configuration has the last word, and the file keeps the rest."""
    text = "---\nname: own\ndescription: From file.\nmodel: haiku\ntools: Read\n---\nFrom file."

    role = roster(
        {"own": {"model": "opus", "scope": ["css"]}}, files={".claude/agents/own.md": text}
    ).get("own")

    assert (role.model, role.prompt, role.scope) == ("opus", "From file.", ("css",))
    assert (role.kind, role.tools) == (RoleKind.READER, frozenset({"Read", "Glob"}))


def test_settings__that_name_the_kind_again_widen_nothing() -> None:
    """What a file's list leaves out stays left out when the settings only say what it is."""
    text = "---\nname: own\ndescription: Edits.\ntools: Read, Edit\n---\nEdit."

    role = roster({"own": {"kind": "implementer"}}, files={".claude/agents/own.md": text}).get(
        "own"
    )

    assert "Bash" not in role.tools


def test_roster__unknown_name_lists_the_known_ones() -> None:
    """A typo is found by reading the message."""
    team = roster()

    assert team.find("frontend") is None
    with pytest.raises(ConfigError, match="no agent 'frontend'; there are orchestrator, search"):
        team.get("frontend")


def test_roster__verifiers_are_not_made() -> None:
    """Findings are verified by one role; only its model and prompt can be set."""
    with pytest.raises(ConfigError, match="cannot be of kind 'verifier'"):
        roster({"doubter": {"kind": "verifier"}})

    assert roster({"finding-verifier": {"model": "haiku"}}).get("finding-verifier").model == "haiku"


def test_roster__finds_by_kind() -> None:
    """The stages ask for who can do their work."""
    names = [role.name for role in roster().of_kind(RoleKind.TESTER, RoleKind.REVIEWER)]

    assert names == ["test-automator", "code-reviewer"]


def test_granted__only_adds() -> None:
    """Reading a list more generously never takes anything from it."""
    for tool in tools_of(RoleKind.IMPLEMENTER):
        assert tool in granted([tool])
