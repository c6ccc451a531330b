"""`all_tests_passing`: executed on head, compared with base, never taken on trust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.steadiness import unsteady
from orchestrator.gates.differential import differential
from orchestrator.gates.futile import why_futile
from orchestrator.gates.verdicts import listed, on_base, on_head, result, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.gates import Evidence

SPEAK_UP = (
    "let the test runner print its summary, or write a JUnit report into `test-results`; or set "
    "`constraints.believe_exit_code: true`"
)
"""What to do about a test command that tells nothing about its tests."""
_STOPS = re.compile(r"\s--?(?:bail|fail-?fast|stop-on-(?:failure|error|defect))\b")
_STOPPED = re.compile(
    r"^!+ .*stopping after \d+ failures|^ +Summary \[.*\] \d+/\d+ tests? run"
    r"|^Test Suites: .*\b\d+ of \d+ total$|^\[INFO\] .* SKIPPED(?: \[.*\])?$",
    re.MULTILINE,
)
"""As pytest, nextest, jest and Maven tell that more would have followed."""
_FAILED, _PASSED, _NONE = GateVerdict.FAILED, GateVerdict.PASSED, GateVerdict.NO_EVIDENCE


class AllTestsPassing:
    """No test fails on head that did not fail on base."""

    name = "all_tests_passing"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge every test command; with several, the worst verdict counts."""
        reports = on_head(evidence, CheckKind.TEST)
        if not reports:
            reason = f"No test command was run on commit {evidence.change.head[:9]}."
            return result(self.name, evidence, _NONE, reason)
        unset = [report for report in on_head(evidence, CheckKind.SETUP) if not report.is_green]
        if unset:
            reason = (
                f"The change asks for other dependencies, and {unset[-1].command!r} cannot install "
                f"them without a network: what the tests say is about the old ones."
            )
            return result(self.name, evidence, _NONE, reason)
        commands = dict.fromkeys(report.command for report in reports)
        found = [
            _judge_command(
                on_base(evidence, CheckKind.TEST, command),
                tuple(report for report in reports if report.command == command),
                believes_exit_code=evidence.believes_exit_code,
            )
            for command in commands
        ]
        return worst(self.name, evidence, found)


def _judge_command(
    base: Sequence[CheckReport], head: Sequence[CheckReport], *, believes_exit_code: bool
) -> tuple[GateVerdict, str]:
    command = head[0].command
    futile = why_futile(command)
    if futile:
        return _NONE, f"{command!r} proves nothing: {futile}."
    for report in head:
        broken = _unusable(base, report)
        if broken is not None:
            return broken
    found = _judge_cases(base, head)
    is_silent = not all(report.tells_of_tests for report in head)
    if found[0] is _PASSED and is_silent and not believes_exit_code:
        return _NONE, (
            f"{command!r} ended with exit code 0, and nothing it showed tells whether a test ran: "
            f"{SPEAK_UP}."
        )
    return found


def _unusable(base: Sequence[CheckReport], report: CheckReport) -> tuple[GateVerdict, str] | None:
    """Return a verdict when one run of the command tells nothing about single tests."""
    command = report.command
    match report.ending:
        case CheckEnding.NOT_STARTED:
            return _NONE, f"{command!r} could not be started: {_last_line(report)}"
        case CheckEnding.TIMED_OUT | CheckEnding.LIMIT_MET:
            if base and all(before.ending is report.ending for before in base):
                return _NONE, f"{command!r} meets a limit on the base commit as well."
            return _FAILED, f"{command!r} met a limit ({report.ending}) before it ended."
        case CheckEnding.FINISHED:
            if report.tests_run == 0 and not differential(base, (report,)).new_failures:
                return _NONE, f"{command!r} ran no tests."
            if report.tests_run is None and not report.output_tail.strip():
                return _NONE, f"{command!r} showed nothing, so nobody knows whether tests ran."
            return _unbelievable(base, report)


def _unbelievable(
    base: Sequence[CheckReport], report: CheckReport
) -> tuple[GateVerdict, str] | None:
    """Return a verdict when a green run says less about its tests than it did on base.

    What is odd on the base commit too is the runner's own way, and nobody's trick.
    """
    if not report.is_green:
        return None
    command = report.command
    known = {_kind(doubt) for before in base for doubt in before.doubts}
    odd = [doubt for doubt in report.doubts if _kind(doubt) not in known]
    if odd:
        return _NONE, f"{command!r} is green and not believed: {' '.join(odd)}"
    told = max((before.tests_run or 0 for before in base), default=0)
    if told and report.tests_run is None:
        return _NONE, (
            f"{command!r} told of {told} tests on the base commit and is green here without a word "
            "about any: something ended it early."
        )
    if report.read_from == "output" and any(before.read_from == "report" for before in base):
        return _NONE, (
            f"{command!r} is green, but the test runner wrote its report on the base commit only: "
            "something ended it early."
        )
    return None


def _kind(doubt: str) -> str:
    return "".join(letter for letter in doubt if not letter.isdigit())


def _judge_cases(
    base: Sequence[CheckReport], head: Sequence[CheckReport]
) -> tuple[GateVerdict, str]:
    command = head[0].command
    change = differential(base, head)
    shares = {each.id: each for each in unsteady(base, head)}
    if change.new_failures:
        mixed = [f"{name} in {shares[name].head} runs" for name in change.unsteady]
        now_and_then = f" ({listed(mixed)})" if mixed else ""
        new = listed(change.new_failures)
        return _FAILED, f"{command!r} has new failures: {new}{now_and_then}."
    flaky = [f"{name} (failed in {shares[name].base} runs)" for name in change.flaky]
    red = [report for report in head if not report.is_green]
    if red:
        return _judge_red(base, red, change.still_failing, flaky)
    count = head[-1].tests_run
    passed = f"{count} tests ran" if count is not None else _uncounted(head[-1])
    old = _old(change.still_failing, flaky)
    return _PASSED, f"{command!r}: {passed}, no new failure{old}."


def _uncounted(report: CheckReport) -> str:
    if report.tells_of_tests:
        return "the test runner gives no number of tests"
    return "exit code 0, which is all that is known (`constraints.believe_exit_code`)"


def _judge_red(
    base: Sequence[CheckReport],
    red: Sequence[CheckReport],
    still_failing: Sequence[str],
    flaky: Sequence[str],
) -> tuple[GateVerdict, str]:
    command = red[0].command
    code = red[0].exit_code
    was_red = any(not report.is_green for report in base)
    if not was_red:
        where = "passes on the base commit" if base else "was not run on the base commit"
        return _FAILED, f"{command!r} ends with exit code {code}; it {where}."
    if _STOPS.search(command) or any(_STOPPED.search(report.output_tail) for report in red):
        return _NONE, (
            f"{command!r} stops at the first failure, which the base commit has as well: nobody "
            "knows what the tests behind it say. Let it run all of them."
        )
    if all(_failed_cases(report) for report in red):
        return _PASSED, f"{command!r} has no new failure{_old(still_failing, flaky)}."
    return _NONE, (
        f"{command!r} ends with exit code {code} here and fails on the base commit too, "
        "and its output does not name the tests: nobody can tell what is new."
    )


def _failed_cases(report: CheckReport) -> bool:
    return any(case.result is CaseResult.FAILED for case in report.cases or ())


def _old(still_failing: Sequence[str], flaky: Sequence[str]) -> str:
    parts = []
    if still_failing:
        parts.append(f"{len(still_failing)} failed before: {listed(still_failing)}")
    if flaky:
        parts.append(f"{len(flaky)} flaky on the base commit: {listed(flaky)}")
    return f" ({'; '.join(parts)})" if parts else ""


def _last_line(report: CheckReport) -> str:
    lines = report.output_tail.strip().splitlines()
    return lines[-1] if lines else f"exit code {report.exit_code}."
