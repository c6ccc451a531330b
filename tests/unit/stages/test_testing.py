"""Tests by somebody who has not seen the change, and what happens when they are red."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckKind
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.stages.implementation import implement
from orchestrator.stages.testing import FIX_ROUNDS
from orchestrator.stages.testing import test_change as run_tests_stage
from tests.end_to_end.play import (
    FIX,
    USUAL_TASKS,
    automator,
    call,
    edit,
    implementer,
    say,
    talk,
    task_words,
    work,
)
from tests.end_to_end.play import tests_written as handed_in
from tests.end_to_end.project import GREET, SETTINGS, SHOUT, SOURCE, TEST_SHOUT, TESTS, WHISPER
from tests.unit.stages.house import planned

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.json import JsonObject
    from orchestrator.llm.scenario import Conversation, ScriptedReply
    from orchestrator.stages.results import Results
    from tests.unit.stages.house import Furnish, House

WRONG = implementer(edit(new=GREET + WHISPER), work())
EMPTY_TEST = """\
import unittest


class Nothing(unittest.TestCase):
    def test_it(self) -> None: ...
"""


def _write(text: str = TEST_SHOUT, path: str = TESTS) -> ScriptedReply:
    return call("Write", file_path=path, content=text)


def _fixer(*replies: ScriptedReply, times: int = 1) -> Conversation:
    return talk("fix", *replies, when=FIX, times=times)


def _run(house: House) -> Results:
    """Let the implementation stage go before, as in a run."""
    return run_tests_stage(house.context, implement(house.context, planned()))


def _head_tests(house: House) -> list[CheckReport]:
    checks = house.journal.record.head_checks
    return [report for report in checks if report.kind is CheckKind.TEST]


def test_testing__runs_new_tests_on_the_exact_head(furnish: Furnish) -> None:
    """The tests are a commit of their own, and the report is bound to the head."""
    house = furnish(implementer(), automator())

    results = _run(house)

    assert results.stop is None
    assert set(results.tests) == {2}
    assert house.read(TESTS) == TEST_SHOUT
    (report,) = _head_tests(house)
    assert (report.commit, report.is_green) == (house.context.branch.head, True)


def test_testing__writes_blind(furnish: Furnish) -> None:
    """The author's worktree is the base: the change cannot be tested into being right."""
    look = call("Bash", command=f"grep -q shout {SOURCE} && echo SEEN > {TESTS} || true")
    house = furnish(implementer(), automator(look, _write(), handed_in()))

    results = _run(house)

    assert results.stop is None
    assert "SEEN" not in (house.read(TESTS) or "")
    assert house.read(SOURCE) == GREET + SHOUT


def test_testing__puts_back_the_author_s_changes_of_source(furnish: Furnish) -> None:
    """Who writes the tests cannot make them true."""
    cheat = call("Bash", command=f"echo 'shout = str' >> {SOURCE}")
    house = furnish(implementer(), automator(cheat, _write(), handed_in()))

    _run(house)

    assert house.read(SOURCE) == GREET + SHOUT
    ended = house.journal.record.tasks[2].ended
    assert ended is not None
    assert SOURCE in ended.violations[0]


def test_testing__sends_back_tests_that_prove_nothing(furnish: Furnish) -> None:
    """Tests that should fail on the base and do not are written again."""
    house = furnish(
        implementer(),
        talk(
            "vacuous",
            _write(EMPTY_TEST),
            handed_in(),
            when=task_words(2),
            unless=("An earlier attempt failed",),
        ),
        talk("better", _write(), handed_in(), when="without the change, these tests pass"),
    )

    results = _run(house)

    assert results.stop is None
    assert house.read(TESTS) == TEST_SHOUT
    assert house.journal.record.tasks[2].attempt == 2


def test_testing__ends_when_tests_prove_nothing_twice(furnish: Furnish) -> None:
    """Vacuous tests never come onto the branch; the head is checked all the same."""
    house = furnish(
        implementer(),
        talk("vacuous", _write(EMPTY_TEST), handed_in(), when=task_words(2), times=2),
    )

    results = _run(house)

    assert results.stop is not None
    assert house.read(TESTS) is None
    assert len(_head_tests(house)) == 1
    assert not house.model.unused()


IMPORTS_SHOUT = """\
import unittest

from greeter.greet import shout


class Shout(unittest.TestCase):
    def test_is_in_capitals(self) -> None:
        self.assertEqual(shout("Ada"), "HELLO, ADA.")
"""
WRONG_REASON = IMPORTS_SHOUT.replace("import shout", "import scream as shout")


def test_testing__takes_tests_that_import_what_the_change_adds(furnish: Furnish) -> None:
    """A test file that cannot be loaded without the change is red on the base for its reason."""
    house = furnish(
        implementer(), talk("imports", _write(IMPORTS_SHOUT), handed_in(), when=task_words(2))
    )

    results = _run(house)

    assert results.stop is None
    assert house.read(TESTS) == IMPORTS_SHOUT
    (verdict,) = house.journal.record.verdicts[2]
    assert (verdict.worth, verdict.on_head) == ("proves", "passed")
    assert "without `shout`, which the change adds" in verdict.why


def test_testing__sends_back_tests_that_fail_for_the_wrong_reason(furnish: Furnish) -> None:
    """A test that cannot be loaded on the base says nothing about the behaviour."""
    house = furnish(
        implementer(),
        talk(
            "wrong reason",
            _write(WRONG_REASON),
            handed_in(),
            when=task_words(2),
            unless=("An earlier attempt failed",),
        ),
        talk("better", _write(), handed_in(), when="cannot be loaded on the base commit"),
    )

    results = _run(house)

    assert results.stop is None
    assert house.read(TESTS) == TEST_SHOUT
    (verdict,) = house.journal.record.verdicts[2]
    assert (verdict.worth, verdict.on_base, verdict.on_head) == ("proves", "failed", "passed")
    assert "has no attribute 'shout'" in verdict.observed


@pytest.mark.parametrize(
    "text",
    [
        WRONG_REASON,
        TEST_SHOUT.replace("assertEqual(", "assertEqual(("),
        TEST_SHOUT.replace("import greet\n", "import greet\nimport nothing_of_this_name\n"),
    ],
    ids=["imports what is missing", "is no Python", "imports something unrelated"],
)
def test_testing__reports_a_wrong_reason_that_comes_back(furnish: Furnish, text: str) -> None:
    """What cannot be loaded goes back once; a second time it is left out, and the run says why."""
    house = furnish(
        implementer(), talk("unloaded", _write(text), handed_in(), when=task_words(2), times=2)
    )

    results = _run(house)

    assert results.stop is not None
    assert "cannot be loaded on the base commit" in results.stop.summary
    assert house.read(TESTS) is None
    assert house.journal.record.tasks[2].attempt == 2
    assert "An earlier attempt failed" in house.told("cannot be loaded on the base commit")
    assert not house.model.unused()


def test_testing__leaves_out_what_proves_nothing_twice(furnish: Furnish) -> None:
    """Sound tests stay when others of the same author are left out, and readers are told."""
    extra = "tests/test_nothing.py"
    empty: JsonObject = {
        "id": "tests.test_nothing.Nothing.test_it",
        "path": extra,
        "intent": "Nothing.",
        "quotes_issue": "",
        "expects_on_base": "fail",
        "expected_failure": "x",
    }
    twice = (_write(), _write(EMPTY_TEST, extra), handed_in(empty))
    house = furnish(implementer(), talk("half", *twice, when=task_words(2), times=2))
    wide: list[JsonObject] = [
        {**task, "files": ["tests/*.py"]} if task["stage"] == "testing" else task
        for task in USUAL_TASKS
    ]

    results = run_tests_stage(house.context, implement(house.context, planned(*wide)))

    assert results.stop is None
    assert (house.read(TESTS), house.read(extra)) == (TEST_SHOUT, None)
    assert "these tests prove nothing" in house.notes()
    worths = {item.path: (item.worth, item.is_dropped) for item in house.journal.record.verdicts[2]}
    assert worths == {TESTS: ("proves", False), extra: ("vacuous", True)}


def test_testing__accepts_that_there_is_nothing_to_test(furnish: Furnish) -> None:
    """An author who says why no test can be written ends the task; the reader is told."""
    nothing = call(
        "SubmitTests", summary="None.", tests=[], cannot_test=["It is prose."], commands=[]
    )
    house = furnish(implementer(), automator(nothing))

    results = _run(house)

    assert results.stop is None
    assert results.tests[2].cannot_test == ("It is prose.",)
    assert "Task 2 wrote no test: It is prose." in house.notes()


def test_testing__has_new_failures_mended(furnish: Furnish) -> None:
    """What the tests show goes back to the implementer, with the output."""
    house = furnish(
        WRONG,
        automator(),
        _fixer(edit(old=GREET + WHISPER), work()),
    )

    results = _run(house)

    assert results.stop is None
    assert [report.is_green for report in _head_tests(house)] == [True]
    assert house.subjects()[-1] == "Mend what newly fails"
    assert house.read(TESTS) == TEST_SHOUT


def test_testing__asks_nobody_to_mend_what_nobody_may_change(furnish: Furnish) -> None:
    """Without implementation in the workflow no agent is paid for a fix that it could not make."""
    only: JsonObject = {**USUAL_TASKS[1], "dependencies": []}
    house = furnish(automator(), settings=f"{SETTINGS}workflow: {{stages: [testing]}}\n")

    results = run_tests_stage(house.context, planned(only))

    assert results.stop is None
    assert house.read(TESTS) == TEST_SHOUT
    assert set(house.journal.record.tasks) == {2}


def test_testing__bounds_its_rounds(furnish: Furnish) -> None:
    """After the last round a red test stays red, for the gates to judge."""
    still = (call("Bash", command=f"echo '#' >> {SOURCE}"), work())
    house = furnish(WRONG, automator(), _fixer(*still, times=FIX_ROUNDS))

    results = _run(house)

    assert results.stop is None
    assert not any(report.is_green for report in _head_tests(house))
    assert house.subjects().count("Mend what newly fails") == FIX_ROUNDS
    assert "A finding may be wrong." not in house.told(FIX)
    assert not house.model.unused()


def test_testing__takes_back_a_fix_that_breaks_more(furnish: Furnish) -> None:
    """A fix with which more tests fail than without it does not stay on the branch."""
    worse = call("Bash", command=f"echo 'greet = None' >> {SOURCE}")
    house = furnish(WRONG, automator(), _fixer(worse, work()))

    assert _run(house).stop is None
    assert "Mend what newly fails" not in house.subjects()
    assert "newly fail with it, not" in house.notes()


def test_testing__keeps_the_fixer_from_the_tests(furnish: Furnish) -> None:
    """A fix that bends the test instead of the code is put back."""
    bend = call("Bash", command=f"rm {TESTS}; echo '#' >> {SOURCE}")
    house = furnish(WRONG, automator(), _fixer(bend, work(), times=FIX_ROUNDS))

    _run(house)

    assert house.read(TESTS) == TEST_SHOUT


def test_testing__ends_with_the_money(furnish: Furnish) -> None:
    """A fix that could not even begin ends the run as what it is."""
    house = furnish(WRONG, automator(), _fixer(say("never asked")), settings=_limited(agents=2))

    results = _run(house)

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED


def test_testing__stops_mending_when_the_fixer_finds_nothing(furnish: Furnish) -> None:
    """A fixer that changes nothing is not asked the same again."""
    house = furnish(WRONG, automator(), _fixer(work()))

    results = _run(house)

    assert results.stop is None
    assert not house.model.unused()


def test_testing__without_a_change_tests_nothing(furnish: Furnish) -> None:
    """An empty branch has no head to run commands on."""
    house = furnish(
        talk("lost", say("No."), say("No."), when=task_words(2), times=2),
    )

    results = run_tests_stage(house.context, planned())

    assert results.stop is not None
    assert house.journal.record.head_checks == ()


def _limited(*, agents: int) -> str:
    return f"{SETTINGS}limits: {{agents: {agents}}}\n"


RESOLVE = "# Your task: resolve a conflict"
LOUD = f"# Loud.\n{TEST_SHOUT}"
BOTH = f"# Both.\n{TEST_SHOUT}"
TWO_TESTERS = (
    USUAL_TASKS[0],
    USUAL_TASKS[1],
    {**USUAL_TASKS[1], "id": 3, "title": "Test it again", "dependencies": [1, 2]},
)


def _clashing(house: House) -> Results:
    """Let two authors write one file, one after the other, each from the base."""
    return run_tests_stage(house.context, implement(house.context, planned(*TWO_TESTERS)))


def _two_authors(*resolving: ScriptedReply) -> tuple[Conversation, ...]:
    second = talk("second", _write(LOUD), handed_in(), when=task_words(3), unless=(RESOLVE,))
    return (implementer(), automator(), second, talk("both", *resolving, when=RESOLVE))


def test_tests__that_do_not_fit_go_to_one_agent_with_both_sides(furnish: Furnish) -> None:
    """A conflict of tests is a task of its own, like one of source, and the run goes on."""
    look = call("Read", file_path=TESTS)
    house = furnish(*_two_authors(look, _write(BOTH), work(TESTS)))

    results = _clashing(house)

    assert results.stop is None
    assert house.read(TESTS) == BOTH
    titles = {number: each.title for number, each in house.journal.record.tasks.items()}
    assert titles[4] == "Resolve the conflict of task 3 with 2"
    assert set(results.tests) == {2, 3}
    assert house.context.branch.git.log(house.context.branch.head)[0].subject == "Test it again"
    assert "with both sides" in house.told(RESOLVE)


def test_tests__that_nobody_can_fit_are_told(furnish: Furnish) -> None:
    """The first author's tests stay; what is missing is named, and a person has to look."""
    stop = call("Stop", status="spec_conflict", reason="They differ.", evidence=[], questions=[])
    house = furnish(*_two_authors(stop))

    results = _clashing(house)

    assert results.stop is not None
    assert results.stop.failure_class is FailureClass.MERGE_CONFLICTS
    assert TESTS in results.stop.summary
    assert house.read(TESTS) == TEST_SHOUT
