"""A run that pushes nothing still answers for the pull request that is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeUnavailableError, NotAuthorisedError
from orchestrator.domain.event import GatesEvaluated, PullRequestPublished
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.forge.forge import PullRequestText
from orchestrator.forge.local_forge import LocalReader, LocalWriter
from orchestrator.stages.pipeline import run_pipeline
from orchestrator.stages.visibility import as_it_stands, take_back
from tests.builders_git import commit_files, git
from tests.end_to_end import project
from tests.end_to_end.play import finding, play_with, reviewer, verdict
from tests.unit.stages.readers import ToldReader
from tests.unit.stages.test_publish import CREATE, DRAFT, Moody, a_commit, push_by_hand

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish, House

NO = NotAuthorisedError("Not permitted.", hint="Add the permission.")
AWAY = ForgeUnavailableError("Out of reach.", hint="Later.")


def _made_ready(house: House) -> int:
    """Leave what an earlier run leaves that has ended well, and return the request's number."""
    checkout = house.folder / "checkout"
    git(checkout, "checkout", "--quiet", "-b", "earlier")
    commit_files(checkout, {"new.txt": "new\n"}, message="New")
    git(checkout, "push", "--quiet", str(house.bare), f"HEAD:refs/heads/{project.BRANCH}")
    house.keep_pushed()
    writer = LocalWriter(house.forge)
    request, _ = writer.ensure_pull_request(
        head=project.BRANCH, base="main", text=PullRequestText(title="New", body="All is green.")
    )
    writer.set_draft(request.number, is_draft=False)
    return request.number


def _resume_after(house: House, number: int, *, judged: str) -> None:
    """Begin a run whose journal says that an earlier one called this commit ready."""
    green = GateResult(gate="no_secrets", verdict=GateVerdict.PASSED, reason="", commit=judged)
    house.journal.write(GatesEvaluated(results=(green,)))
    house.journal.write(
        PullRequestPublished(number=number, url="", operation="updated", is_draft=False)
    )
    _resume(house)


def _resume(house: House) -> None:
    started = house.journal.record.started
    assert started is not None
    house.journal.write(started)


def _stop_early(house: House) -> None:
    """Let the run end before it has pushed anything."""

    def show() -> None:
        raise NO

    house.context = replace(house.context, show=show)


def _run(house: House, writer: Moody | None = None) -> Outcome:
    return run_pipeline(house.context, house.publisher(writer), plan_only=False)


def _comment(house: House) -> str:
    (comment,) = LocalReader(house.forge).comments(project.NUMBER)
    return comment.body


def test_push_by_a_person__makes_a_ready_request_a_draft_again(furnish: Furnish) -> None:
    """The next run stops at the commits, and says of the request that nobody has judged them."""
    house = furnish()
    number = _made_ready(house)
    push_by_hand(house, "My own idea")

    outcome = _run(house)

    (request,) = LocalReader(house.forge).pull_requests()
    assert outcome.conclusion is Conclusion.BLOCKED
    assert request.is_draft
    assert (request.title, request.body) == ("New", "All is green.")
    assert f"Pull request #{number} is a draft again" in outcome.summary
    assert "is a draft again" in _comment(house)
    assert "My own idea" in _comment(house)


def test_push_by_a_person__is_told_when_the_forge_keeps_it_ready(furnish: Furnish) -> None:
    """What still looks ready and is not is the first thing to say."""
    house = furnish()
    _made_ready(house)
    push_by_hand(house)

    outcome = _run(house, Moody(LocalWriter(house.forge), {DRAFT: NO}))

    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [False]
    assert outcome.conclusion is Conclusion.BLOCKED
    assert "still says that it is ready for review, and it is not" in outcome.summary
    assert "still says that it is ready for review" in _comment(house)
    assert "convert it to a draft by hand" in _comment(house)
    assert "is a draft again" not in outcome.summary
    assert house.journal.record.outcome == outcome


def test_ready_request__stays_ready_when_nobody_pushed(furnish: Furnish) -> None:
    """A run that is stopped for another reason does not unmake what an earlier one has proved."""
    house = furnish()
    _made_ready(house)
    _stop_early(house)
    outcome = _run(house)

    assert outcome.conclusion is Conclusion.BLOCKED
    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [False]
    assert "draft" not in house.notes()


def test_rebase_by_a_person__makes_a_ready_request_a_draft_again(furnish: Furnish) -> None:
    """Another date on our own commit makes it another one, which nobody has judged."""
    house = furnish()
    number = _made_ready(house)
    judged = LocalReader(house.forge).pull_requests()[0].head_commit
    _resume_after(house, number, judged=judged)
    _stop_early(house)
    _run(house)
    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [False]

    checkout = house.folder / "checkout"
    git(checkout, "commit", "--quiet", "--amend", "--date", "2027-01-01T00:00:00Z", "--no-edit")
    git(
        checkout, "push", "--quiet", "--force", str(house.bare), f"HEAD:refs/heads/{project.BRANCH}"
    )
    _resume(house)
    outcome = _run(house)

    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [True]
    assert "what is on its branch now: New (Ada)" in outcome.summary


def test_push_of_our_own__whose_request_cannot_be_written_makes_it_a_draft(
    furnish: Furnish,
) -> None:
    """A request that an earlier run made ready says nothing of what this one has pushed."""
    house = furnish()
    number = _made_ready(house)
    branch = f"refs/heads/{project.BRANCH}"
    _resume_after(house, number, judged=git(house.bare, "rev-parse", branch))
    writer = Moody(LocalWriter(house.forge), {CREATE: AWAY})
    publisher = house.publisher(writer, push=lambda *_: None)
    publisher.deliver(a_commit(house, "two"))
    push_by_hand(house, "What was pushed")

    take_back(house.context, publisher, Outcome(conclusion=Conclusion.FAILURE, summary="So."))

    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [True]


def test_set_back_by_a_person__makes_a_ready_request_a_draft_again(furnish: Furnish) -> None:
    """A commit of ours is not the one that was judged only because it is ours."""
    house = furnish()
    number = _made_ready(house)
    _resume_after(house, number, judged="f" * 40)
    _stop_early(house)
    outcome = _run(house)

    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [True]
    assert "what is on its branch now: it was moved to" in outcome.summary


def test_ending__stays_what_it_is_when_nobody_can_be_told(furnish: Furnish) -> None:
    """A lease that is over keeps a run from publishing, and changes nothing of how it ended."""
    house = furnish()
    over: list[str] = []

    def show() -> None:
        over.append("lease")
        raise NO

    def hold() -> None:
        if over:
            raise AWAY

    house.context = replace(house.context, show=show)
    outcome = run_pipeline(house.context, house.publisher(hold=hold), plan_only=False)

    assert outcome.failure_class is FailureClass.PERMISSION_MISSING
    assert house.journal.record.outcome == outcome
    assert "last words could not be brought" in house.notes()


def test_ready_request__that_cannot_be_looked_at_is_told(furnish: Furnish) -> None:
    """A forge that does not answer is a note, never another ending."""

    class Silent(ToldReader):
        def pull_requests(self, *, head_branch: str | None = None) -> tuple[()]:
            raise ForgeUnavailableError("Out of reach.", hint="Wait.")

    house = furnish()
    _made_ready(house)
    push_by_hand(house)
    scene = replace(house.context.scene, forge=Silent())
    house.context = replace(house.context, scene=scene)

    outcome = _run(house)

    assert outcome.conclusion is Conclusion.BLOCKED
    assert "could not be looked at: Out of reach." in house.notes()


def test_red_run__tells_when_the_request_could_not_be_made_a_draft(furnish: Furnish) -> None:
    """The inverse of a ready request that stays a draft: it says ready, and no gate does."""
    red = reviewer(verdict(finding(quote="gone"), verdict="changes"), times=2)
    house = furnish(*play_with(red).conversations)
    _made_ready(house)

    outcome = _run(house, Moody(LocalWriter(house.forge), {DRAFT: NO}))

    (request,) = LocalReader(house.forge).pull_requests()
    assert not request.is_draft
    assert outcome.conclusion is Conclusion.NEEDS_HUMAN
    assert "approved_review" in outcome.summary
    assert "still says that it is ready for review, and it is not" in outcome.summary
    assert "still says that it is ready for review" in _comment(house)


def test_red_run__sends_nobody_to_a_request_that_is_not_there(furnish: Furnish) -> None:
    """What to do next can be done where the forge did not take the request."""
    red = reviewer(verdict(finding(quote="gone"), verdict="changes"), times=2)
    house = furnish(*play_with(red).conversations)

    outcome = _run(house, Moody(LocalWriter(house.forge), {CREATE: AWAY}))

    assert LocalReader(house.forge).pull_requests() == ()
    assert "There is no pull request for it: Out of reach." in outcome.summary
    assert "pull request" not in outcome.hint
    assert "merge requirements" in outcome.hint


def test_request__whose_last_words_are_missing_is_not_made_ready(furnish: Furnish) -> None:
    """What still says that it is in progress is no finished work, whatever the gates say."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge))
    publisher = house.publisher(writer)

    def show() -> None:
        if not house.context.branch.is_empty:
            publisher.show(house.context.branch.head)
            writer.moods[CREATE] = AWAY

    house.context = replace(house.context, show=show)
    outcome = run_pipeline(house.context, publisher, plan_only=False)

    (request,) = LocalReader(house.forge).pull_requests()
    assert request.title.startswith("[in progress]")
    assert request.is_draft
    assert outcome.conclusion is Conclusion.NEEDS_HUMAN
    assert outcome.failure_class is FailureClass.ENVIRONMENT_BROKEN
    assert "is still a draft" in _comment(house)


@pytest.mark.parametrize("is_shown", [True, False], ids=["first", "last"])
def test_refused_request__is_told_once(furnish: Furnish, *, is_shown: bool) -> None:
    """Refused at the first commit or at the last one, reason and way on are said once."""
    house = furnish()
    publisher = house.publisher(Moody(LocalWriter(house.forge), {CREATE: NO}))

    def show() -> None:
        if is_shown and not house.context.branch.is_empty:
            publisher.show(house.context.branch.head)

    house.context = replace(house.context, show=show)
    outcome = run_pipeline(house.context, publisher, plan_only=False)

    assert (outcome.conclusion, outcome.exit_code) == (Conclusion.BLOCKED, 2)
    assert outcome.failure_class is FailureClass.PERMISSION_MISSING
    assert outcome.summary.count("Not permitted.") == 1
    assert outcome.hint.count("Add the permission.") == 1


@pytest.mark.parametrize(
    ("hindrance", "failure_class"),
    [
        (NO, FailureClass.PERMISSION_MISSING),
        (AWAY, FailureClass.ENVIRONMENT_BROKEN),
        (None, FailureClass.PERMISSION_MISSING),
    ],
    ids=["refused", "away", "not said"],
)
def test_as_it_stands__says_why_a_request_is_still_a_draft(
    hindrance: NotAuthorisedError | ForgeUnavailableError | None, failure_class: FailureClass
) -> None:
    """Nobody looks for a missing permission where the forge was away."""
    outcome = Outcome(conclusion=Conclusion.SUCCESS, summary="So.")
    request = PullRequestPublished(number=5, url="u", operation="updated", is_draft=True)

    assert as_it_stands(outcome, request, hindrance=hindrance).failure_class is failure_class


def test_ready__that_happened_though_no_answer_came_is_taken_back(furnish: Furnish) -> None:
    """A request that the record takes for a draft is made one, where it may be ready."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge))
    publisher = house.publisher(writer)
    commit = a_commit(house, "one")
    publisher.deliver(commit)
    (request,) = LocalReader(house.forge).pull_requests()
    writer.moods[DRAFT] = AWAY
    publisher.settle(is_ready=True)
    LocalWriter(house.forge).set_draft(request.number, is_draft=False)
    del writer.moods[DRAFT]

    assert isinstance(publisher.hindrance, ForgeUnavailableError)
    publisher.settle(is_ready=False)

    assert [each.is_draft for each in LocalReader(house.forge).pull_requests()] == [True]
    assert publisher.hindrance is None


@pytest.mark.parametrize(
    ("conclusion", "is_draft", "doubt", "words"),
    [
        (Conclusion.SUCCESS, False, "", None),
        (Conclusion.SUCCESS, True, "", "is still a draft"),
        (Conclusion.SUCCESS, True, "Moved.", "not marked as ready: Moved."),
        (Conclusion.SUCCESS, False, "Moved.", "still says that it is ready"),
        (Conclusion.NEEDS_HUMAN, True, "", None),
        (Conclusion.NEEDS_HUMAN, True, "Moved.", None),
        (Conclusion.NEEDS_HUMAN, False, "", "still says that it is ready"),
    ],
)
def test_as_it_stands__for_every_pair_of_ending_and_state(
    *, conclusion: Conclusion, is_draft: bool, doubt: str, words: str | None
) -> None:
    """Success is claimed of a ready request only, and of a ready request nothing but success."""
    outcome = Outcome(conclusion=conclusion, summary="So.", hint="Do.")
    request = PullRequestPublished(number=5, url="u", operation="updated", is_draft=is_draft)

    seen = as_it_stands(outcome, request, doubt=doubt)

    if words is None:
        assert seen == outcome
    else:
        assert words in seen.summary
        assert seen.conclusion is Conclusion.NEEDS_HUMAN
        assert seen.failure_class is not FailureClass.CANCELLED
