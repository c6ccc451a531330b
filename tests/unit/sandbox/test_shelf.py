"""Programs for cells, taken out of private folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.programs import find_program
from orchestrator.sandbox.shelf import stock_shelf

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """Return a private folder with one program, reached by a link."""
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    (folder / "real").write_text("#!/bin/sh\necho works\n")
    (folder / "real").chmod(0o700)
    (folder / "own-tool").symlink_to("real")
    return folder


def test_stock_shelf__makes_programs_reachable(tmp_path: Path, private: Path) -> None:
    """What lay in a private folder can be run by everybody, under the name it was asked by."""
    shelf = tmp_path / "shelf"

    missing = stock_shelf(shelf, ["own-tool"], path=[private])
    again = stock_shelf(shelf, ["own-tool"], path=[private])

    tool = shelf / "own-tool"
    assert (missing, again) == ((), ())
    assert tool.stat().st_mode & 0o005 == 0o005
    assert launch(Launch(argv=(str(tool),), timeout_s=5, output_bytes=99)).stdout == b"works\n"
    assert (private / "real").stat().st_mode & 0o777 == 0o700


def test_stock_shelf__leaves_the_systems_programs_where_they_are(
    tmp_path: Path, private: Path
) -> None:
    """Only what cells would not find is put there; what is nowhere is named."""
    shelf = tmp_path / "shelf"

    missing = stock_shelf(shelf, ["sh", "no-such-tool"], path=[private])

    assert missing == ("no-such-tool",)
    assert os.listdir(shelf) == []  # noqa: PTH208 -- a plain list reads best
    assert find_program("sh") is not None


def test_stock_shelf__says_when_it_cannot(tmp_path: Path, private: Path) -> None:
    """A file in the way ends in a sentence."""
    (tmp_path / "shelf").write_text("")

    with pytest.raises(SandboxError, match="cannot be put"):
        stock_shelf(tmp_path / "shelf", ["own-tool"], path=[private])
