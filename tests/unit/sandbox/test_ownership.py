"""Whose a worktree is while a cell is around it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.ownership import claim_tree
from orchestrator.sandbox.sandbox import Access
from orchestrator.sandbox.slots import Slots

if TYPE_CHECKING:
    from pathlib import Path

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
FIRST, SECOND = 60_100, 60_101


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat(follow_symlinks=False)
    return found.st_uid, found.st_gid


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A worktree as git leaves it, with a link out of it."""
    (tmp_path / "outside").write_text("")
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "file").write_text("")
    (folder / "link").symlink_to("../outside")
    return folder


@only_root
def test_claim_tree__gives_a_writer_all_of_it(tree: Path) -> None:
    """Its user and its group are the cell's alone, never root's; what links lead to stays."""
    before = _owner(tree.parent / "outside")

    cell = claim_tree(tree, Access.WRITE, Slots(FIRST))

    assert cell == (FIRST, FIRST)
    assert {_owner(path) for path in (tree, tree / "file", tree / "link")} == {cell}
    assert _owner(tree.parent / "outside") == before
    assert tree.stat().st_mode & 0o777 == 0o750


@only_root
def test_claim_tree__lets_a_reader_in_by_the_group_alone(tree: Path) -> None:
    """Who may only read is somebody else than who may write, before the writer and after."""
    slots = Slots(FIRST)

    reader = claim_tree(tree, Access.READ, slots)
    assert reader == (FIRST, FIRST)
    assert _owner(tree) == (0, FIRST)
    writer = claim_tree(tree, Access.WRITE, slots)
    assert writer == (SECOND, FIRST)

    assert claim_tree(tree, Access.READ, slots) == (SECOND + 1, FIRST)
    assert claim_tree(tree, Access.WRITE, slots) == writer
    assert _owner(tree) == writer


@only_root
def test_claim_tree__never_hands_a_person_s_folder_over(tree: Path) -> None:
    """A folder that somebody works in is theirs, and stays as it is."""
    os.chown(tree, 1234, 1234)

    with pytest.raises(SandboxError, match="belongs to user 1234, not to a cell"):
        claim_tree(tree, Access.WRITE, Slots(FIRST))

    assert _owner(tree) == (1234, 1234)
    assert _owner(tree / "file")[0] == 0
