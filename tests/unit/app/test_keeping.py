"""How a run holds its issue while the forge comes and goes."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.keeping import Keeper
from orchestrator.domain.errors import ForgeUnavailableError, TakenOverError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.stages.lease import LEASE
from orchestrator.telemetry.checkpoint import Checkpoint
from orchestrator.telemetry.journal import Journal
from orchestrator.telemetry.redaction import Redactor
from tests.builders_git import git
from tests.contract.test_forge_fault_matrix import ASKED, STATE, yard
from tests.doubles.github_faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.test_forge_fault_matrix import Yard

TRIES = 4
A_MOMENT = timedelta(seconds=1)


@contextlib.contextmanager
def kept(place: Yard, folder: Path) -> Iterator[tuple[Keeper, Journal]]:
    """Open what a run keeps, with its journal."""
    path = folder / "journal.jsonl"
    with contextlib.closing(Journal(path, clock=place.clock, redactor=Redactor())) as journal:
        checkpoint = Checkpoint()
        journal.subscribe(checkpoint.hear)
        yield Keeper(place.state("one"), checkpoint, journal), journal


def _away(place: Yard, *, times: int = TRIES) -> None:
    place.double.break_next(Fault(method="GET", path=ASKED, times=times, status=503))


def test_hold__claims_what_could_not_be_claimed_at_first(tmp_path: Path) -> None:
    """A run that began while the git server was away is seen by others as soon as it is back."""
    with yard(tmp_path) as place, kept(place, tmp_path) as (keeper, journal):
        _away(place)
        with keeper.claimed():
            assert place.there(STATE) == ""
            keeper.hold()
            assert "lock.json" in git(place.bare, "ls-tree", "--name-only", STATE)

        assert git(place.bare, "ls-tree", "--name-only", STATE) == "journal.jsonl"
        assert len(journal.record.notes) == 1


def test_hold__does_not_claim_what_another_run_has_by_then(tmp_path: Path) -> None:
    """Who could not claim the issue in time publishes nothing over the one who could."""
    with yard(tmp_path) as place, kept(place, tmp_path) as (keeper, _):
        _away(place)
        with keeper.claimed():
            place.state("two").save(b"", head=None)
            with pytest.raises(TakenOverError):
                keeper.hold()


@pytest.mark.parametrize("age", [LEASE / 2 + A_MOMENT, LEASE + A_MOMENT], ids=["young", "over"])
def test_hold__lets_nobody_publish_whose_lease_is_over(age: timedelta, tmp_path: Path) -> None:
    """A lease that cannot be renewed is good until its end; then another run may have the issue."""
    with yard(tmp_path) as place, kept(place, tmp_path) as (keeper, journal):
        keeper.save()
        place.clock.advance(age.total_seconds())
        _away(place, times=99)

        if age < LEASE:
            keeper.hold()
            assert "not renewed yet" in journal.record.notes[0].text
        else:
            with pytest.raises(ForgeUnavailableError):
                keeper.hold()


def test_beat__tells_a_run_that_has_lost_its_issue(tmp_path: Path) -> None:
    """Another run pays for the same tasks by now: this one is to stop at once."""
    told: list[str] = []
    with yard(tmp_path) as place, kept(place, tmp_path) as (keeper, journal):
        keeper.on_taken_over = lambda: told.append("taken over")
        keeper.save()
        journal.write(Noted(level=NoteLevel.NOTICE, text="More."))
        keeper.beat()
        assert told == []

        place.move(STATE)()
        journal.write(Noted(level=NoteLevel.NOTICE, text="And more."))
        with pytest.raises(TakenOverError):
            keeper.beat()

    assert told == ["taken over"]


def test_hold__does_not_claim_for_a_run_that_was_never_let_in(tmp_path: Path) -> None:
    """Who may not push the state tells so, and tries no second time."""
    with yard(tmp_path) as place, kept(place, tmp_path) as (keeper, journal):
        keeper.hold()

        assert place.there(STATE) == ""
        assert journal.record.notes == ()
