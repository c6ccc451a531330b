"""What an agent may have filled is deleted, and nothing that a link of it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.removal import remove_tree

if TYPE_CHECKING:
    from pathlib import Path


def _locked(place: Path) -> tuple[Path, Path]:
    folder = place / "elsewhere"
    folder.mkdir()
    file = folder / "kept"
    file.write_text("kept")
    file.chmod(0o040)
    folder.chmod(0o500)
    return folder, file


def _modes(*paths: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in paths]


def test_removal__takes_a_link_and_leaves_what_it_leads_to(tmp_path: Path) -> None:
    """Where an agent put a link in a folder's place, the link goes; its target stays as it was."""
    folder, file = _locked(tmp_path)
    link = tmp_path / "tree"
    link.symlink_to(folder)

    remove_tree(link)

    assert not link.is_symlink()
    assert _modes(folder, file) == [0o500, 0o040]


def test_removal__takes_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    """A dangling link is something that is there."""
    link = tmp_path / "tree"
    link.symlink_to(tmp_path / "nowhere")

    remove_tree(link)

    assert not link.is_symlink()


def test_removal__takes_locked_folders(tmp_path: Path) -> None:
    """What an agent has locked is deleted all the same; nothing there is nothing to do."""
    folder, _ = _locked(tmp_path)

    remove_tree(folder)
    remove_tree(folder)

    assert not folder.exists()


def test_homes__of_setup_end_without_following_their_links(tmp_path: Path) -> None:
    """Setup runs strangers' install scripts: a link that they leave as `tmp` leads nowhere."""
    folder, file = _locked(tmp_path)
    homes = Homes(tmp_path / "cells")
    (tmp_path / "cells").mkdir()
    home = homes.make(network=True)
    (home / "tmp").rmdir()
    (home / "tmp").symlink_to(folder)

    homes.end(home)

    assert not (home / "tmp").is_symlink()
    assert _modes(folder, file) == [0o500, 0o040]
