"""A plan runs when code has nothing against it, and not because a model says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.llm.scenario import ScriptedReply
from orchestrator.rendering.reports import render_progress, render_pull_request
from orchestrator.stages.plan_checks import plan_problems
from orchestrator.stages.planning import REPAIRS, make_plan
from orchestrator.stages.results import Results
from tests.end_to_end import project
from tests.end_to_end.play import USUAL_TASKS, call, plan, planner, say, task, tool_call
from tests.end_to_end.project import SETTINGS, SOURCE
from tests.unit.stages.house import a_plan

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from tests.unit.stages.house import Furnish

CODE, TESTS, REVIEW = USUAL_TASKS
WORKFLOW = ".github/workflows/ci.yml"
TEST_FILES: Json = [f"tests/test_{number}.py" for number in range(32)]
SPECIALIST = """\
agents:
  greeting-specialist:
    scope: [greeting]
    kind: implementer
"""
LISTED = """\
workflow:
  stages:
    - analysis
    - {name: implementation, agents: [backend-architect]}
    - testing
    - review
"""


@pytest.mark.parametrize(
    ("tasks", "settings", "words"),
    [
        ((CODE, TESTS, REVIEW), "", None),
        ((CODE, REVIEW), "", "no task of the stage 'testing'"),
        ((CODE, TESTS), "", "no task of the stage 'review'"),
        ((TESTS, REVIEW), "", "no task of the stage 'implementation'"),
        ((CODE, TESTS, REVIEW), LISTED, "is for backend-architect here, not for 'python-pro'"),
        ((CODE, TESTS, REVIEW), SPECIALIST, "'greeting-specialist' is made for this more closely"),
        (
            (task(1, "implementation", "frontend-developer"), TESTS, REVIEW),
            "",
            "'frontend-developer' does not fit",
        ),
        (
            (task(1, "implementation", "nobody"), TESTS, REVIEW),
            "",
            "nobody",
        ),
        (
            (
                task(1, "implementation", "python-pro", files=[".github/workflows/ci.yml"]),
                TESTS,
                REVIEW,
            ),
            "",
            ".github/workflows/ci.yml",
        ),
        (
            (
                task(1, "implementation", "python-pro", files=[SOURCE, "tests/test_greet.py"]),
                TESTS,
                REVIEW,
            ),
            "",
            "'tests/test_greet.py' is a test, which implementers may not write",
        ),
        (
            (CODE, task(2, "testing", "test-automator", files=[SOURCE]), REVIEW),
            "",
            f"{SOURCE!r} is source, which a tester may not write",
        ),
        (
            (CODE, task(2, "testing", "test-automator", files=["tests/conftest.py"]), REVIEW),
            "",
            "which judges the work, so no agent may write it",
        ),
        (
            (task(1, "implementation", "python-pro", files=["{a,b}" * 8]), TESTS, REVIEW),
            "",
            "stands for too many alternatives in braces",
        ),
        (
            (
                task(1, "implementation", "python-pro", files=TEST_FILES),
                task(2, "testing", "test-automator"),
            ),
            "",
            "There are 45 more problems of these kinds.",
        ),
    ],
)
def test_plan_problems__name_what_is_wrong(
    furnish: Furnish, tasks: tuple[JsonObject, ...], settings: str, words: str | None
) -> None:
    """A plan that skips a stage, or gives work to the wrong agent, is refused with the reason."""
    house = furnish(settings=SETTINGS + settings)

    found = plan_problems(house.context, a_plan(*tasks))

    if words is None:
        assert found == ()
    else:
        assert words in "\n".join(found)


def test_plan_problems__demand_only_the_configured_stages(furnish: Furnish) -> None:
    """A workflow without review needs no review task, and takes none."""
    house = furnish(settings=f"{SETTINGS}workflow: {{stages: [implementation, testing]}}\n")

    assert plan_problems(house.context, a_plan(CODE, TESTS)) == ()
    assert plan_problems(house.context, a_plan(CODE, TESTS, REVIEW)) != ()


def test_make_plan__accepts_at_once(furnish: Furnish) -> None:
    """A plan without problems is on record as it was submitted."""
    house = furnish(planner())

    results = make_plan(house.context, Results())

    assert results.stop is None
    assert results.plan == a_plan() == house.journal.record.plan
    assert house.journal.record.plan_refusals == ()


def test_make_plan__tells_whom_the_workflow_keeps_a_stage_to(furnish: Furnish) -> None:
    """What a plan would be refused for is known before it is made."""
    house = furnish(
        planner(plan(task(1, "implementation", "backend-architect"), TESTS, REVIEW)),
        settings=SETTINGS + LISTED,
    )

    make_plan(house.context, Results())

    told = house.told("# Your task: the plan")
    assert "- `implementation` tasks are only for `backend-architect`." in told
    assert "`testing` tasks are only for" not in told


def test_make_plan__shows_whom_it_chose_and_how_closely_they_fit(furnish: Furnish) -> None:
    """Each writing task has its candidates with their scores on record, in one line."""
    house = furnish(
        planner(plan(task(1, "implementation", "greeting-specialist"), TESTS, REVIEW)),
        settings=SETTINGS + SPECIALIST,
    )

    make_plan(house.context, Results())

    choices = house.journal.record.choices
    assert choices[1].in_words.startswith("greeting-specialist; ")
    assert {name for name, _, _ in choices[1].candidates} >= {"greeting-specialist", "python-pro"}
    assert "greeting-specialist 2 (100 %)" in choices[1].in_words
    assert choices[2].in_words == (
        "test-automator; points (share of its scope): test-automator 1 (0 %)"
    )
    assert set(choices) == {1, 2}


def test_plan_problems__hold_the_plan_against_the_decisions(furnish: Furnish) -> None:
    """A record of the base commit that names a file of the plan has to be answered."""
    files = {**project.files(), "docs/adr/1.md": f"# Greet in {chr(96)}{SOURCE}{chr(96)} only\n"}
    house = furnish(files=files)

    (found,) = plan_problems(house.context, a_plan())

    assert found.startswith("The decision 'docs/adr/1.md' (Greet in")


def test_make_plan__sends_a_plan_back_with_reasons(furnish: Furnish) -> None:
    """Two repairs are allowed; every refusal is on record, and the third plan may run."""
    house = furnish(planner(plan(CODE), plan(CODE, TESTS), plan()))

    results = make_plan(house.context, Results())

    assert results.plan == a_plan()
    refusals = house.journal.record.plan_refusals
    assert [(each.attempt, len(each.problems)) for each in refusals] == [(1, 2), (2, 1)]


def test_make_plan__ends_at_the_third_refusal(furnish: Furnish) -> None:
    """A planner that cannot be repaired costs no fourth reply."""
    house = furnish(planner(*[plan(CODE)] * (REPAIRS + 2)))

    results = make_plan(house.context, Results())

    assert results.plan is None
    assert results.stop is not None
    assert results.stop.failure_class is FailureClass.AMBIGUOUS_REQUIREMENTS
    assert "no task of the stage 'testing'" in results.stop.summary
    assert len(house.journal.record.plan_refusals) == REPAIRS + 1
    (unplayed,) = house.model.unused()
    assert "planning" in unplayed


def test_make_plan__cannot_edit_as_orchestrator(furnish: Furnish) -> None:
    """Whoever plans has no tool that writes; an attempt is refused, and the plan still counts."""
    write = ScriptedReply(tools=(tool_call("Write", {"file_path": SOURCE, "content": "x = 1\n"}),))
    house = furnish(planner(write, plan()))

    results = make_plan(house.context, Results())

    assert results.plan is not None
    assert house.context.branch.is_empty
    (refusal,) = house.journal.record.refusals
    assert refusal.agent == "orchestrator"
    assert "Write" in refusal.what


def test_make_plan__hears_an_honest_exit(furnish: Furnish) -> None:
    """A planner may say that a person has to decide."""
    stop = call(
        "Stop",
        status="spec_conflict",
        reason="The issue contradicts itself.",
        evidence=["line 1: loud", "line 2: quiet"],
        questions=[],
    )
    house = furnish(planner(stop))

    results = make_plan(house.context, Results())

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.NEEDS_HUMAN
    (stopped,) = house.journal.record.exits
    assert (stopped.agent, stopped.task_id) == ("orchestrator", None)
    for page in (
        render_progress(house.templates, house.journal.record),
        render_pull_request(house.templates, house.journal.record)[1],
    ):
        assert "**orchestrator** (planning) stopped with spec conflict" in page
        assert "line 2: quiet" in page


def test_make_plan__ends_without_a_plan(furnish: Furnish) -> None:
    """Words are no plan."""
    house = furnish(planner(say("I would start with tests."), say("As I said.")))

    results = make_plan(house.context, Results())

    assert results.stop is not None
    assert results.stop.summary.startswith("orchestrator: ")
