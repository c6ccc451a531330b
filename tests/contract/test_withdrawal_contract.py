"""On every forge the word "ready" goes with the branch that somebody moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.change import Change
from orchestrator.domain.event import HeadMoved
from orchestrator.domain.record import fold
from orchestrator.domain.work_loss import Lost
from orchestrator.stages.laying_anew import all_dropped
from orchestrator.stages.losing import Loss
from tests.builders_moved import BRANCH, STARTED, Moved
from tests.contract.forge_places import github_place, local_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[github_place, local_place], ids=["github", "local"])
def moved(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Moved]:
    """Open each forge in turn."""
    with request.param(tmp_path) as place:
        yield Moved(
            folder=tmp_path / "git",
            repository=place.repository,
            reader=place.reader,
            writer=place.writer,
        )


def test_moved_branch__makes_its_ready_request_a_draft(moved: Moved) -> None:
    """The request is a draft again, and says which commit was judged and which one is there."""
    number = moved.call_ready()
    found = moved.push()

    result = moved.look()

    assert result.request is not None
    assert moved.request().is_draft
    (comment,) = moved.comments(number)
    assert moved.judged in comment
    assert found in comment
    assert "comment `/orchestrate` on #42" in comment
    assert moved.judged[:12] in result.text
    assert found[:12] in result.text


def test_moved_branch__is_told_once(moved: Moved) -> None:
    """A second push changes nothing, and who then marks the request as ready is left alone."""
    number = moved.call_ready()
    moved.push()
    moved.look()
    before = moved.state_commit()

    moved.push("More")
    assert moved.look().request is None
    moved.writer.set_draft(number, is_draft=False)
    moved.push("And more")
    assert moved.look().request is None

    assert not moved.request().is_draft
    assert len(moved.comments(number)) == 1
    assert moved.state_commit() == before


def test_moved_branch__is_known_after_a_run_that_began_afresh(moved: Moved) -> None:
    """A run that takes nothing over and pushes nothing leaves the word ready where it stands."""
    number = moved.call_ready()
    earlier = fold(moved.entries(*moved.green(number)))
    loss = Loss(why=("the issue has changed",), lost=frozenset({Lost.ALL}))
    moved.leave(STARTED, all_dropped(earlier, loss))
    moved.push()

    result = moved.look()

    assert result.request is not None
    assert moved.request().is_draft
    (comment,) = moved.comments(number)
    assert moved.judged in comment


def test_branch__that_stands_where_it_was_judged_is_left_alone(moved: Moved) -> None:
    """A push that was taken back before anybody looked has changed nothing."""
    number = moved.call_ready()
    before = moved.state_commit()

    result = moved.look()

    assert result.request is None
    assert f"stands at {moved.judged[:12]}" in result.text
    assert not moved.request().is_draft
    assert moved.comments(number) == []
    assert moved.state_commit() == before


def test_run__at_work_is_not_disturbed(moved: Moved) -> None:
    """What a run has pushed itself is its own affair, and its claim on the issue stays its own."""
    number = moved.call_ready()
    run = moved.leave(*moved.green(number), is_over=False)

    assert moved.look().request is None
    moved.push()
    assert moved.look().request is not None

    assert moved.request().is_draft
    assert len(moved.comments(number)) == 1
    run.hold()


def test_run__at_work_has_not_judged_what_it_has_made_so_far(moved: Moved) -> None:
    """The request speaks of the commit that an earlier run has judged, until it is written anew."""
    number = moved.call_ready()
    made = "c" * 40
    change = Change(base="b", head=made, tree="t", files=(), diff="")
    begun = (STARTED, HeadMoved(commit=made, change=change, task_id=None))
    moved.leave(*moved.green(number), *begun, is_over=False)
    moved.push()

    result = moved.look()

    (comment,) = moved.comments(number)
    assert moved.judged in comment
    assert made not in comment
    assert moved.judged[:12] in result.text


def test_draft__that_somebody_pushes_to_stays_quiet(moved: Moved) -> None:
    """Whoever makes a draft of it themselves is told nothing, then or later."""
    number = moved.call_ready()
    moved.writer.set_draft(number, is_draft=True)
    moved.push()

    assert "a draft already" in moved.look().text
    moved.writer.set_draft(number, is_draft=False)
    moved.push("More")
    assert moved.look().request is None

    assert not moved.request().is_draft
    assert moved.comments(number) == []


def test_dry_run__says_what_it_would_do(moved: Moved) -> None:
    """Nothing is written, anywhere."""
    number = moved.call_ready()
    moved.push()
    before = moved.state_commit()

    assert "is ready no longer" in moved.look(dry_run=True).text

    assert not moved.request().is_draft
    moved.writer.set_draft(number, is_draft=True)
    assert "a draft already" in moved.look(dry_run=True).text
    assert moved.comments(number) == []
    assert moved.state_commit() == before


def test_branch__that_is_gone_has_nothing_to_judge(moved: Moved) -> None:
    """A branch deleted after a merge ends well."""
    moved.call_ready()
    (moved.repository.path / "refs" / "heads" / BRANCH).unlink()

    assert moved.look().text == "The branch is gone."
