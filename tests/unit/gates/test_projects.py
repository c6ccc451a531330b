"""Fixture projects, really run on base and head, and the exact verdict on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CaseResult, CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.steadiness import unsteady
from orchestrator.gates.tests_rule import AllTestsPassing
from tests.unit.gates.evidence import evidence
from tests.unit.gates.projects import PYTEST, UNITTEST, on_base, run, suite

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.check import CheckReport

FAILED, PASSED, NONE = GateVerdict.FAILED, GateVerdict.PASSED, GateVerdict.NO_EVIDENCE
_GOOD, _BAD = "self.assertEqual(value, 1)", "self.assertEqual(value, 2)"
_EXIT = "os._exit(0)"
_HANG = "__import__('time').sleep(600)"


def _judged(base: CheckReport, head: CheckReport) -> tuple[GateVerdict, str]:
    found = AllTestsPassing().judge(evidence(base=(base,), head=(head,)))
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("before", "after", "verdict", "words"),
    [
        ((_GOOD, _BAD), (_GOOD, _BAD), PASSED, "no new failure (1 failed before: test_2 "),
        ((_GOOD, _GOOD), (_GOOD, _BAD), FAILED, "has new failures: test_2 "),
        ((_GOOD, _BAD), (_BAD, _BAD), FAILED, "has new failures: test_1 "),
        ((_GOOD,), (), NONE, "ran no tests"),
        ((_GOOD, _GOOD), (_GOOD, _EXIT), NONE, "told of 2 tests on the base commit"),
    ],
    ids=["failed before", "new failure", "new beside old", "zero tests", "ended early"],
)
def test_project__verdict(
    tmp_path: Path,
    before: tuple[str, ...],
    after: tuple[str, ...],
    verdict: GateVerdict,
    words: str,
) -> None:
    """Only what newly fails blocks, and what shows nothing is never a pass."""
    base = on_base(tmp_path, suite(*before), UNITTEST)
    head = run(tmp_path, suite(*after) if after else {"app.py": ""}, _with_folder(after))

    found = _judged(base, head.model_copy(update={"command": base.command}))

    assert (found[0], words in found[1]) == (verdict, True), found


def _with_folder(bodies: tuple[str, ...]) -> str:
    return UNITTEST if bodies else f"mkdir tests && touch tests/__init__.py && {UNITTEST}; test 1"


def test_project__cannot_fail(tmp_path: Path) -> None:
    """A command that is green whatever happens proves nothing, however many tests it prints."""
    command = f"{UNITTEST} || true"
    base = on_base(tmp_path, suite(_GOOD), command)

    found = _judged(base, run(tmp_path, suite(_BAD), command))

    assert (found[0], "its failure is turned into success" in found[1]) == (NONE, True)


def test_project__hangs(tmp_path: Path) -> None:
    """A test that hangs only on the head is ended by the clock, and blocks."""
    base = on_base(tmp_path, suite(_GOOD), UNITTEST)

    found = _judged(base, run(tmp_path, suite(_HANG), UNITTEST, timeout_s=1.5))

    assert (found[0], "met a limit (timed_out)" in found[1]) == (FAILED, True)


def test_project__flaky(tmp_path: Path) -> None:
    """A test that is unsteady on the base is left out, with its rates; on the head it blocks."""
    count = tmp_path / "count"
    flaky = (
        f"p = {str(count)!r}; n = os.path.exists(p); "
        "(os.remove if n else lambda q: open(q, 'w').close())(p); self.assertTrue(n)"
    )
    base = [on_base(tmp_path, suite(_GOOD, flaky), UNITTEST) for _ in range(3)]
    head = [run(tmp_path, suite(_GOOD, flaky), UNITTEST) for _ in range(3)]
    steady = on_base(tmp_path, suite(_GOOD, _GOOD), UNITTEST)

    excused = AllTestsPassing().judge(evidence(base=tuple(base), head=tuple(head)))
    blamed = AllTestsPassing().judge(evidence(base=(steady,) * 3, head=tuple(head)))

    assert excused.verdict is PASSED
    assert "1 flaky on the base commit: test_2 " in excused.reason
    assert "(failed in 2/3 runs)" in excused.reason
    assert blamed.verdict is FAILED
    assert "in 1/3 runs" in blamed.reason
    assert [(str(each.base), str(each.head)) for each in unsteady(base, head)] == [("2/3", "1/3")]


def test_pytest__report_is_read(tmp_path: Path) -> None:
    """What pytest really writes gives every test by the id that it prints."""
    head = run(tmp_path, suite(_GOOD, _BAD), PYTEST)

    assert (head.read_from, head.tests_run, head.doubts) == ("report", 2, ())
    assert head.command == PYTEST
    assert [(case.id, case.result) for case in head.cases or ()] == [
        ("tests/test_app.py::Case::test_1", CaseResult.PASSED),
        ("tests/test_app.py::Case::test_2", CaseResult.FAILED),
    ]
    assert (head.cases or ())[1].message.startswith("AssertionError: 1 != 2")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"print('bye', flush=True); {_EXIT}", "told of 2 tests on the base commit and is green"),
        (
            "print(chr(10) + '2 passed in 0.01s', flush=True); os.dup2(2, 1); os._exit(0)",
            "wrote its report on the base commit only",
        ),
        (
            (
                "p = os.environ['PYTEST_ADDOPTS'].split(\"'\")[1]; open(p, 'w').write("
                '\'<testsuite><testcase name="a"/><testcase name="b"/></testsuite>\'); os._exit(0)'
            ),
            "ended without the summary it prints",
        ),
    ],
    ids=["exits", "prints a summary", "forges the report"],
)
def test_pytest__ended_early(tmp_path: Path, body: str, words: str) -> None:
    """A test run that is ended from within is green to the shell, and no evidence to us."""
    base = on_base(tmp_path, suite(_GOOD, _GOOD), f"{PYTEST} -s")

    verdict, reason = _judged(base, run(tmp_path, suite(_GOOD, body), f"{PYTEST} -s"))

    assert (verdict, words in reason) == (NONE, True), reason


def test_pytest__forged_before_the_end(tmp_path: Path) -> None:
    """A green report beside a red exit code is red."""
    hook = "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n"
    base = on_base(tmp_path, suite(_GOOD), PYTEST)

    verdict, reason = _judged(base, run(tmp_path, {**suite(_GOOD), "conftest.py": hook}, PYTEST))

    assert (verdict, "ends with exit code 1" in reason) == (FAILED, True), reason


def test_pytest__options_it_does_not_know(tmp_path: Path) -> None:
    """Where the report is what a command stumbles over, it runs again as it is."""
    files = {**suite(_GOOD), "pytest.ini": "[pytest]\naddopts = -p no:junitxml\n"}

    head = run(tmp_path, files, PYTEST)

    assert (head.is_green, head.tests_run, head.read_from) == (True, 1, "output")


_NODE = """\
const { test, describe, it } = require('node:test');
const assert = require('node:assert');
test('adds', () => {});
describe('math', () => { it('subtracts', () => assert.equal(3 - 1, 1)); it.skip('later'); });
"""


def test_node__report_is_read(tmp_path: Path) -> None:
    """What node's own runner really writes gives every test with its file and suite."""
    files = {"package.json": '{"scripts": {"test": "node --test"}}', "test/a.test.js": _NODE}

    head = run(tmp_path, files, "npm test")

    assert (head.read_from, head.tests_run, head.doubts) == ("report", 2, ())
    assert [(case.id, case.result) for case in head.cases or ()] == [
        ("test/a.test.js > adds", CaseResult.PASSED),
        ("test/a.test.js > math > subtracts", CaseResult.FAILED),
        ("test/a.test.js > math > later", CaseResult.SKIPPED),
    ]
    assert (head.cases or ())[1].message == "2 == 1"


def test_coverage__report_is_read(tmp_path: Path) -> None:
    """What coverage.py really writes gives the lines of each file."""
    files = {**suite(_GOOD), "app.py": "value = 1\nif value == 2:\n    value = 3\n"}
    command = (
        f"python3 -m coverage run --branch --source=. -m {UNITTEST.removeprefix('python3 -m ')} "
        "&& python3 -m coverage xml -q"
    )

    head = run(tmp_path, files, command, kind=CheckKind.COVERAGE)

    assert head.coverage is not None, head.output_tail
    (app,) = head.coverage.only({"app.py"}).files
    assert (app.covered, app.missed) == ("1-2", "3")
    assert head.coverage.missed_lines == 1
    assert head.coverage.coverable_branches == 2
