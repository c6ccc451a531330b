"""What runners that are at hand really write is read as they meant it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.tests_rule import AllTestsPassing
from tests.unit.gates.evidence import evidence
from tests.unit.gates.projects import PYTEST, UNITTEST, on_base, run, suite
from tests.unit.gates.recordings import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.check import CheckReport

FAILED = GateVerdict.FAILED
_GOOD, _BAD = "self.assertEqual(value, 1)", "self.assertEqual(value, 2)"


def _judged(base: CheckReport, head: CheckReport) -> tuple[GateVerdict, str]:
    found = AllTestsPassing().judge(evidence(base=(base,), head=(head,)))
    return found.verdict, found.reason


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


_CHANCE = """\
import os


def test_3(): assert os.environ["PYTHONHASHSEED"] == "0"
def test_1(): pass
def test_4(): pass
def test_2(): pass
"""


def test_pytest__the_same_in_every_run(tmp_path: Path) -> None:
    """A plugin that shuffles does not, and hashes are the same: two runs are one experiment."""
    runs = [run(tmp_path, {"test_a.py": _CHANCE}, "python3 -m pytest -q") for _ in range(2)]

    for report in runs:
        names = [case.id.rpartition("::")[2] for case in report.cases or ()]
        assert (report.is_green, names) == (True, ["test_3", "test_1", "test_4", "test_2"])


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


def _in_two_parts(first: str) -> dict[str, str]:
    return {
        "one/test_one.py": f"def test_one(): assert {first}\n",
        "two/test_two.py": "def test_two(): assert 0\n",
    }


def test_pytest__each_part_of_a_command_counts(tmp_path: Path) -> None:
    """A new failure counts although a later part wrote its own report over the first one's."""
    part = PYTEST.removesuffix("tests")
    command = f"{part} one; one=$?; {part} two; exit $((one + $?))"
    base = on_base(tmp_path, _in_two_parts("1"), command)

    verdict, reason = _judged(base, run(tmp_path, _in_two_parts("0"), command))

    assert (verdict, "new failures: one/test_one.py::test_one." in reason) == (FAILED, True), reason


def test_pytest__stops_at_an_old_failure(tmp_path: Path) -> None:
    """What comes after the failure that a run stops at is not known to be as good as before."""
    command = f"{PYTEST} -x"
    base = on_base(tmp_path, suite(_BAD, _GOOD), command)

    verdict, reason = _judged(base, run(tmp_path, suite(_BAD, _BAD), command))

    assert verdict is GateVerdict.NO_EVIDENCE
    assert "stops at the first failure, which the base commit has as well" in reason


_PARAMETERS = """\
import pytest

def test_old(): assert 0

@pytest.mark.parametrize("text", ["a - b", "a b"])
def test_text(text): assert text != "{}"
"""


def test_pytest__parameters_with_blanks(tmp_path: Path) -> None:
    """A failure is new whatever stands in its brackets, also where only the output tells of it."""
    files = {"check.sh": f"exec env {PYTEST}\n"}
    good, bad = ({**files, "tests/test_a.py": _PARAMETERS.format(text)} for text in ("none", "a b"))
    base = on_base(tmp_path, good, "sh check.sh")

    verdict, reason = _judged(base, run(tmp_path, bad, "sh check.sh"))

    assert verdict is FAILED
    assert "new failures: tests/test_a.py::test_text[a b]." in reason


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


def test_maven__reports_of_modules(tmp_path: Path) -> None:
    """Reports of modules, nested ones too, are added up, and agree with Maven's own totals."""
    recorded = FOLDER / "surefire-3.2.5"
    files = {
        "said.txt": (recorded / "mixed.txt").read_text(),
        "one/pom.xml": (recorded / "mixed.one.xml").read_text(),
        "libs/two/pom.xml": (recorded / "mixed.two.xml").read_text(),
    }
    command = (
        "for each in one libs/two; do mkdir -p $each/target/surefire-reports; "
        "cp $each/pom.xml $each/target/surefire-reports/TEST-x.xml; done; cat said.txt; false"
    )

    head = run(tmp_path, files, command)

    assert (head.read_from, head.tests_run, head.doubts) == ("report", 6, ())
    failed = [case.id for case in head.cases or () if case.result is CaseResult.FAILED]
    assert failed == ["x.MathTest.raises", "x.MathTest.bad"]


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
