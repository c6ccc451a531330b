"""A text that a command left behind is found wherever a later one could read it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.leftovers import find_left
from orchestrator.sandbox.removal import remove_tree

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "s3cret-of-the-registry"


def test_find_left__finds_nothing_in_what_is_clean(tmp_path: Path) -> None:
    """Files, links, pipes and empty folders without the text are no finding."""
    (tmp_path / "deep" / "empty").mkdir(parents=True)
    (tmp_path / "deep" / "file").write_bytes(b"\xff\0nothing")
    (tmp_path / "link").symlink_to("deep")
    os.mkfifo(tmp_path / "pipe")

    assert find_left(tmp_path, [TEXT]) is None


@pytest.mark.parametrize("before", [0, 3_999_990, 4_000_000, 8_000_001])
def test_find_left__finds_it_anywhere_in_a_file(tmp_path: Path, before: int) -> None:
    """A file is read in pieces, and the text may lie across two of them."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0" * before + TEXT.encode() + b"end")

    assert find_left(tmp_path, ["another", TEXT]) == "deep/file"


def test_find_left__reads_names_and_ends_of_links(tmp_path: Path) -> None:
    """What is in no file can be read all the same."""
    link, name = tmp_path / "a", tmp_path / "b"
    link.mkdir()
    name.mkdir()
    (link / "link").symlink_to(f"/nowhere/{TEXT}")
    (name / TEXT).mkdir()

    assert find_left(link, [TEXT]) == "link"
    assert find_left(name, [TEXT]) == TEXT


def test_find_left__follows_no_link(tmp_path: Path) -> None:
    """A link out of the folder leads to nothing that was left in it."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "file").write_text(TEXT)
    (inside / "folder").symlink_to(outside)
    (inside / "file").symlink_to(outside / "file")

    assert find_left(inside, [TEXT]) is None


def test_find_left__reads_names_that_are_no_text(tmp_path: Path) -> None:
    """A name may be any bytes; the finding is readable."""
    (tmp_path / os.fsdecode(b"\xff")).write_text(TEXT)

    assert find_left(tmp_path, [TEXT]) == "�"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_find_left__says_when_it_cannot_look(tmp_path: Path) -> None:
    """What cannot be read is not taken for clean."""
    (tmp_path / "closed").mkdir(mode=0o000)

    with pytest.raises(SandboxError, match="cannot be searched"):
        find_left(tmp_path, [TEXT])


def test_find_left__says_when_there_is_no_folder(tmp_path: Path) -> None:
    """A folder that is not there was not searched."""
    with pytest.raises(SandboxError, match="cannot be searched: No such file"):
        find_left(tmp_path / "absent", [TEXT])


def test_find_left__never_calls_clean_what_is_too_deep(tmp_path: Path) -> None:
    """Folders in folders without end are searched to their bottom, or said to be unsearchable."""
    folder = os.open(tmp_path, os.O_RDONLY)
    for name in (*("d" * 1_500), "secret"):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)

    try:
        found = find_left(tmp_path, ["secret"])
    except SandboxError as error:
        found = str(error)

    remove_tree(tmp_path / "d")
    assert found is not None
