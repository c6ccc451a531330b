"""Bash, with real commands and at the sandbox port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import (
    CommandUnavailableError,
    ToolArgumentsError,
    ToolError,
    ToolRefusedError,
)
from orchestrator.domain.role import Restriction
from orchestrator.sandbox.sandbox import CommandResult, LimitKind
from orchestrator.tools.bash import BashTool
from orchestrator.tools.reading import ReadTool
from tests.unit.tools.workshop import FixedCell, make_cell, make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json

NO_COMMITS = frozenset({Restriction.NO_DIRECT_COMMITS})


def bash(folder: Path, command: str, **more: Json) -> str:
    """Run a real command in a tree with one file."""
    tree = make_tree(folder, {"a.txt": "one\ntwo\n"})
    return BashTool(make_workspace(tree), make_cell(tree), NO_COMMITS).call(
        {"command": command, **more}
    )


def answered(folder: Path, output: str, exit_code: int | None = 0, **more: LimitKind) -> str:
    """Return what is made of one command result."""
    cell = FixedCell(
        CommandResult(exit_code=exit_code, output=output, limit=more.get("limit"), duration_s=1.0)
    )
    workspace = make_workspace(make_tree(folder, {}))
    return BashTool(workspace, cell, NO_COMMITS).call({"command": "make test"})


def test_bash__returns_exit_code_and_output(tmp_path: Path) -> None:
    """Commands run at the root of the tree, with both streams in order."""
    said = bash(tmp_path, "cat a.txt && echo broken >&2 && exit 3")

    assert said == "Exit code 3.\none\ntwo\nbroken"


def test_bash__silent_success_is_said(tmp_path: Path) -> None:
    """An empty answer would look like a fault."""
    assert bash(tmp_path, "true") == "Exit code 0.\n(no output)"


@pytest.mark.parametrize("command", ["grep gone a.txt", "test -f gone", "diff a.txt /dev/null"])
def test_bash__exit_code_one_of_a_search_is_explained(command: str, tmp_path: Path) -> None:
    """Nothing found is not a failure."""
    assert bash(tmp_path, command).startswith("Exit code 1: nothing found, or a difference.")


@pytest.mark.parametrize("command", ["test -d . && false", "[ -d . ]; exit 1", "diff -v\nfalse"])
def test_bash__failure_of_what_follows_a_search_is_told_as_one(
    tmp_path: Path, command: str
) -> None:
    """Tests that fail behind a `test -f` are not played down as a search without a result."""
    assert bash(tmp_path, command).startswith("Exit code 1.")


def test_bash__shows_paths_of_the_tree_relative(tmp_path: Path) -> None:
    """Where the tree lies on this machine is nobody's business and changes in every run."""
    said = bash(tmp_path, "realpath a.txt")

    assert said == "Exit code 0.\na.txt"


def test_bash__ends_at_its_timeout(tmp_path: Path) -> None:
    """The limit that was met is named, with a way out."""
    said = bash(tmp_path, "read -t 30 < <(tail -f a.txt | grep never)", timeout=300)

    assert "ended at its time limit" in said


@pytest.mark.parametrize("kind", list(LimitKind))
def test_bash__names_each_limit(kind: LimitKind, tmp_path: Path) -> None:
    """A command that was ended never looks like one that failed by itself."""
    assert answered(tmp_path, "", None, limit=kind).startswith("It was ended")


def test_bash__refuses_a_timeout_above_ten_minutes(tmp_path: Path) -> None:
    """The bound is part of the lesson."""
    with pytest.raises(ToolArgumentsError, match="less than or equal to 600000"):
        bash(tmp_path, "true", timeout=600_001)


def test_bash__passes_the_timeout_in_seconds(tmp_path: Path) -> None:
    """Milliseconds for the model, seconds for the cell; two minutes unless said."""
    cell = FixedCell(CommandResult(exit_code=0, output="", limit=None, duration_s=0.0))
    tool = BashTool(make_workspace(make_tree(tmp_path, {})), cell, NO_COMMITS)

    tool.call({"command": "true", "timeout": 1500})
    tool.call({"command": "true"})

    assert [command.timeout_s for command in cell.commands] == [1.5, 120.0]


def test_bash__long_output_is_cut_in_the_middle_and_kept_for_read(tmp_path: Path) -> None:
    """Nothing is lost, and the context is not flooded."""
    tree = make_tree(tmp_path, {})
    workspace = make_workspace(tree)
    tool = BashTool(workspace, make_cell(tree), NO_COMMITS)

    said = tool.call({"command": "seq 1 20000"})

    assert len(said) < 24_500
    assert said.endswith("20000")
    assert "Read `.orchestrator-scratch/output-1.txt`" in said
    kept = ReadTool(workspace).call(
        {"file_path": ".orchestrator-scratch/output-1.txt", "offset": 10_000, "limit": 1}
    )
    assert kept == "10000\t10000"


def test_bash__failures_keep_less(tmp_path: Path) -> None:
    """The first and last lines of a failure say most."""
    assert len(answered(tmp_path, "x\n" * 10_000, 1)) < 10_500


def test_bash__cleans_what_it_shows(tmp_path: Path) -> None:
    """No escape of a foreign program reaches the model or the log."""
    assert answered(tmp_path, "\x1b[32mok\x1b[0m\x00") == "Exit code 0.\nok"


@pytest.mark.parametrize(
    "command",
    [
        "git commit -m done",
        "git add . && git commit -am done",
        "git -C src -c user.name=x push origin main",
        "git --no-pager push",
        "git   rebase -i HEAD~2",
        "sh -c 'git tag v1'",
    ],
)
def test_bash__refuses_to_publish(command: str, tmp_path: Path) -> None:
    """`no_direct_commits` is explained where it is first met."""
    with pytest.raises(ToolRefusedError, match="no_direct_commits"):
        bash(tmp_path, command)


@pytest.mark.parametrize("command", ["git log --oneline", "git diff", "echo commit", "git status"])
def test_bash__lets_look_at_the_history(command: str, tmp_path: Path) -> None:
    """Reading git is work, not publishing."""
    assert bash(tmp_path, command).startswith("Exit code")


def test_bash__without_the_restriction_passes_commits_on(tmp_path: Path) -> None:
    """The rule is the role's, not the tool's."""
    cell = FixedCell(CommandResult(exit_code=0, output="", limit=None, duration_s=0.0))
    tool = BashTool(make_workspace(make_tree(tmp_path, {})), cell, frozenset())

    assert tool.call({"command": "git commit -m x"}).startswith("Exit code 0")


@pytest.mark.parametrize("command", ["cat a.txt", "head -5 a.txt", "sed -n 1,2p a.txt"])
def test_bash__showing_a_file_counts_as_reading_it(command: str, tmp_path: Path) -> None:
    """A model that looked with `cat` need not look again."""
    tree = make_tree(tmp_path, {"a.txt": "one\n"})
    workspace = make_workspace(tree)

    BashTool(workspace, make_cell(tree), NO_COMMITS).call({"command": command})

    assert workspace.has_seen("a.txt")


@pytest.mark.parametrize(
    "command", ["cat a.txt > b.txt", "cat /etc/hostname", "cat ''", "cat nothing || true", "ls"]
)
def test_bash__anything_else_does_not(command: str, tmp_path: Path) -> None:
    """What only resembles reading gives no right to edit."""
    tree = make_tree(tmp_path, {"a.txt": "one\n"})
    workspace = make_workspace(tree)

    BashTool(workspace, make_cell(tree), NO_COMMITS).call({"command": command})

    assert not workspace.has_seen("a.txt")


def test_bash__without_a_sandbox_is_refused_with_the_reason(tmp_path: Path) -> None:
    """No sandbox, no commands: never a fallback to none at all."""
    with pytest.raises(ToolError, match="offers no sandbox"):
        BashTool(make_workspace(make_tree(tmp_path, {})), None, NO_COMMITS).call({"command": "ls"})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("printf 'a\0b'", r"NUL character .* Write it as an escape"),
        (f"cat > big <<'END'\n{'x' * 130_000}\nEND", r"130,0\d\d bytes.* into a file with Write"),
    ],
)
def test_bash__command_that_no_program_can_be_given_is_explained(
    tmp_path: Path, command: str, said: str
) -> None:
    """A slip of the model is told to the model; it is no fault of the sandbox."""
    with pytest.raises(ToolError, match=said):
        bash(tmp_path, command)


def test_bash__takes_a_command_of_the_greatest_length(tmp_path: Path) -> None:
    """What is not refused can be run, whatever walls stand before it."""
    assert bash(tmp_path, f"echo done #{'x' * 119_980}") == "Exit code 0.\ndone"


def test_bash__without_bash_tries_sh_and_says_when_there_is_neither(tmp_path: Path) -> None:
    """A small image without a shell gives a sentence, not a crash."""
    cell = FixedCell(CommandUnavailableError("no shell", hint="install"))
    tool = BashTool(make_workspace(make_tree(tmp_path, {})), cell, NO_COMMITS)

    with pytest.raises(ToolError, match="no shell in this sandbox"):
        tool.call({"command": "ls"})
    assert [command.argv[0] for command in cell.commands] == ["bash", "sh"]


def test_bash__names_the_first_line_as_its_subject(tmp_path: Path) -> None:
    """The log stays one line, whatever the script."""
    tool = BashTool(make_workspace(make_tree(tmp_path, {})), None, NO_COMMITS)

    assert tool.subject({"command": "\nnpm test\nls"}) == "npm test"
    assert tool.subject({}) == ""
