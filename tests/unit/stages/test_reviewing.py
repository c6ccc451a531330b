"""The whole change under review: who approves, who fixes, and what a fix may not break."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.record import RunRecord
from orchestrator.domain.review import FixEnding, Verdict
from orchestrator.domain.strength import TestVerdict, TestWorth
from orchestrator.stages.checking import check_head
from orchestrator.stages.implementation import implement
from orchestrator.stages.preflight.order import preflight
from orchestrator.stages.reviewers import what_ran
from orchestrator.stages.reviewing import review_change
from tests.end_to_end.play import (
    FIX,
    REVIEW,
    call,
    edit,
    finding,
    implementer,
    reviewer,
    say,
    talk,
    task,
    verdict,
    verifier,
    work,
)
from tests.end_to_end.project import GREET, SETTINGS, SHOUT, SOURCE
from tests.unit.stages.house import lives, planned

if TYPE_CHECKING:
    from orchestrator.llm.scenario import Conversation, ScriptedReply
    from orchestrator.stages.results import Results
    from tests.unit.stages.house import Furnish, House

BETTER = GREET + SHOUT.replace(".upper()", ".upper().strip()")
BROKEN = GREET.replace("Hello", "Goodbye") + SHOUT


def _fixer(*replies: ScriptedReply, times: int = 1) -> Conversation:
    return talk("fix", *replies, when=FIX, times=times)


OBJECTS = verdict(finding(), verdict="changes")
FIRST = talk(
    "first look", OBJECTS, when=REVIEW, unless=("upper().strip()", "changed nothing and answered")
)


def _reviewed(house: House) -> Results:
    """Let pre-flight, implementation and a check of the head go before."""
    context = house.context
    results = implement(context, preflight(context, planned()))
    check_head(context)
    return review_change(context, results)


def _verdicts(house: House) -> list[Verdict | None]:
    return [review.verdict for review in house.journal.record.reviews]


def test_review__approves_the_tree_it_saw(furnish: Furnish) -> None:
    """An approval is bound to the head's tree, and the plan's review task is done."""
    house = furnish(implementer(), reviewer())

    results = _reviewed(house)

    assert results.stop is None
    (review,) = house.journal.record.reviews
    assert review.verdict is Verdict.APPROVE
    assert review.tree == house.context.branch.git.tree_of(house.context.branch.head)
    assert house.journal.record.tasks[3].status is TaskStatus.DONE


def test_review__shows_every_lens_the_same_change_first(furnish: Furnish) -> None:
    """What the first lens has paid for, the others read from the cache."""
    two = SETTINGS.replace("[security]", "[security, style]")
    house = furnish(implementer(), reviewer(times=2), settings=two)

    assert _reviewed(house).stop is None

    (brief, change, first), (same_brief, same_change, second) = _first_messages(house)
    assert (brief, change) == (same_brief, same_change)
    assert lives(change) == {"5m"}
    assert "**Lens: security.**" in first["text"]
    assert "**Lens: style.**" in second["text"]


def test_review__through_one_lens_keeps_nothing_for_others(furnish: Furnish) -> None:
    """What nobody reads after is no block of its own in the cache."""
    house = furnish(implementer(), reviewer())

    assert _reviewed(house).stop is None

    ((brief, task),) = _first_messages(house)
    assert lives(brief) == {"5m"}
    assert lives(task) == set()


def _first_messages(house: House) -> list[list[dict[str, str]]]:
    """Return the blocks with which each reviewer's conversation began."""
    sent = [cast("list[Any]", body["messages"]) for body in house.model.bodies]
    return [talk[0]["content"] for talk in sent if len(talk) == 1 and REVIEW in str(talk)]


def test_review__is_told_each_check_of_what_was_changed_once(furnish: Furnish) -> None:
    """What a plan wants of its searches and of the review itself says nothing about the change."""
    plan = planned(
        task(1, "implementation", "python-pro"),
        task(2, "testing", "test-automator"),
        task(3, "review", "code-reviewer", acceptance=["each pass ends with a verdict"]),
    )
    house = furnish(implementer(), reviewer())
    review_change(house.context, implement(house.context, preflight(house.context, plan)))

    told = house.told("the plan: acceptance checks")

    checks = told.split("the plan: acceptance checks", 1)[1].split("</data-")[0]
    assert checks.count('- shout("Ada") is "HELLO, ADA."') == 1
    assert "each pass ends with a verdict" not in told


def test_what_ran__tells_what_the_new_tests_prove() -> None:
    """A reviewer need not take the tests on trust; what was left out of the change is left out."""
    worths = (TestWorth.PROVES, TestWorth.PROVES, TestWorth.GUARDS, TestWorth.VACUOUS)
    verdicts = tuple(TestVerdict(id="a", path="t.py", worth=worth, why="") for worth in worths)
    dropped = TestVerdict(id="b", path="u.py", worth=TestWorth.NOT_RUN, why="", is_dropped=True)

    (line,) = what_ran(RunRecord(verdicts={2: (*verdicts, dropped)}))

    assert line == (
        "new tests, run on both: 2 fail on the base commit as predicted and pass here, "
        "1 pass on the base commit and here, 1 prove nothing"
    )
    assert what_ran(RunRecord()) == ()


def test_review__has_a_blocking_finding_fixed(furnish: Furnish) -> None:
    """The fix is a commit of its own, its tests run, and the new tree is looked at again."""
    house = furnish(
        implementer(),
        FIRST,
        verifier(),
        reviewer(),
        _fixer(edit(old=GREET + SHOUT, new=BETTER), work()),
    )

    results = _reviewed(house)

    assert results.stop is None
    assert _verdicts(house) == [Verdict.CHANGES, Verdict.APPROVE]
    assert house.read(SOURCE) == BETTER
    assert house.subjects()[-1] == "Address the security review"
    head = house.context.branch.head
    assert {report.commit for report in house.journal.record.head_checks} == {head}


def test_review__asks_nobody_to_fix_what_nobody_may_change(furnish: Furnish) -> None:
    """Where no task of the plan is for code, a finding stays open and costs no fix."""
    house = furnish(implementer(), FIRST, verifier())
    done = implement(house.context, preflight(house.context, planned()))

    only = planned(task(3, "review", "code-reviewer", dependencies=[]))
    results = review_change(house.context, replace(done, plan=only.plan))

    assert results.stop is None
    assert _verdicts(house) == [Verdict.CHANGES]
    (round_,) = house.journal.record.fix_rounds
    assert (round_.ending, round_.why) == (FixEnding.FAILED, "No task of the plan may change code.")


def test_review__undoes_a_fix_that_breaks_the_tests(furnish: Furnish) -> None:
    """What was green stays green: the head goes back, and its reports with it."""
    house = furnish(
        implementer(), FIRST, verifier(), _fixer(edit(old=GREET + SHOUT, new=BROKEN), work())
    )

    results = _reviewed(house)

    assert results.stop is None
    assert house.read(SOURCE) == GREET + SHOUT
    assert "A fix was undone: all_tests_passing failed" in house.notes()
    record = house.journal.record
    assert record.head == house.context.branch.head
    assert {report.commit for report in record.head_checks} == {record.head}
    assert all(report.is_green for report in record.head_checks)
    assert house.shown[-1] == record.head
    assert _verdicts(house) == [Verdict.CHANGES]
    assert record.tasks[3].status is TaskStatus.FAILED


def test_review__lets_no_fix_bring_a_secret(furnish: Furnish) -> None:
    """Secrets are looked for in every fix, however green the tests: it never gets a commit."""
    leaky = f"{BETTER}\n\nTOKEN = 'ghp_{'a1B2c3D4e5' * 3}f6G7h8'\n"
    house = furnish(
        implementer(), FIRST, verifier(), _fixer(edit(old=GREET + SHOUT, new=leaky), work())
    )

    _reviewed(house)

    assert house.read(SOURCE) == GREET + SHOUT
    assert house.subjects() == ["Do the implementation of the loud greeting"]
    (fix,) = house.journal.record.fix_rounds
    assert fix.ending is FixEnding.FAILED
    assert "something like a GitHub token" in fix.why
    assert _verdicts(house) == [Verdict.CHANGES]


def test_review__keeps_a_fix_when_the_tests_were_red_before(furnish: Furnish) -> None:
    """A fix is not blamed for what was broken when it began."""
    broken = BROKEN.replace(".upper()", ".upper().strip()")
    house = furnish(
        implementer(edit(new=BROKEN), work()),
        FIRST,
        verifier(),
        reviewer(),
        _fixer(edit(old=BROKEN, new=broken), work()),
    )

    _reviewed(house)

    assert house.read(SOURCE) == broken
    assert "undone" not in house.notes()


def test_review__hears_a_refutation(furnish: Furnish) -> None:
    """A fixer who changes nothing answers the finding, and the lens is asked once more."""
    house = furnish(
        implementer(),
        verifier(),
        talk("convinced", verdict(), when="changed nothing and answered"),
        talk("first look", OBJECTS, when=REVIEW),
        _fixer(work()),
    )

    results = _reviewed(house)

    assert results.stop is None
    assert _verdicts(house) == [Verdict.CHANGES, Verdict.APPROVE]
    assert not house.model.unused()
    tasks = house.journal.record.tasks
    assert {number: task.status for number, task in tasks.items() if number > 1} == {
        3: TaskStatus.DONE,
        4: TaskStatus.DONE,
    }
    (fix,) = house.journal.record.fix_rounds
    assert fix.ending is FixEnding.REFUTED
    assert "A finding may be wrong." in house.told(FIX)


def test_review__takes_work_that_was_put_back_for_no_refutation(furnish: Furnish) -> None:
    """A fix of files that are not its own neither changes nor refutes anything."""
    elsewhere = call("Bash", command="echo x >> README.md")
    house = furnish(implementer(), FIRST, verifier(), _fixer(elsewhere, work()))

    _reviewed(house)

    assert _verdicts(house) == [Verdict.CHANGES]
    assert house.read("README.md") == "# Greeter\n"


@pytest.mark.parametrize(
    "replies",
    [
        (say("Fine."), say("Fine, as I said.")),
        (
            call(
                "Stop",
                status="blocked",
                reason="I cannot read it.",
                evidence=[],
                questions=[],
            ),
        ),
    ],
)
def test_review__without_a_verdict_is_no_approval(
    furnish: Furnish, replies: tuple[ScriptedReply, ...]
) -> None:
    """Silence, or a reviewer who stops, approves nothing."""
    house = furnish(implementer(), reviewer(*replies))

    results = _reviewed(house)

    assert results.stop is None
    assert _verdicts(house) == [None]
    assert "gave no verdict, so the change is not approved" in house.notes()
    assert house.journal.record.tasks[3].status is TaskStatus.FAILED


def test_review__drops_a_finding_about_lines_that_are_not_there(furnish: Furnish) -> None:
    """A finding has to quote a line of the change; else nobody is sent to fix it."""
    invented = verdict(finding(quote="eval(name)"), verdict="changes")
    house = furnish(implementer(), reviewer(invented, times=2))

    _reviewed(house)

    assert house.subjects() == ["Do the implementation of the loud greeting"]
    assert not any(review.findings for review in house.journal.record.reviews)
    assert Verdict.APPROVE not in _verdicts(house)


def test_review__stops_with_the_money(furnish: Furnish) -> None:
    """When no reviewer can begin, the run ends as what it is, and nobody else is asked."""
    order = SETTINGS.replace("[security]", "[security, style]")
    house = furnish(implementer(), reviewer(), settings=f"{order}limits: {{agents: 1}}\n")

    results = _reviewed(house)

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED
    assert _verdicts(house) == [None, None]


def test_review__stops_when_the_fixer_cannot_begin(furnish: Furnish) -> None:
    """The limit ends the run also when it is met by a fix."""
    house = furnish(implementer(), FIRST, verifier(), settings=f"{SETTINGS}limits: {{agents: 3}}\n")

    results = _reviewed(house)

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED


def test_review__of_nothing_asks_nobody(furnish: Furnish) -> None:
    """Without a change there is nothing to look at."""
    house = furnish()

    results = review_change(house.context, planned())

    assert results.stop is None
    assert house.journal.record.reviews == ()
    assert house.journal.record.tasks == {}
