"""The verb `withdraw` and the event of a push: where they look, and what they answer."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.event import act
from orchestrator.app.places import open_folder
from orchestrator.app.withdrawing import withdraw
from orchestrator.domain.errors import OrchestratorError, UsageError
from tests.builders_moved import NUMBER, Moved
from tests.doubles.github_repository import BareRepository
from tests.unit.app.office import make_desk, make_office

if TYPE_CHECKING:
    from pathlib import Path


def words(forge: object = None, **different: object) -> Namespace:
    """Return what the command line says."""
    usual = {"issue": f"#{NUMBER}", "forge": forge, "repository": None, "dry_run": False}
    return Namespace(**{**usual, **different})


def on_a_laptop(folder: Path) -> Moved:
    """Return the branch of a local forge."""
    repository = BareRepository.create(folder / "forge" / "repository.git")
    place, _ = open_folder(folder / "forge", make_desk(), full_name="local/site")
    return Moved(
        folder=folder / "git", repository=repository, reader=place.reader, writer=place.writer
    )


def test_withdraw__works_on_a_local_forge(tmp_path: Path) -> None:
    """A dry run says what the real one then does."""
    moved = on_a_laptop(tmp_path)
    number = moved.call_ready()
    moved.push()
    stream = io.StringIO()
    desk = make_desk(stream=stream)

    assert withdraw(words(tmp_path / "forge", dry_run=True), desk) == 0
    assert not moved.request().is_draft
    assert withdraw(words(tmp_path / "forge"), desk) == 0

    assert moved.request().is_draft
    assert len(moved.comments(number)) == 1
    assert stream.getvalue().count(f"Pull request #{number} is ready no longer") == 2
    assert "A dry run changes nothing" in stream.getvalue()


@pytest.mark.parametrize(
    ("different", "words_of_error"),
    [
        ({"issue": "many"}, "'many' is not an issue number"),
        ({}, "not known which repository"),
        ({"forge": "nowhere"}, "no local forge"),
    ],
    ids=["no number", "no place", "no forge"],
)
def test_withdraw__without_a_place_says_what_is_missing(
    different: dict[str, object], words_of_error: str, tmp_path: Path
) -> None:
    """Nothing is made where nothing was."""
    if "forge" in different:
        different = {"forge": tmp_path / "nowhere"}

    with pytest.raises(UsageError, match=words_of_error) as refusal:
        withdraw(words(**different), make_desk())

    assert refusal.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("payload", "words_of_error"),
    [
        ({"ref": "refs/heads/main"}, "none of ours"),
        ({"ref": ["refs/heads/orchestrator/issue-42"]}, "ref"),
        ({}, "ref"),
    ],
    ids=["another branch", "hostile", "empty"],
)
def test_push__that_is_none_of_ours_is_refused(
    payload: dict[str, object], words_of_error: str, tmp_path: Path
) -> None:
    """What does not name a branch of ours is an error that the job shows, and nothing is asked."""
    office = make_office(tmp_path, event="push", payload=json.dumps(payload))

    with pytest.raises(OrchestratorError, match=words_of_error):
        act(office.desk)

    assert "blocked" in office.text(office.output)
