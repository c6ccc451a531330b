"""The verdict table: fixture projects, really run on base and head, and the exact answer to each.

Every row is a project of two commits. Its tests are run as in a run, with a report beside what
is printed, and `all_tests_passing` says one of three things, for one reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.tests_rule import AllTestsPassing
from orchestrator.gates.weakening_rule import TestsNotWeakened
from tests.unit.gates.evidence import BASE, HEAD, PATHS, change, diff, evidence
from tests.unit.gates.projects import PYTEST, UNITTEST, run, suite

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.check import CheckReport

FAILED, PASSED, NONE = GateVerdict.FAILED, GateVerdict.PASSED, GateVerdict.NO_EVIDENCE
_GOOD, _BAD = "self.assertEqual(value, 1)", "self.assertEqual(value, 2)"
_SKIPPED = "self.skipTest('later')"
_HANGS = "__import__('time').sleep(600)"
_NOW_AND_THEN = (
    "p = '{count}'; n = os.path.exists(p); "
    "(os.remove if n else lambda q: open(q, 'w').close())(p); self.assertTrue(n)"
)
"""Fails in every second run, beginning with the first."""
_REPORT = "p = os.environ['PYTEST_ADDOPTS'].split(\"'\")[1]; "
_TWO = '<testsuite><testcase name="{0}1"/><testcase name="{0}2"/></testsuite>'
_FORGES = f"{_REPORT}open(p, 'w').write('{_TWO.format('a')}'); "
_AT_EXIT = f"{_REPORT}__import__('atexit').register(lambda: "
_SAYS_PASSED = "print(chr(10) + '2 passed in 0.01s', flush=True); os.dup2(2, 1); "
_PYTEST = f"{PYTEST} -s"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One project: bodies of its tests on base and head, and what is said about them."""

    name: str
    base: tuple[str, ...]
    head: tuple[str, ...]
    verdict: GateVerdict
    reason: str
    """Whole, with `COMMAND` for the command; dots stand for what differs between machines."""
    command: str = UNITTEST
    runs: int = 1


_TABLE = (
    _Row(
        name="failure that was there before",
        base=(_GOOD, _BAD),
        head=(_GOOD, _BAD),
        verdict=PASSED,
        reason="COMMAND has no new failure (1 failed before: test_2 (...)).",
    ),
    _Row(
        name="new failure",
        base=(_GOOD, _GOOD),
        head=(_GOOD, _BAD),
        verdict=FAILED,
        reason="COMMAND has new failures: test_2 (...).",
    ),
    _Row(
        name="new failure beside an old one",
        base=(_GOOD, _BAD),
        head=(_BAD, _BAD),
        verdict=FAILED,
        reason="COMMAND has new failures: test_1 (...).",
    ),
    _Row(
        name="failure that is mended",
        base=(_GOOD, _BAD),
        head=(_GOOD, _GOOD),
        verdict=PASSED,
        reason="COMMAND: 2 tests ran, no new failure.",
    ),
    _Row(
        name="zero tests",
        base=(_GOOD,),
        head=(),
        verdict=NONE,
        reason="COMMAND ran no tests.",
    ),
    _Row(
        name="every test skipped",
        base=(_GOOD,),
        head=(_SKIPPED,),
        verdict=NONE,
        reason="COMMAND ran no tests.",
    ),
    _Row(
        name="flaky on the base",
        base=(_GOOD, _NOW_AND_THEN),
        head=(_GOOD, _NOW_AND_THEN),
        runs=3,
        verdict=PASSED,
        reason=(
            "COMMAND has no new failure (1 flaky on the base commit: "
            "test_2 (...) (failed in 2/3 runs))."
        ),
    ),
    _Row(
        name="flaky on the head alone",
        base=(_GOOD, _GOOD),
        head=(_GOOD, _NOW_AND_THEN),
        runs=3,
        verdict=FAILED,
        reason="COMMAND has new failures: test_2 (...) (test_2 (...) in 2/3 runs).",
    ),
    _Row(
        name="command that cannot fail",
        base=(_GOOD,),
        head=(_BAD,),
        command=f"{UNITTEST} || true",
        verdict=NONE,
        reason="COMMAND proves nothing: its failure is turned into success.",
    ),
    _Row(
        name="ends itself with exit code 0",
        base=(_GOOD, _GOOD),
        head=(_GOOD, "os._exit(0)"),
        verdict=NONE,
        reason=(
            "COMMAND told of 2 tests on the base commit and is green here without a word about "
            "any: something ended it early."
        ),
    ),
    _Row(
        name="ends itself with exit code 0 and a summary",
        base=(_GOOD, _GOOD),
        head=(_GOOD, f"{_SAYS_PASSED}os._exit(0)"),
        command=_PYTEST,
        verdict=NONE,
        reason=(
            "COMMAND is green, but the test runner wrote its report on the base commit only: "
            "something ended it early."
        ),
    ),
    _Row(
        name="silent about its tests on both",
        base=(_GOOD,),
        head=(_GOOD,),
        command=f"{UNITTEST} >/dev/null 2>&1 && echo done",
        verdict=NONE,
        reason=(
            "COMMAND ended with exit code 0, and nothing it showed tells whether a test ran: let "
            "the test runner print its summary, or write a JUnit report into `test-results`; or "
            "set `constraints.believe_exit_code: true`."
        ),
    ),
    _Row(
        name="hangs on the head",
        base=(_GOOD,),
        head=(_HANGS,),
        verdict=FAILED,
        reason="COMMAND met a limit (timed_out) before it ended.",
    ),
    _Row(
        name="hangs on both",
        base=(_HANGS,),
        head=(_HANGS,),
        verdict=NONE,
        reason="COMMAND meets a limit on the base commit as well.",
    ),
    _Row(
        name="truncated report",
        base=(_GOOD, _GOOD),
        head=(_GOOD, f"{_AT_EXIT}os.truncate(p, 40))"),
        command=_PYTEST,
        verdict=NONE,
        reason="COMMAND is green and not believed: The report of pytest is cut short or is none.",
    ),
    _Row(
        name="empty report",
        base=(_GOOD, _GOOD),
        head=(_GOOD, f"{_AT_EXIT}os.truncate(p, 0))"),
        command=_PYTEST,
        verdict=NONE,
        reason="COMMAND is green and not believed: The report of pytest is cut short or is none.",
    ),
    _Row(
        name="report taken away",
        base=(_GOOD, _GOOD),
        head=(_GOOD, f"{_AT_EXIT}os.remove(p))"),
        command=_PYTEST,
        verdict=NONE,
        reason=(
            "COMMAND is green, but the test runner wrote its report on the base commit only: "
            "something ended it early."
        ),
    ),
    _Row(
        name="forged report",
        base=(_GOOD, _GOOD),
        head=(_GOOD, f"{_FORGES}os._exit(0)"),
        command=_PYTEST,
        verdict=NONE,
        reason=(
            "COMMAND is green and not believed: There is a report, but pytest ended without the "
            "summary it prints."
        ),
    ),
    _Row(
        name="forged report of a failure",
        base=(_GOOD, _GOOD),
        head=(_BAD, f"{_AT_EXIT}open(p, 'w').write('{_TWO.format('a')}'))"),
        command=_PYTEST,
        verdict=FAILED,
        reason="COMMAND has new failures: tests/test_app.py::Case::test_1.",
    ),
)


@pytest.mark.parametrize("row", _TABLE, ids=[row.name for row in _TABLE])
def test_verdict__table(tmp_path: Path, row: _Row) -> None:
    """Only what newly fails blocks, and what shows nothing, or too much, is never a pass."""
    base, head = _runs(tmp_path, row)

    found = AllTestsPassing().judge(evidence(base=base, head=head))

    whole = re.escape(row.reason).replace(r"\.\.\.", "[^()]+")
    assert found.verdict is row.verdict, found.reason
    assert re.fullmatch(whole.replace("COMMAND", re.escape(repr(row.command))), found.reason), (
        found.reason
    )


def test_verdict__forged_report_and_summary(tmp_path: Path) -> None:
    """Who forges both is caught by the tests of the base, which no longer run."""
    row = _Row(
        name="forged whole",
        base=(_GOOD, _GOOD),
        head=(_GOOD, f"{_FORGES}{_SAYS_PASSED}os._exit(0)"),
        command=_PYTEST,
        verdict=FAILED,
        reason="",
    )
    base, head = _runs(tmp_path, row)
    known = evidence(of=change(diff("tests/a.py", "+x")), base=base, head=head)

    found = TestsNotWeakened(PATHS).judge(known)

    assert found.verdict is FAILED
    assert "2 tests that passed on base no longer run" in found.reason


def _runs(folder: Path, row: _Row) -> tuple[tuple[CheckReport, ...], tuple[CheckReport, ...]]:
    """Run both commits as often as the row asks, the base first."""
    found = []
    for commit, bodies in ((BASE, row.base), (HEAD, row.head)):
        count = folder / f"count-{commit[:1]}"
        files = suite(*(body.replace("{count}", str(count)) for body in bodies))
        if not bodies:
            del files["tests/test_app.py"]
        timeout_s = 2 if _HANGS in bodies else 60
        found.append(
            tuple(
                run(folder, files, row.command, commit=commit, timeout_s=timeout_s)
                for _ in range(row.runs)
            )
        )
    return found[0], found[1]
