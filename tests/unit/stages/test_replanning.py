"""A task that failed twice: the rest is planned anew, once, and then the run ends honestly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.event import PlanAccepted, TaskEnded, TaskStatus
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.plan import Complexity
from orchestrator.domain.requirements import SearchAnswer
from orchestrator.stages.implementation import implement
from orchestrator.stages.results import Results
from orchestrator.stages.tasks import started_event
from orchestrator.stages.testing import test_change as run_tests_stage
from tests.end_to_end.play import (
    TASK_LOOK,
    USUAL_TASKS,
    automator,
    call,
    edit,
    plan,
    say,
    talk,
    task,
    task_reviewer,
    task_words,
    work,
)
from tests.end_to_end.project import (
    GREET,
    OTHER_SOURCE,
    PART,
    SETTINGS,
    SHOUT,
    SOURCE,
    TEST_SHOUT,
)
from tests.end_to_end.project import TESTS as TEST_FILE
from tests.unit.stages.house import a_plan, planned

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.llm.scenario import Conversation, ScriptedReply
    from tests.unit.stages.house import Furnish, House

REPLAN = "# Your task: a new plan for the rest of issue #42"
LOUD_PART = PART.replace("Goodbye", "GOODBYE")
CODE = task(1, "implementation", "python-pro", title="Shout")
PARTING = task(2, "implementation", "python-pro", dependencies=[1], files=["greeter/pa*.py"])
TESTS = task(3, "testing", "test-automator", dependencies=[1, 2])
REVIEW = task(4, "review", "code-reviewer", dependencies=[3])
ANEW = task(5, "implementation", "backend-architect", dependencies=[1], files=[OTHER_SOURCE])
REST = (
    ANEW,
    task(6, "testing", "test-automator", dependencies=[5]),
    task(7, "review", "code-reviewer", dependencies=[6]),
)


def _voices(
    *replanning: ScriptedReply, lost: tuple[ScriptedReply, ...]
) -> tuple[Conversation, ...]:
    """Return a first task that is done, a second that is lost, and who plans the rest."""
    return (
        talk("first", edit(), work(), when=task_words(1)),
        talk("lost", *lost, when=task_words(2), times=len(lost)),
        talk("planner", *replanning, when=REPLAN),
        talk(
            "anew",
            edit(OTHER_SOURCE, old=PART, new=LOUD_PART),
            work(OTHER_SOURCE),
            when=task_words(5),
        ),
    )


def _implemented(house: House, *tasks: JsonObject) -> Results:
    planned = a_plan(*tasks).model_copy(update={"complexity": Complexity.MEDIUM})
    house.journal.write(PlanAccepted(plan=planned))
    return implement(house.context, Results(plan=planned))


IDLE = (say("No."), say("No."))


def test_replan__lets_the_run_go_on_with_another_plan(furnish: Furnish) -> None:
    """Finished tasks stay, the failed one gives way, and the new ones are done."""
    house = furnish(*_voices(plan(*REST, CODE), lost=IDLE))

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert results.stop is None
    assert house.subjects() == ["Shout", str(ANEW["title"])]
    assert (house.read(SOURCE), house.read(OTHER_SOURCE)) == (GREET + SHOUT, LOUD_PART)
    record = house.journal.record
    assert record.plan is not None
    assert [each.id for each in record.plan.tasks] == [1, 5, 6, 7]
    assert record.plan == results.plan
    (revision,) = record.revisions
    assert revision.dropped == (2, 3, 4)
    statuses = {number: each.status for number, each in record.tasks.items()}
    assert statuses == {1: TaskStatus.DONE, 2: TaskStatus.FAILED, 5: TaskStatus.DONE}
    assert record.choices[5].agent == "backend-architect"


def test_replan__is_told_what_is_done_and_what_failed(furnish: Furnish) -> None:
    """The planner sees the finished work, the lost task with its evidence, and the rest."""
    house = furnish(*_voices(plan(*REST), lost=IDLE))

    _implemented(house, CODE, PARTING, TESTS, REVIEW)

    told = house.told(REPLAN)
    for words in (
        "The greeting can be loud.\nChanged: greeter/greet.py",
        'from="the first plan: task 2"',
        "without calling SubmitWork or Stop, also after a reminder",
        "on task 2, attempt 2",
        "- Task 3 (testing, `test-automator`)",
        "Ids begin at 5",
        "Stages, in this order: implementation → testing → review.",
    ):
        assert words in told


def test_replan__lets_a_new_task_know_what_is_there(furnish: Furnish) -> None:
    """Work of the plan before is in the new task's copy, also where it does not depend on it."""
    alone = {**ANEW, "dependencies": []}
    house = furnish(*_voices(plan(alone, *REST[1:]), lost=IDLE))

    _implemented(house, CODE, PARTING, TESTS, REVIEW)

    told = house.told(task_words(5))
    assert "The greeting can be loud." in told
    assert "At the same time others work on" not in told


def test_replan__is_told_what_a_search_found(furnish: Furnish) -> None:
    """A question that was answered need not be asked again."""
    finding_out = {"stage": "analysis", "agent": "search-specialist", "dependencies": []}
    search = {**REVIEW, "id": 1, **finding_out}
    code = {**CODE, "id": 2, "dependencies": [1]}
    stop = call("Stop", status="blocked", reason="No other way.", evidence=[], questions=[])
    house = furnish(
        talk("lost", *IDLE, when=task_words(2), times=2), talk("anew", stop, when=REPLAN)
    )
    plan_ = a_plan(search, code, {**TESTS, "dependencies": [2]}, REVIEW)
    house.journal.write(PlanAccepted(plan=plan_))
    house.journal.write(started_event(plan_.tasks[0], 1))
    house.journal.write(TaskEnded(task_id=1, attempt=1, status=TaskStatus.DONE, summary=""))
    answer = SearchAnswer(answer="There is one greeting.", evidence=(), not_found=())

    implement(house.context, Results(plan=plan_, answers={1: answer}))

    assert "There is one greeting.\nChanged: nothing" in house.told(REPLAN)


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (({**CODE, "title": "Whisper"}, *REST), "Task 1 is done and stays as it is"),
        ((PARTING, *REST), "Task 2: ids of new tasks begin at 5."),
        (
            ({**REST[2], "id": 8, "stage": "analysis", "agent": "search-specialist"}, *REST),
            "Task 8: the stage 'analysis' is over.",
        ),
        (REST[:2], "The plan has no task of the stage 'review'"),
        (({**ANEW, "files": [".github/workflows/ci.yml"]}, *REST[1:]), "is protected"),
    ],
)
def test_replan__is_held_to_the_rules(
    furnish: Furnish, tasks: tuple[JsonObject, ...], words: str
) -> None:
    """A new plan is refused for what an old one would be, and for touching what is done."""
    house = furnish(*_voices(plan(*tasks), plan(*REST), lost=IDLE))

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert results.stop is None
    (refusal,) = house.journal.record.plan_refusals
    assert words in "\n".join(refusal.problems)


def test_replan__happens_once(furnish: Furnish) -> None:
    """A second failure is the end: what is done stays on the branch, and the reason is the last."""
    house = furnish(
        *_voices(plan(*REST), lost=IDLE)[:3],
        talk("lost again", *IDLE, when=task_words(5), times=2),
    )

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.FAILURE
    assert results.stop.summary.startswith("Task 5 ")
    assert house.subjects() == ["Shout"]
    assert len(house.journal.record.revisions) == 1
    assert house.model.unused() == ()


def test_replan__may_say_that_there_is_no_other_way(furnish: Furnish) -> None:
    """A planner that stops leaves the first ending as it was, and its words are on record."""
    stop = call("Stop", status="blocked", reason="No such API.", evidence=[], questions=[])
    house = furnish(*_voices(stop, lost=IDLE)[:3])

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert results.stop is not None
    assert results.stop.summary.startswith("Task 2 ")
    assert "not planned anew: the orchestrator stopped (blocked): No such API." in house.notes()
    assert house.journal.record.revisions == ()


@pytest.mark.parametrize(
    ("status", "is_planned_anew"),
    [("blocked", True), ("needs_input", False), ("spec_conflict", False)],
)
def test_replan__leaves_to_people_what_people_decide(
    furnish: Furnish, status: str, *, is_planned_anew: bool
) -> None:
    """Who is blocked may need another plan; a question or a contradiction needs a person."""
    stop = call("Stop", status=status, reason="Not mine.", evidence=["git grep"], questions=[])
    house = furnish(*_voices(plan(*REST), lost=(stop,)))

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert (results.stop is None) is is_planned_anew
    if is_planned_anew:
        assert "Stopped (blocked): Not mine.\ngit grep" in house.told(REPLAN)


def test_replan__does_not_spend_what_is_not_there(furnish: Furnish) -> None:
    """At the limit nobody is asked for a plan."""
    house = furnish(
        *_voices(plan(*REST), lost=IDLE)[:1],
        settings="review: {order: [security]}\nlimits: {agents: 1}\n",
    )

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED
    assert "planned anew" not in house.notes()


def test_replan__after_lost_tests_plans_the_rest_of_it(furnish: Furnish) -> None:
    """Who wrote no test twice gives way; what the new plan adds is done before its tests."""
    rest = (
        {**ANEW, "id": 4},
        task(5, "testing", "test-automator", dependencies=[1, 4]),
        task(6, "review", "code-reviewer", dependencies=[5]),
    )
    house = furnish(
        talk("first", edit(), work(), when=task_words(1)),
        talk("lost", *IDLE, when=task_words(2), times=len(IDLE)),
        talk("planner", plan(*rest), when=REPLAN),
        talk(
            "anew",
            edit(OTHER_SOURCE, old=PART, new=LOUD_PART),
            work(OTHER_SOURCE),
            when=task_words(4),
            unless=(TASK_LOOK,),
        ),
        task_reviewer(),
        automator(number=5),
    )
    house.journal.write(PlanAccepted(plan=a_plan(*USUAL_TASKS)))

    results = run_tests_stage(house.context, implement(house.context, planned()))

    assert results.stop is None
    record = house.journal.record
    statuses = {number: each.status for number, each in record.tasks.items()}
    assert statuses == {
        1: TaskStatus.DONE,
        2: TaskStatus.FAILED,
        4: TaskStatus.DONE,
        5: TaskStatus.DONE,
    }
    assert (house.read(OTHER_SOURCE), house.read(TEST_FILE)) == (LOUD_PART, TEST_SHOUT)
    (revision,) = record.revisions
    assert revision.dropped == (2, 3)
    assert record.estimate is not None
    assert record.estimate.spent_usd > 0


@pytest.mark.parametrize("stages", ["[testing]", "[testing, implementation]"])
def test_replan__begins_where_a_task_was_lost(furnish: Furnish, stages: str) -> None:
    """A workflow may test before it implements, or only test: what was lost is planned anew."""
    again = task(4, "testing", "test-automator", dependencies=[])
    code = task(5, "implementation", "python-pro", dependencies=[])
    nothing = call("SubmitTests", summary="None.", tests=[], cannot_test=["No."], commands=[])
    has_code = "implementation" in stages
    coder = [talk("code", edit(), work(), when=task_words(5))] if has_code else []
    house = furnish(
        talk("lost", *IDLE, when=task_words(3), times=2),
        talk("planner", plan(again, *([code] if has_code else [])), when=REPLAN),
        automator(nothing, number=4),
        *coder,
        settings=f"{SETTINGS}workflow: {{stages: {stages}}}\n",
    )

    results = run_tests_stage(house.context, planned({**TESTS, "dependencies": []}))

    assert results.stop is None
    assert set(results.tests) == {4}
    assert "Stages, in this order: testing" in house.told(REPLAN)


def test_replan__that_cannot_be_paid_ends_the_run(furnish: Furnish) -> None:
    """A new plan is priced before its first task, as the first one was."""
    house = furnish(
        *_voices(plan(*REST), lost=IDLE),
        settings=f"{SETTINGS}limits: {{usd: 0.5}}\n",
    )

    results = _implemented(house, CODE, PARTING, TESTS, REVIEW)

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED
    assert "The new plan is ready" in results.stop.summary
    assert 5 not in house.journal.record.tasks


def test_replan__and_the_second_attempt_know_what_was_tried(furnish: Furnish) -> None:
    """Nothing of a lost attempt is kept but what it did, so that it is not tried again."""
    lost = (edit(), call("Bash", command="false"), say("Hm."), say("Hm."))
    stop = call("Stop", status="blocked", reason="No other way.", evidence=[], questions=[])
    house = furnish(
        talk("lost", *lost, when=task_words(1), times=2), talk("planner", stop, when=REPLAN)
    )

    _implemented(house, CODE, TESTS, REVIEW)

    for told in (house.told("An earlier attempt failed"), house.told(REPLAN)):
        assert "without calling SubmitWork or Stop" in told
        assert f"It had changed: {SOURCE}.\n" in told
        assert f"- Edit {SOURCE}\n- Bash false\nIts last words, unchecked:\nHm." in told
