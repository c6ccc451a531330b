"""The command line on a laptop: where a run's files go when nobody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.app.laptop import run, words_for
from orchestrator.cli import parser
from orchestrator.domain.errors import GitError, UsageError
from tests.builders_git import make_repository
from tests.end_to_end import project
from tests.unit.app.office import make_desk

if TYPE_CHECKING:
    from pathlib import Path


def test_laptop__names_a_checkout_that_cannot_hold_its_folder(tmp_path: Path) -> None:
    """A checkout that is read only, or has a file of our folder's name, is no defect."""
    checkout = make_repository(tmp_path / "checkout", project.files())
    (checkout / ".orchestrator").write_text("mine")
    issue = tmp_path / "42.md"
    issue.write_text("# Greet\n")
    words = ["run", "--issue-file", str(issue), "--repo", str(checkout), "--dry-run"]

    with pytest.raises(UsageError, match=r"\.orchestrator") as refusal:
        run(parser().parse_args(words), make_desk())

    assert "--output" in refusal.value.hint
    assert (checkout / ".orchestrator").read_text() == "mine"


@pytest.mark.parametrize("numbers", [["42"], ["42", "43"]], ids=["one", "several"])
def test_laptop__makes_no_forge_of_a_name_that_was_mistyped(
    tmp_path: Path, numbers: list[str]
) -> None:
    """An issue can only be on a forge that is there; a dry run leaves nothing but its folder."""
    checkout = make_repository(tmp_path / "checkout", project.files())
    place = ["--repo", str(checkout), "--forge", str(tmp_path / "froge")]

    with pytest.raises(UsageError, match=r"no local forge in .*froge"):
        run(parser().parse_args(["run", *numbers, *place, "--dry-run"]), make_desk())

    assert not (tmp_path / "froge").exists()


def test_laptop__names_a_forge_that_cannot_be_made(tmp_path: Path) -> None:
    """A forge that is a file is told by name, and stays one."""
    checkout = make_repository(tmp_path / "checkout", project.files())
    issue = tmp_path / "42.md"
    issue.write_text("# Greet\n")
    words = ["plan", "--issue-file", str(issue), "--repo", str(checkout), "--forge", str(issue)]

    with pytest.raises(GitError, match=r"42\.md/repository\.git' cannot be made"):
        run(parser().parse_args(words), make_desk())

    assert issue.read_text() == "# Greet\n"


def test_companion__is_told_all_options_of_the_command_line(tmp_path: Path) -> None:
    """Each issue of several gets the same run as it would alone, and a folder of its own."""
    words = ["plan", "42", "43", "--output", str(tmp_path), "--base=-odd", "--dry-run", "--quiet"]
    options = parser().parse_args(words)

    told = parser().parse_args(words_for(options, 43))

    alone = {"issues": ["43"], "output": tmp_path / "issue-43"}
    assert vars(told) == vars(options) | alone
