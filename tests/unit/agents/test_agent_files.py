"""`.claude/agents/*.md`, as people have them."""

from __future__ import annotations

import pytest

from orchestrator.agents.agent_files import AgentFile, load_agent_file, load_agent_files
from orchestrator.domain.errors import ConfigError
from orchestrator.domain.message import Effort
from orchestrator.domain.role import Role, RoleKind

PATH = ".claude/agents/react-hooks-specialist.md"


def loaded(text: str, path: str = PATH) -> tuple[Role, tuple[str, ...]]:
    """Return the role of a file that has one, and the notices."""
    result = load_agent_file(AgentFile(path=path, text=text))
    assert result.role is not None, result.notices
    return result.role, result.notices


def test_agent_file__loads_unchanged() -> None:
    """A file made for Claude Code is an agent here, with its words and permissions."""
    role, notices = loaded(
        "---\n"
        "name: react-hooks-specialist\n"
        "description: Writes React hooks with useEffect.\n"
        "tools: Read, Edit, Grep\n"
        "model: sonnet\n"
        "effort: high\n"
        "maxTurns: 30\n"
        "color: blue\n"
        "---\n\n"
        "# You\n\nMind the dependency array.\n"
    )

    assert (role.name, role.kind) == ("react-hooks-specialist", RoleKind.IMPLEMENTER)
    assert role.tools == {"Read", "Edit", "MultiEdit", "Write", "Grep", "Glob", "TodoWrite"}
    assert (role.model, role.effort, role.max_turns) == ("sonnet", Effort.HIGH, 30)
    assert role.prompt == "# You\n\nMind the dependency array."
    assert role.scope == ("react", "hooks", "useeffect")
    assert role.source == PATH
    assert notices == ()


def test_agent_file__without_writing_tools_is_a_reader() -> None:
    """What an agent may do follows from its tools."""
    role, _ = loaded("---\nname: looker\ndescription: Looks.\ntools: [Read, Bash]\n---\nLook.")

    assert role.kind is RoleKind.READER
    assert role.tools == {"Read", "Glob", "Bash"}


@pytest.mark.parametrize("tools", ["", "tools:\n", "tools: '*'\n"])
def test_agent_file__without_a_list_inherits_all(tools: str) -> None:
    """Leaving `tools` out means every tool, as it does elsewhere."""
    role, _ = loaded(f"---\nname: all\ndescription: Does all.\n{tools}---\nDo.")

    assert {"Read", "Write", "Bash", "Task"} <= role.tools


def test_agent_file__disallowed_tools_are_taken_away() -> None:
    """Also from those that came with another one."""
    role, _ = loaded(
        "---\nname: a\ndescription: A.\ntools: Read, Edit\ndisallowedTools: Write\n---\nDo."
    )

    assert role.tools == {"Read", "Glob", "Edit", "MultiEdit", "TodoWrite"}


def test_agent_file__that_disallows_editing_is_a_reader() -> None:
    """No tool by another name is left to edit with, or to delegate with."""
    role, _ = loaded(
        "---\nname: a\ndescription: A.\ndisallowedTools: [Edit, Write, Agent]\n---\nLook."
    )

    assert role.kind is RoleKind.READER
    assert role.tools == {"Read", "Grep", "Glob", "Bash"}


def test_agent_file__unknown_tools_are_left_out_with_a_notice() -> None:
    """Names that died or belong to servers we do not start do no harm."""
    role, notices = loaded(
        "---\nname: a\ndescription: A.\n"
        "tools: Read, BashOutput, mcp__github__search, Agent(x, y), LS\n---\nDo."
    )

    assert role.tools == {"Read", "Glob", "Task"}
    assert notices == (f"{PATH}: unknown tools are left out: BashOutput, mcp__github__search.",)


@pytest.mark.parametrize("tools", ["tools: KillBash", "tools: Bash\ndisallowedTools: Bash"])
def test_agent_file__without_any_known_tool_is_an_error(tools: str) -> None:
    """An agent that can do nothing is a mistake that a person should see."""
    file = AgentFile(path=PATH, text=f"---\nname: a\ndescription: A.\n{tools}\n---\nDo.")

    with pytest.raises(ConfigError, match="gives its agent no tool that exists here") as caught:
        load_agent_file(file)
    assert "List some of: Bash, Edit" in caught.value.hint


def test_agent_file__powers_of_a_desktop_are_not_honoured() -> None:
    """No file in a repository starts hooks or servers or loosens a permission here."""
    role, notices = loaded(
        "---\nname: a\ndescription: A.\npermissionMode: bypassPermissions\n"
        "hooks:\n  PreToolUse: run me\nmcpServers:\n  x: y\n---\nDo."
    )

    assert [notice.split("`")[1] for notice in notices] == [
        "permissionMode",
        "mcpServers",
        "hooks",
    ]
    assert role.prompt == "Do."


def test_agent_file__with_an_unquoted_colon_is_read_all_the_same() -> None:
    """Front matter that is not quite YAML is common, and means what it seems to."""
    role, _ = loaded(
        "---\nname: a\ndescription: Use when: the API changes. Examples: <x>\ntools: Read\n"
        "model: inherit\neffort: enormous\nmaxTurns: '12'\n---\nDo."
    )

    assert role.description == "Use when: the API changes. Examples: <x>"
    assert (role.model, role.effort, role.max_turns) == (None, None, 12)


@pytest.mark.parametrize("turns", ["true", "0", "-3", "[1]", "²"])
def test_agent_file__odd_turn_limit_is_no_limit_of_its_own(turns: str) -> None:
    """Only a positive number counts."""
    role, _ = loaded(f"---\nname: a\ndescription: A.\nmaxTurns: {turns}\n---\nDo.")

    assert role.max_turns is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# Just notes\n", "no front matter"),
        ("---\ndescription: A.\n---\nDo.", "`name` is missing"),
        ("---\nname: Bad Name\ndescription: A.\n---\nDo.", "`name` is missing or not made"),
        ("---\nname: a\n---\nDo.", "no `description`"),
        ("---\nname: a\ndescription: '  '\n---\nDo.", "no `description`"),
    ],
)
def test_agent_file__that_is_no_agent_is_left_out_with_the_reason(text: str, why: str) -> None:
    """A README between agent files stops nothing, and nobody wonders where an agent went."""
    result = load_agent_file(AgentFile(path=PATH, text=text))

    assert result.role is None
    assert why in result.notices[0]


def test_agent_file__from_another_system_is_read() -> None:
    """Line ends and a byte-order mark are not content."""
    role, _ = loaded("\ufeff---\r\nname: a\r\ndescription: A.\r\n---\r\nDo.\r\n")

    assert role.prompt == "Do."


def test_agent_files__of_one_name_the_nearer_counts() -> None:
    """Two files do not silently become one agent."""
    deep = AgentFile(path=".claude/agents/x/a.md", text="---\nname: a\ndescription: Deep.\n---\n.")
    near = AgentFile(path=".claude/agents/a.md", text="---\nname: a\ndescription: Near.\n---\n.")

    roles, notices = load_agent_files([deep, near])

    assert [role.description for role in roles] == ["Near."]
    assert notices == (
        ".claude/agents/x/a.md is not used: .claude/agents/a.md defines 'a' already.",
    )
