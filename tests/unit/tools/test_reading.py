"""Read: files as the model sees them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ToolArgumentsError, ToolError
from orchestrator.tools.reading import ReadTool
from orchestrator.tools.text import RESULT_CHARS
from tests.unit.tools.workshop import make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json

LONG = "".join(f"line {number} {'x' * 90}\n" for number in range(1, 1001))


def read(folder: Path, text: str, **arguments: Json) -> str:
    """Read a file `a.txt` with this text."""
    tool = ReadTool(make_workspace(make_tree(folder, {"a.txt": text})))
    return tool.call({"file_path": "a.txt", **arguments})


def test_read__shows_the_whole_file_with_line_numbers(tmp_path: Path) -> None:
    """A model can quote lines and edit them."""
    assert read(tmp_path, "one\ntwo\n") == "    1\tone\n    2\ttwo"


def test_read__shows_the_wanted_lines(tmp_path: Path) -> None:
    """Offset and limit count lines from 1; who counts from 0 gets the first line, too."""
    shown = read(tmp_path, "a\nb\nc\nd\n", offset=2, limit=2)

    assert shown == "    2\tb\n    3\tc"
    assert read(tmp_path, "a\nb\n", offset=0, limit=1) == "    1\ta"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("steal()\r# harmless\n", "    1\tsteal()␍# harmless"),
        ("x = '\x1b]'; steal()\n", "    1\tx = '␛]'; steal()"),
        ("one\r\ntwo\r\n", "    1\tone\n    2\ttwo"),
        ("one\r\ntwo\n", "    1\tone␍\n    2\ttwo"),
    ],
)
def test_read__hides_nothing_that_a_terminal_would(tmp_path: Path, text: str, shown: str) -> None:
    """A carriage return is a line end for Python, and no way to show a reviewer another line."""
    assert read(tmp_path, text) == shown


def test_read__of_a_long_file_shows_the_first_part_and_says_how_to_go_on(tmp_path: Path) -> None:
    """A model never takes a part for the whole."""
    shown = read(tmp_path, LONG)

    assert len(shown) < RESULT_CHARS + 300
    assert "PARTIAL view of `a.txt`: lines 1-" in shown
    assert "of 1000. Go on with offset" in shown


def test_read__of_too_long_a_range_says_how_many_lines_fit(tmp_path: Path) -> None:
    """Who asked for a range gets all of it or a number that works."""
    with pytest.raises(ToolError, match=r"Lines 1-900 .*\d+ lines fit\), or Grep"):
        read(tmp_path, LONG, offset=1, limit=900)


def test_read__cuts_a_very_long_line(tmp_path: Path) -> None:
    """Minified files do not flood the context."""
    shown = read(tmp_path, "y" * 50_000)

    assert len(shown) < 3_000
    assert "48000 more characters in this line" in shown


def test_read__of_an_empty_file_says_so(tmp_path: Path) -> None:
    """Empty is an answer, not a failure."""
    assert read(tmp_path, "") == "`a.txt` exists and is empty (0 lines)."


def test_read__past_the_end_gives_the_line_count(tmp_path: Path) -> None:
    """The next call can be right."""
    assert read(tmp_path, "a\nb\n", offset=7) == "`a.txt` has 2 lines; line 7 is past its end."


def test_read__takes_paths_as_commands_name_them(tmp_path: Path) -> None:
    """A path copied from a stack trace works, and the answer never repeats it."""
    tree = make_tree(tmp_path, {"src/a.py": "x = 1\n"})
    tool = ReadTool(make_workspace(tree))

    shown = tool.call({"file_path": f"{tree}/src/a.py"})

    assert shown == "    1\tx = 1"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing.txt", "Use Glob"),
        ("src", "List it with Glob"),
        ("/etc/passwd", "outside the repository"),
        ("~/.ssh/id_rsa", "outside the repository"),
        ("../secret", "climb"),
        ("src/../../secret", "climb"),
        (".git/config", "belongs to git"),
        (".GIT/config", "belongs to git"),
        ("", "is empty"),
        ("image.png", "binary"),
        ("latin.txt", "not UTF-8"),
        ("link", "symbolic link"),
    ],
)
def test_read__refuses_with_advice(path: str, said: str, tmp_path: Path) -> None:
    """Each refusal says what is wrong and, where there is one, the way that works."""
    tree = make_tree(tmp_path, {"src/a.py": "", ".git/config": ""})
    (tree / "image.png").write_bytes(b"\x89PNG\x00\x00")
    (tree / "latin.txt").write_bytes(b"caf\xe9")
    (tree / "link").symlink_to("/etc/passwd")

    with pytest.raises(ToolError, match=said) as caught:
        ReadTool(make_workspace(tree)).call({"file_path": path})
    assert str(tmp_path) not in str(caught.value)


def test_read__of_a_pipe_does_not_wait(tmp_path: Path) -> None:
    """A special file planted in the tree cannot stop an agent."""
    tree = make_tree(tmp_path, {})
    os.mkfifo(tree / "pipe")

    with pytest.raises(ToolError, match="not a regular file"):
        ReadTool(make_workspace(tree)).call({"file_path": "pipe"})


def test_read__shows_kept_outputs_until_newer_ones_push_them_out(tmp_path: Path) -> None:
    """A long output can be read in parts, and memory stays bounded."""
    workspace = make_workspace(make_tree(tmp_path, {}))
    first = workspace.keep_output("output", "one\ntwo\n")
    tool = ReadTool(workspace)

    assert tool.call({"file_path": first}) == "    1\tone\n    2\ttwo"
    for _ in range(20):
        workspace.keep_output("output", "more")
    with pytest.raises(ToolError, match="no longer kept"):
        tool.call({"file_path": first})


@pytest.mark.parametrize("arguments", [{}, {"file_path": "a", "offset": -1}, {"path": "a"}])
def test_read__wrong_parameters_are_named(arguments: dict[str, Json], tmp_path: Path) -> None:
    """The model reads which parameter was wrong and what the tool takes."""
    with pytest.raises(ToolArgumentsError, match=r"It takes: file_path \(string\), offset"):
        ReadTool(make_workspace(make_tree(tmp_path, {}))).call(arguments)


def test_read__names_its_subject() -> None:
    """The log says which file it was about, whatever was sent."""
    tool = ReadTool.__new__(ReadTool)

    assert tool.subject({"file_path": "src/a.py"}) == "src/a.py"
    assert tool.subject({}) == ""
