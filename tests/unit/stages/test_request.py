"""The run's one pull request, and what people do to it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeRejectedError, UsageError
from orchestrator.domain.outcome import Conclusion
from orchestrator.forge.local_files import PullRecord
from orchestrator.forge.local_forge import LocalReader, LocalWriter
from orchestrator.stages.pipeline import run_pipeline
from tests.builders_events import run_started
from tests.builders_git import git
from tests.end_to_end import project
from tests.unit.stages.test_publish import COMMENT, CREATE, DOWN, FORBIDDEN, Moody, a_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.issue import Issue
    from orchestrator.forge.forge import PullRequest
    from tests.unit.stages.house import Furnish, House


def _requests(house: House) -> Sequence[PullRequest]:
    return LocalReader(house.forge).pull_requests()


def _there(house: House) -> str:
    return git(house.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{project.BRANCH}")


def _close(house: House, number: int) -> None:
    shelf = house.forge.pull_requests
    record, body = shelf.read(PullRecord, number)
    shelf.write(record.model_copy(update={"is_open": False}), body)


def test_deliver__ends_when_people_close_the_request(furnish: Furnish) -> None:
    """To close what a run is working on is to stop it: nothing is pushed or opened after that."""
    house = furnish()
    publisher = house.publisher()
    first = a_commit(house, "one")
    publisher.show(first)
    _close(house, _requests(house)[0].number)

    for _ in range(2):
        with pytest.raises(UsageError, match="was closed or merged while the run"):
            publisher.deliver(a_commit(house, "two"))
    publisher.settle(is_ready=False)

    assert _requests(house) == ()
    assert _there(house) == first
    (comment,) = LocalReader(house.forge).comments(project.NUMBER)
    assert comment.body


def test_say__ends_when_people_close_what_an_earlier_run_opened(furnish: Furnish) -> None:
    """A later run that has written nothing yet ends too: neither money nor a second request."""
    house = furnish()
    house.publisher().show(a_commit(house, "one"))
    house.journal.write(run_started())
    publisher = house.publisher()
    publisher.say()
    _close(house, _requests(house)[0].number)

    with pytest.raises(UsageError, match="was closed or merged while the run"):
        publisher.say()
    with pytest.raises(UsageError, match="was closed or merged while the run"):
        publisher.deliver(a_commit(house, "two"))

    assert _requests(house) == ()


def test_deliver__goes_on_where_the_earlier_request_was_settled_before(furnish: Furnish) -> None:
    """What was merged before the run began is for pre-flight to judge, and not asked again."""
    house = furnish()
    house.publisher().show(a_commit(house, "one"))
    _close(house, _requests(house)[0].number)
    house.journal.write(run_started())
    publisher = house.publisher()

    publisher.say()
    publisher.show(a_commit(house, "two"))

    assert len(_requests(house)) == 1


@pytest.mark.parametrize("error", [DOWN, FORBIDDEN], ids=["down", "forbidden"])
def test_settle__never_says_that_there_is_no_request_where_there_is_one(
    furnish: Furnish, error: Exception
) -> None:
    """A token that expires meanwhile keeps the last words away, and not the request."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge))
    publisher = house.publisher(writer)
    publisher.show(a_commit(house, "one"))
    writer.moods[CREATE] = error

    publisher.settle(is_ready=True)

    assert publisher.refusal is None
    assert "The pull request could not be brought up to date" in house.notes()
    assert [request.is_draft for request in _requests(house)] == [True]


def test_request__tells_what_went_wrong_as_what_is_over(furnish: Furnish) -> None:
    """A request that is there at last does not say of itself that there is none."""
    house = furnish()
    moods = {CREATE: ForgeRejectedError("422.", hint="Later."), COMMENT: DOWN}
    writer = Moody(LocalWriter(house.forge), {**moods})
    publisher = house.publisher(writer)
    head = a_commit(house, "one")
    publisher.show(head)
    writer.moods.clear()

    publisher.settle(is_ready=True)

    (request,) = _requests(house)
    assert "The pull request could not be opened: 422." in request.body
    assert "The progress comment could not be written: The forge is out of" in request.body


def test_deliver__makes_a_draft_of_what_it_finds_late(furnish: Furnish) -> None:
    """A request that could not be written with the push is no longer ready once it can be."""
    house = furnish()
    first = house.publisher()
    first.show(a_commit(house, "one"))
    first.settle(is_ready=True)
    house.journal.write(run_started())
    writer = Moody(LocalWriter(house.forge), {CREATE: ForgeRejectedError("422.", hint="Later.")})
    publisher = house.publisher(writer)
    head = a_commit(house, "two")
    publisher.show(head)
    writer.moods.clear()

    publisher.show(head)

    assert [request.is_draft for request in _requests(house)] == [True]


@pytest.mark.parametrize("error", [DOWN, KeyboardInterrupt()], ids=["down", "cancelled"])
def test_run__that_ends_before_it_has_looked_opens_no_second_request(
    furnish: Furnish, error: BaseException
) -> None:
    """What people closed stays closed, also when pre-flight did not get as far as to see it."""

    @dataclass(frozen=True, slots=True)
    class Silent(LocalReader):
        def issue(self, number: int) -> Issue:
            raise error

    house = furnish()
    house.publisher().show(a_commit(house, "one"))
    _close(house, _requests(house)[0].number)
    house.journal.write(run_started())
    scene = replace(house.context.scene, forge=Silent(house.forge))

    run_pipeline(replace(house.context, scene=scene), house.publisher(), plan_only=False)

    assert _requests(house) == ()
    outcome = house.journal.record.outcome
    assert outcome is not None
    assert outcome.conclusion is Conclusion.FAILURE


def test_deliver__takes_a_request_as_open_that_nobody_can_ask_about(furnish: Furnish) -> None:
    """A forge that does not say ends no run."""
    house = furnish()

    def is_open(_number: int) -> bool:
        raise DOWN

    publisher = house.publisher(is_open=is_open)
    publisher.show(a_commit(house, "one"))
    second = a_commit(house, "two")
    publisher.show(second)

    assert _there(house) == second
