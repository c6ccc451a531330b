"""The verb `sandbox` works on a copy: of what can be copied, and never into itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.cells import copied
from orchestrator.domain.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_copied__has_files_and_links_as_they_are(tmp_path: Path) -> None:
    """What a command sees is what lies in the folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "link").symlink_to("nowhere")

    tree = copied(folder, tmp_path / "trees" / "0001")

    assert (tree / "a.txt").read_text() == "a"
    assert (tree / "link").readlink().name == "nowhere"


def test_copied__refuses_what_cannot_be_copied(tmp_path: Path) -> None:
    """A pipe, which would be waited for, is named."""
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "pipe")

    with pytest.raises(UsageError, match="folder/pipe"):
        copied(folder, tmp_path / "trees" / "0001")


def test_copied__goes_not_into_itself(tmp_path: Path) -> None:
    """A copy below what is copied would go on until the disk is full."""
    with pytest.raises(UsageError, match="temporary"):
        copied(tmp_path, tmp_path / "trees" / "0001")

    assert list(tmp_path.iterdir()) == []
