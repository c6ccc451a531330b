"""Edit and MultiEdit on real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ToolError, ToolRefusedError
from orchestrator.domain.role import RoleKind
from orchestrator.tools.editing import EditTool, MultiEditTool
from orchestrator.tools.reading import ReadTool
from tests.unit.tools.workshop import make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json
    from orchestrator.tools.workspace import Workspace

CODE = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


def opened(folder: Path, text: str = CODE, *, name: str = "src/a.py") -> Workspace:
    """Return a workspace whose agent has read one file with this text."""
    workspace = make_workspace(make_tree(folder, {name: text}))
    ReadTool(workspace).call({"file_path": name})
    return workspace


def edit(workspace: Workspace, old: str, new: str, **more: Json) -> str:
    """Edit `src/a.py`."""
    arguments = {"file_path": "src/a.py", "old_string": old, "new_string": new, **more}
    return EditTool(workspace).call(arguments)


def stored(folder: Path) -> str:
    """Return `src/a.py` as it is on disk."""
    return (folder / "tree/src/a.py").read_bytes().decode()


def test_edit__changes_the_file_and_shows_the_lines(tmp_path: Path) -> None:
    """The answer lets the model check its own edit without another read."""
    said = edit(opened(tmp_path), "return 2", "return 3")

    assert stored(tmp_path) == CODE.replace("2", "3")
    assert said.startswith("`src/a.py`: 1 replaced.\n")
    assert "    6\t    return 3" in said


def test_edit__keeps_foreign_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    """A one-word change is a one-line diff, also in a file from another system."""
    text = "\ufeff" + CODE.replace("\n", "\r\n")

    edit(opened(tmp_path, text), "a():\n    return 1", "a():\n    return 7")

    assert stored(tmp_path) == text.replace("return 1", "return 7")


def test_edit__leaves_mixed_line_ends_as_they_are(tmp_path: Path) -> None:
    """Nothing is normalised behind anybody's back."""
    edit(opened(tmp_path, "a\r\nb\nc\n"), "b", "x")

    assert stored(tmp_path) == "a\r\nx\nc\n"


def test_edit__of_an_unread_file_is_refused(tmp_path: Path) -> None:
    """Nobody edits from memory of what a file might contain."""
    workspace = make_workspace(make_tree(tmp_path, {"src/a.py": CODE}))

    with pytest.raises(ToolError, match=r"Read `src/a\.py` before"):
        edit(workspace, "return 2", "return 3")
    assert stored(tmp_path) == CODE


def test_edit__of_a_file_changed_since_is_applied_with_a_note_when_it_fits(tmp_path: Path) -> None:
    """A formatter in between costs no extra turn where the edit is still clear."""
    workspace = opened(tmp_path)
    (tmp_path / "tree/src/a.py").write_text("# new\n" + CODE)

    said = edit(workspace, "return 2", "return 3")

    assert "had changed since you read it" in said
    assert stored(tmp_path) == "# new\n" + CODE.replace("2", "3")


def test_edit__of_a_file_changed_since_asks_to_read_again_when_it_does_not_fit(
    tmp_path: Path,
) -> None:
    """The advice names the true cause."""
    workspace = opened(tmp_path)
    (tmp_path / "tree/src/a.py").write_text("something else entirely\n")

    with pytest.raises(ToolError, match="has changed since you read it: Read it again"):
        edit(workspace, "return 2", "return 3")


def test_edit__twice_needs_no_second_read(tmp_path: Path) -> None:
    """What an agent wrote itself it knows."""
    workspace = opened(tmp_path)

    edit(workspace, "return 1", "return 10")
    said = edit(workspace, "return 2", "return 20")

    assert "Note:" not in said
    assert stored(tmp_path) == CODE.replace("1", "10").replace("2", "20")


def test_edit__of_a_missing_file_points_to_write(tmp_path: Path) -> None:
    """Creating is another tool's work."""
    with pytest.raises(ToolError, match="Use Write to create it"):
        edit(make_workspace(make_tree(tmp_path, {})), "a", "b")


def test_edit__outside_the_task_is_refused_before_anything_else(tmp_path: Path) -> None:
    """The rule is named and the file is untouched."""
    workspace = make_workspace(make_tree(tmp_path, {"src/a.py": CODE}), task_files=("docs/**",))

    with pytest.raises(ToolRefusedError, match=r"outside the task's files \(`docs/\*\*`\)"):
        edit(workspace, "return 2", "return 3")


def test_edit__by_a_reviewer_is_refused(tmp_path: Path) -> None:
    """Who judges cannot change."""
    workspace = make_workspace(make_tree(tmp_path, {"src/a.py": CODE}), kind=RoleKind.REVIEWER)

    with pytest.raises(ToolRefusedError, match="changes no file"):
        edit(workspace, "return 2", "return 3")


def test_edit__through_a_link_is_refused(tmp_path: Path) -> None:
    """A link in the tree leads nowhere."""
    tree = make_tree(tmp_path, {"src/b.py": CODE})
    (tree / "src/a.py").symlink_to(tmp_path / "outside.py")

    with pytest.raises(ToolError, match="symbolic link"):
        edit(make_workspace(tree), "return 2", "return 3")


def test_edit__that_breaks_python_is_made_with_a_warning(tmp_path: Path) -> None:
    """The slip is seen at once and not ten turns later in a test log."""
    said = edit(opened(tmp_path), "return 2", "return (2")

    assert "WARNING: `src/a.py` is no longer valid, line 6" in said
    assert "return (2" in stored(tmp_path)


def test_edit__of_already_broken_python_does_not_warn(tmp_path: Path) -> None:
    """What was no Python before, a template perhaps, is not blamed on the edit."""
    said = edit(opened(tmp_path, "{{ a }} = 1\nx = 2\n"), "x = 2", "x = 3")

    assert "WARNING" not in said


def test_edit__takes_control_characters_as_they_were_shown(tmp_path: Path) -> None:
    """What Read draws as a picture is in the file what it was, before and after."""
    edit(opened(tmp_path, "a = 1\r\n\fb = 2\n"), "1␍\n␌b = 2", "3␍\n␌b = 4")

    assert stored(tmp_path) == "a = 3\r\n\fb = 4\n"


def test_edit__of_an_endless_line_shows_its_beginning(tmp_path: Path) -> None:
    """One letter of a minified file does not cost the price of the whole file."""
    said = edit(opened(tmp_path, f"a = 1  # {'x' * 100_000}\n"), "a = 1", "a = 2")

    assert len(said) < 3_000
    with pytest.raises(ToolError) as caught:
        edit(opened(tmp_path, f"a = 1\nb = '{'x' * 100_000}'\n"), "a  =  1\n", "a = 2\n")
    assert len(str(caught.value)) < 3_000


def test_edit__with_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    """Text that no file can hold is named instead of crashing the agent."""
    with pytest.raises(ToolError, match="invalid character"):
        edit(opened(tmp_path), "return 2", "return '\ud83d'")
    assert stored(tmp_path) == CODE


def multi_edit(workspace: Workspace, *edits: tuple[str, str]) -> str:
    """Make several edits in `src/a.py`."""
    steps: Json = [{"old_string": old, "new_string": new} for old, new in edits]
    return MultiEditTool(workspace).call({"file_path": "src/a.py", "edits": steps})


def test_multi_edit__applies_edits_in_order(tmp_path: Path) -> None:
    """A later edit sees what an earlier one wrote."""
    said = multi_edit(opened(tmp_path), ("return 1", "return 5"), ("return 5", "return 6"))

    assert said.startswith("`src/a.py`: 2 edits made.")
    assert stored(tmp_path) == CODE.replace("return 1", "return 6")


def test_multi_edit__makes_none_when_one_fails(tmp_path: Path) -> None:
    """All or nothing: the model never has to guess which half was made."""
    with pytest.raises(ToolError, match=r"Edit 2 of 2: .*No edit was made"):
        multi_edit(opened(tmp_path), ("return 1", "return 5"), ("missing()", "x"))
    assert stored(tmp_path) == CODE


def test_multi_edit__that_ends_where_it_began_is_refused(tmp_path: Path) -> None:
    """Success is only reported for a change."""
    with pytest.raises(ToolError, match="cancel each other out"):
        multi_edit(opened(tmp_path), ("return 1", "return 5"), ("return 5", "return 1"))


def test_multi_edit__takes_edits_sent_as_json_text(tmp_path: Path) -> None:
    """A known slip of models with one meaning only costs no turn."""
    tool = MultiEditTool(opened(tmp_path))
    steps = '[{"old_string": "return 1", "new_string": "return 5"}]'

    tool.call({"file_path": "src/a.py", "edits": steps})

    assert "return 5" in stored(tmp_path)


def test_edit_tools__name_their_subject(tmp_path: Path) -> None:
    """The log says which file it was about."""
    workspace = opened(tmp_path)

    assert EditTool(workspace).subject({"file_path": "a.py"}) == "a.py"
    assert MultiEditTool(workspace).subject({}) == ""
