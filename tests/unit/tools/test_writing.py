"""Write on real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ToolError, ToolRefusedError
from orchestrator.domain.role import Restriction
from orchestrator.tools.reading import ReadTool
from orchestrator.tools.writing import WriteTool
from tests.unit.tools.workshop import make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.tools.workspace import Workspace


def write(workspace: Workspace, path: str, content: str) -> str:
    """Write one file."""
    return WriteTool(workspace).call({"file_path": path, "content": content})


def test_write__creates_a_file_and_its_folders(tmp_path: Path) -> None:
    """A new component needs no `mkdir` first."""
    tree = make_tree(tmp_path, {})

    said = write(make_workspace(tree), "src/ui/toggle.js", "export {};\n")

    assert said == "`src/ui/toggle.js` created, 1 lines."
    assert (tree / "src/ui/toggle.js").read_text() == "export {};\n"


def test_write__over_an_unread_file_is_refused(tmp_path: Path) -> None:
    """Nobody overwrites what they have not looked at."""
    tree = make_tree(tmp_path, {"a.txt": "old\n"})

    with pytest.raises(ToolError, match=r"exists\. Read it before"):
        write(make_workspace(tree), "a.txt", "new\n")
    assert (tree / "a.txt").read_text() == "old\n"


def test_write__over_a_file_changed_since_is_refused(tmp_path: Path) -> None:
    """What a command wrote in between is not lost."""
    tree = make_tree(tmp_path, {"a.txt": "old\n"})
    workspace = make_workspace(tree)
    ReadTool(workspace).call({"file_path": "a.txt"})
    (tree / "a.txt").write_text("newer\n")

    with pytest.raises(ToolError, match="has changed since"):
        write(workspace, "a.txt", "new\n")


def test_write__over_a_file_it_has_read_keeps_the_line_ends(tmp_path: Path) -> None:
    """Overwriting is no way to change every line's end."""
    tree = make_tree(tmp_path, {"a.txt": "one\r\ntwo\r\n"})
    workspace = make_workspace(tree)
    ReadTool(workspace).call({"file_path": "a.txt"})

    said = write(workspace, "a.txt", "one\nthree\n")

    assert said == "`a.txt` overwritten, 2 lines."
    assert (tree / "a.txt").read_bytes() == b"one\r\nthree\r\n"


def test_write__of_the_same_text_is_refused(tmp_path: Path) -> None:
    """A call without effect is not reported as work."""
    workspace = make_workspace(make_tree(tmp_path, {"a.txt": "old\n"}))
    ReadTool(workspace).call({"file_path": "a.txt"})

    with pytest.raises(ToolError, match="exactly this text"):
        write(workspace, "a.txt", "old\n")


def test_write__of_a_new_file_is_refused_where_the_role_creates_none(tmp_path: Path) -> None:
    """`no_file_creation` is kept by code."""
    tree = make_tree(tmp_path, {})
    only = frozenset({Restriction.NO_FILE_CREATION})

    with pytest.raises(ToolRefusedError, match="no_file_creation"):
        write(make_workspace(tree, restrictions=only), "a.txt", "new\n")
    assert not (tree / "a.txt").exists()


@pytest.mark.parametrize("path", ["src", "a.txt/b.txt"])
def test_write__where_a_folder_or_file_is_in_the_way_is_refused(path: str, tmp_path: Path) -> None:
    """The tree's shape is respected."""
    tree = make_tree(tmp_path, {"src/a.py": "", "a.txt": ""})

    with pytest.raises(ToolError, match=r"it is a folder|a part of the path is a file"):
        write(make_workspace(tree), path, "new\n")


def test_write__among_kept_outputs_is_refused(tmp_path: Path) -> None:
    """A file there would hide behind an output of the same name."""
    with pytest.raises(ToolRefusedError, match="Kept outputs can only be read"):
        write(make_workspace(make_tree(tmp_path, {})), ".orchestrator-scratch/a.txt", "x")


def test_write__of_broken_json_warns(tmp_path: Path) -> None:
    """A missing brace is seen at once."""
    said = write(make_workspace(make_tree(tmp_path, {})), "a.json", '{"a": 1')

    assert "WARNING: `a.json` is no longer valid, line 1" in said


def test_write__names_its_subject(tmp_path: Path) -> None:
    """The log says which file it was about."""
    workspace = make_workspace(make_tree(tmp_path, {}))

    assert WriteTool(workspace).subject({"file_path": "a.py"}) == "a.py"
