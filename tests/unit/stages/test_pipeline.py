"""The order of work is code, and every ending is told where people look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeUnavailableError, NotAuthorisedError, OrchestratorError
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.forge.local_forge import LocalReader, LocalWriter
from orchestrator.stages.endings import CANCELLED
from orchestrator.stages.pipeline import run_pipeline
from tests.builders_git import commit_files, git
from tests.end_to_end import project
from tests.end_to_end.play import (
    analyst,
    automator,
    call,
    finding,
    implementer,
    no_other_way,
    plan,
    planner,
    play_with,
    reviewer,
    task,
    task_reviewer,
    verdict,
)
from tests.unit.stages.house import lives
from tests.unit.stages.test_publish import COMMENT, CREATE, DRAFT, Moody

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.outcome import Outcome
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.publish import Publisher
    from tests.unit.stages.house import Furnish, House

USUAL = ["preflight", "analysis", "planning", "implementation", "testing", "review"]


def _run(house: House, publisher: Publisher | None = None, *, plan_only: bool = False) -> Outcome:
    publisher = None if plan_only else publisher or house.publisher()
    return run_pipeline(house.context, publisher, plan_only=plan_only)


def _interrupted(context: RunContext, error: BaseException) -> RunContext:
    """Return the run as it is when something breaks in its middle."""

    def show() -> None:
        raise error

    return replace(context, show=show)


def _stages(house: House) -> list[str]:
    return [stage.stage for stage in house.journal.record.stages]


def _comment(house: House) -> str:
    (comment,) = LocalReader(house.forge).comments(project.NUMBER)
    return comment.body


def test_pipeline__goes_from_issue_to_ready_request(furnish: Furnish) -> None:
    """All stages in order, every gate green, and one request that is ready."""
    house = furnish()

    outcome = _run(house)

    assert (outcome.conclusion, outcome.exit_code) == (Conclusion.SUCCESS, 0)
    assert _stages(house) == USUAL
    assert house.journal.record.outcome == outcome
    (request,) = LocalReader(house.forge).pull_requests()
    assert (request.is_draft, request.head_commit) == (False, house.context.branch.head)
    assert "Closes #42" in request.body
    assert house.model.unused() == ()
    # Each agent begins when another ends: nobody pays twice for an hour in the cache.
    assert {life for body in house.model.bodies for life in lives(body)} == {"5m"}


def test_pipeline__keeps_the_configured_order(furnish: Furnish) -> None:
    """Stages run as the repository lists them; what it leaves out does not run."""
    stages = "workflow: {stages: [testing, implementation]}\n"
    tasks = (
        task(1, "testing", "test-automator", dependencies=[]),
        task(2, "implementation", "python-pro"),
    )
    house = furnish(
        planner(plan(*tasks)), implementer(number=2), settings=project.SETTINGS + stages
    )

    _run(house)

    assert _stages(house)[:3] == ["preflight", "planning", "testing"]
    assert not {"analysis", "review"} & set(_stages(house))


def test_pipeline__asks_the_plan_s_questions_first(furnish: Furnish) -> None:
    """Analysis tasks of the plan are answered before anything is changed."""
    ask: JsonObject = {
        **task(1, "review", "search-specialist", dependencies=[]),
        "stage": "analysis",
    }
    tasks = (
        ask,
        task(2, "implementation", "python-pro", dependencies=[1]),
        task(3, "testing", "test-automator", dependencies=[2]),
        task(4, "review", "code-reviewer", dependencies=[3]),
    )
    house = furnish(analyst(), planner(plan(*tasks)))

    _run(house)

    assert _stages(house)[:4] == ["preflight", "analysis", "planning", "questions"]


def test_pipeline__delivers_what_is_done_before_somebody_is_blocked(furnish: Furnish) -> None:
    """A push that had to wait is made at the end, whoever cannot go on: a draft shows the work."""
    stop = call("Stop", status="blocked", reason="No key.", evidence=[], questions=[])
    tasks = (
        task(1, "implementation", "python-pro"),
        task(
            2,
            "implementation",
            "backend-architect",
            dependencies=[1],
            files=[project.OTHER_SOURCE],
        ),
        task(3, "testing", "test-automator", dependencies=[1, 2]),
        task(4, "review", "code-reviewer", dependencies=[3]),
    )
    house = furnish(
        analyst(),
        planner(plan(*tasks)),
        implementer(),
        task_reviewer(),
        implementer(stop, number=2),
        no_other_way(),
    )

    outcome = _run(house)

    assert outcome.conclusion is Conclusion.BLOCKED
    (request,) = LocalReader(house.forge).pull_requests()
    assert (request.is_draft, request.head_commit) == (True, house.context.branch.head)


def test_pipeline__stops_after_the_plan(furnish: Furnish) -> None:
    """`plan` publishes nothing and changes nothing."""
    house = furnish(analyst(), planner())

    outcome = _run(house, plan_only=True)

    assert outcome.conclusion is Conclusion.SUCCESS
    assert _stages(house) == ["preflight", "analysis", "planning"]
    assert LocalReader(house.forge).comments(project.NUMBER) == ()
    assert house.journal.record.outcome == outcome


def test_pipeline__ends_at_the_first_stop(furnish: Furnish) -> None:
    """What stands on a stage that failed never begins; the comment says how it ended."""
    house = furnish(analyst(), planner(*[plan(task(1, "implementation", "nobody"))] * 3))

    outcome = _run(house)

    assert outcome.conclusion is Conclusion.FAILURE
    assert _stages(house) == ["preflight", "analysis", "planning"]
    assert outcome.summary[:20] in _comment(house)


def test_pipeline__is_no_success_without_approval(furnish: Furnish) -> None:
    """A red gate leaves a draft, and names the gate."""
    house = furnish(
        *play_with(
            reviewer(verdict(finding(quote="gone"), verdict="changes"), times=2)
        ).conversations
    )

    outcome = _run(house)

    assert (outcome.conclusion, outcome.exit_code) == (Conclusion.NEEDS_HUMAN, 5)
    assert "approved_review" in outcome.summary
    (request,) = LocalReader(house.forge).pull_requests()
    assert request.is_draft


def test_pipeline__names_conflicts_with_the_base(furnish: Furnish) -> None:
    """A base that moved against the change is the failure's class."""
    house = furnish()
    checkout = house.folder / "checkout"
    commit_files(checkout, {project.SOURCE: "moved = True\n"})
    git(checkout, "push", "--quiet", str(house.bare), "main")

    outcome = _run(house)

    assert outcome.conclusion is Conclusion.NEEDS_HUMAN
    assert outcome.failure_class is FailureClass.MERGE_CONFLICTS
    assert project.SOURCE in outcome.summary


@pytest.mark.parametrize("error", [RuntimeError("ours"), KeyboardInterrupt()])
def test_pipeline__never_leaves_in_progress_behind(furnish: Furnish, error: BaseException) -> None:
    """A defect of ours and a cancellation both settle comment and record, then end."""
    house = furnish()
    house.context = _interrupted(house.context, error)

    if isinstance(error, KeyboardInterrupt):
        outcome = _run(house)
        assert outcome.exit_code == CANCELLED
        assert outcome.failure_class is FailureClass.CANCELLED
    else:
        with pytest.raises(RuntimeError, match="ours"):
            _run(house)

    record = house.journal.record
    assert record.outcome is not None
    assert record.outcome.conclusion is Conclusion.FAILURE
    assert record.outcome.summary[:30] in _comment(house)
    assert house.context.cancel.is_cancelled


def test_pipeline__settles_an_error_of_the_world(furnish: Furnish) -> None:
    """An error in the middle becomes the outcome, with its own exit code."""
    house = furnish()
    error = ForgeUnavailableError("Gone.", hint="Wait.")
    house.context = _interrupted(house.context, error)

    outcome = _run(house)

    assert (outcome.conclusion, outcome.exit_code) == (Conclusion.FAILURE, 4)
    assert "Gone." in _comment(house)


def test_pipeline__tells_its_end_without_its_repository(furnish: Furnish) -> None:
    """A repository that is broken keeps nobody waiting: the comment says how the run ended."""
    house = furnish()

    def show() -> None:
        if house.journal.record.plan is not None:
            house.repository.git.bare.rename(house.folder / "gone")
            raise ForgeUnavailableError("Gone.", hint="Wait.")

    house.context = replace(house.context, show=show)

    outcome = _run(house)

    assert outcome.failure_class is FailureClass.ENVIRONMENT_BROKEN
    assert house.journal.record.outcome == outcome
    assert outcome.summary[:30] in _comment(house)


@pytest.mark.parametrize(
    ("call_", "error", "conclusion", "words"),
    [
        (
            CREATE,
            NotAuthorisedError("Not permitted.", hint="Tick the box."),
            Conclusion.BLOCKED,
            "Not permitted.",
        ),
        (
            CREATE,
            ForgeUnavailableError("Down.", hint="Wait."),
            Conclusion.BLOCKED,
            "there is no pull request",
        ),
        (
            DRAFT,
            NotAuthorisedError("Not permitted.", hint="Tick the box."),
            Conclusion.NEEDS_HUMAN,
            "still a draft",
        ),
        (COMMENT, NotAuthorisedError("No.", hint="Add it."), Conclusion.SUCCESS, "ready"),
    ],
)
def test_pipeline__claims_no_success_that_nobody_can_see(
    furnish: Furnish, call_: str, error: OrchestratorError, conclusion: Conclusion, words: str
) -> None:
    """Green gates are not enough: the request has to be there and ready. The branch is kept."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge), {call_: error})

    outcome = _run(house, house.publisher(writer))

    assert outcome.conclusion is conclusion
    assert words in outcome.summary
    assert house.journal.record.outcome == outcome
    there = git(house.bare, "rev-parse", f"refs/heads/{project.BRANCH}")
    assert there == house.context.branch.head


def test_pipeline__ends_when_the_branch_cannot_be_pushed(furnish: Furnish) -> None:
    """Work that is not on the forge is no success, and the comment says so."""

    def push(branch: str, commit: str) -> None:
        raise ForgeUnavailableError("Out of reach.", hint="Wait.")

    house = furnish()

    outcome = _run(house, house.publisher(push=push))

    assert (outcome.conclusion, outcome.exit_code) == (Conclusion.FAILURE, 4)
    assert "Out of reach." in _comment(house)


def test_pipeline__without_a_change_is_a_failure(furnish: Furnish) -> None:
    """An author who finds nothing to test, and nothing else, has done nothing."""
    stages = "workflow: {stages: [testing]}\n"
    nothing = call("SubmitTests", summary="None.", tests=[], cannot_test=["Done."], commands=[])
    only = task(1, "testing", "test-automator", dependencies=[])
    house = furnish(
        planner(plan(only)),
        automator(nothing, number=1),
        settings=project.SETTINGS + stages,
    )

    outcome = _run(house)

    assert outcome.conclusion is Conclusion.FAILURE
    assert outcome.summary == "All stages ran, but nothing was changed."
