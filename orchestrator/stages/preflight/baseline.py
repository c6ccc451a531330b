"""The project's own commands on the base commit: what cannot work there cannot judge a change."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind
from orchestrator.domain.event import ChecksRun
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.steadiness import rates
from orchestrator.gates.tests_rule import SPEAK_UP
from orchestrator.stages.causes import Cause, cause_of
from orchestrator.stages.preflight.scene import passed, skipped, stopped, warned
from orchestrator.stages.setup import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.preflight.scene import Sight

_COLLECTING = re.compile(r"\berrors? during collection\b")
_TAIL_LINES = 15
_SHOWN = 10
_ENOUGH_CASES = 3
_LONGEST_RERUN_S = 600.0
_HINT_BROKEN = (
    "Nothing was spent. Try it with `python -m orchestrator sandbox -- COMMAND`; to go on without "
    "a baseline, set `preflight.baseline: false`."
)


def sandbox(context: RunContext) -> Sight:
    """Warn when no command can be run, or none is known that tests."""
    kinds = {kind for kind, _ in context.commands.kinds}
    if not context.commands.can_run:
        return warned(
            "No sandbox is available here: agents run no commands and nothing can be tested.",
            "The pull request will stay a draft. See the notes on the sandbox above.",
        )
    if CheckKind.TEST not in kinds:
        return warned(
            "No test command is known, so no test result can stand behind the change.",
            "Set `project.commands.test` in .github/orchestrator.yml.",
        )
    return passed("Commands can be run, and a test command is known.")


def setup(context: RunContext) -> Sight:
    """Install what the project needs, once; stop when that fails."""
    if not context.commands.can_run:
        return skipped("No command can be run here.")
    done = set_up(context)
    if isinstance(done, Outcome):
        return stopped(done)
    return passed(done)


def baseline(context: RunContext) -> Sight:
    """Run the project's commands on the base; stop when nothing could judge a change.

    What is red already is put on record and never blocks. Tests that are red run once more: one
    that then passes is flaky, and left out of the judgement.
    """
    if not context.commands.can_run:
        return skipped("No command can be run here.")
    if not context.preflight.baseline:
        return skipped("`preflight.baseline` is false.")
    reports = _known(context) or _run(context)
    broken = next(filter(None, (why_unusable(report) for report in reports)), None)
    if broken is not None:
        return stopped(broken)
    late = _too_slow(context, reports)
    if late is not None:
        return stopped(late)
    words = [*_flaky(reports), *_red(reports)]
    if not context.constraints.believe_exit_code:
        words += _silent(reports)
    if words:
        return warned(" ".join(words), "Only what newly fails counts against the change.")
    if not reports:
        return skipped("No command is known.")
    return passed(f"{', '.join(f'`{item.command}`' for item in reports)}: green on the base.")


def _known(context: RunContext) -> tuple[CheckReport, ...]:
    """Return what an earlier run saw, unless it could not be used: the machine may be mended."""
    reports = context.journal.record.base_checks
    return () if any(map(why_unusable, reports)) else reports


def _run(context: RunContext) -> tuple[CheckReport, ...]:
    reports = context.commands.check(context.branch.base)
    tests = [report for report in reports if report.kind is CheckKind.TEST]
    is_worth_it = sum(report.duration_s for report in tests) <= _LONGEST_RERUN_S
    is_red = any(_is_red(report) and why_unusable(report) is None for report in tests)
    if is_red and is_worth_it:
        again = context.commands.check(context.branch.base, only=(CheckKind.TEST,))
        reports = (*reports, *again)
    context.journal.write(ChecksRun(where="base", reports=reports))
    return reports


def _is_red(report: CheckReport) -> bool:
    return report.ending is CheckEnding.FINISHED and not report.is_green


def why_unusable(report: CheckReport) -> Outcome | None:
    """Return how the run ends when this command can say nothing about any change."""
    if report.is_green or report.kind not in {CheckKind.TEST, CheckKind.BUILD}:
        return None
    found = cause_of(report)
    if report.ending is CheckEnding.NOT_STARTED:
        return _broken(report, f"The {report.kind} command `{report.command}` cannot be started")
    if report.kind is not CheckKind.TEST:
        return None
    if report.ending is not CheckEnding.FINISHED:
        return _broken(report, f"The test command `{report.command}` met a limit on the base")
    if _is_blind(report) and found.cause in {
        Cause.PROGRAM,
        Cause.PACKAGES,
        Cause.LIMIT,
        Cause.VERSIONS,
    }:
        return _broken(report, f"The test command `{report.command}` runs no test on the base")
    if _is_all_red(report) and found.cause is not Cause.UNKNOWN:
        return _broken(report, f"Every test of `{report.command}` fails on the base")
    return None


def _is_blind(report: CheckReport) -> bool:
    """Tell whether no test was reached: there are none, or reading their files failed."""
    has_passed = any(case.result is CaseResult.PASSED for case in report.cases or ())
    is_broken_off = _COLLECTING.search(report.output_tail) is not None
    return not report.tests_run or (is_broken_off and not has_passed)


def _is_all_red(report: CheckReport) -> bool:
    ran = [case for case in report.cases or () if case.result is not CaseResult.SKIPPED]
    return len(ran) >= _ENOUGH_CASES and all(case.result is CaseResult.FAILED for case in ran)


def _broken(report: CheckReport, what: str) -> Outcome:
    found = cause_of(report)
    tail = "\n".join(report.output_tail.strip().splitlines()[-_TAIL_LINES:])
    because = "" if found.cause is Cause.UNKNOWN else f" ({found.cause}: {found.line})"
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=found.failure_class,
        summary=f"{what}{because}:\n{tail}",
        hint=f"{found.advice}; the setting is `project.commands.{report.kind}`. {_HINT_BROKEN}",
    )


def _too_slow(context: RunContext, reports: Sequence[CheckReport]) -> Outcome | None:
    """Return how the run ends when its minutes cannot be enough: the head has to be checked too."""
    spent_s = sum(report.duration_s for report in reports)
    minutes = context.limits.minutes
    if 2 * spent_s <= minutes * 60:
        return None
    return Outcome(
        conclusion=Conclusion.BUDGET_EXHAUSTED,
        failure_class=FailureClass.BUDGET_EXHAUSTED,
        summary=f"The project's commands took {spent_s / 60:.0f} minutes on the base and have to "
        f"run on the change as well: {minutes} minutes cannot be enough. Nothing was spent.",
        hint="Raise `limits.minutes` or the input `timeout-minutes`, or test a part of the project "
        "with `project.commands.test`.",
    )


def _flaky(reports: Sequence[CheckReport]) -> Iterator[str]:
    tests = [report for report in reports if report.kind is CheckKind.TEST]
    flaky = {name: rate for name, rate in rates(tests).items() if rate.is_mixed}
    if flaky:
        shown = islice(flaky.items(), _SHOWN)
        words = ", ".join(
            f"{name} failed {rate.failed} of {rate.ran} times" for name, rate in shown
        )
        yield f"Flaky on the base commit: {words}. They are left out of the judgement."
    elif len({report.is_green for report in tests}) > 1:
        yield (
            f"`{tests[0].command}` is now green and now red on the base commit, without naming "
            "tests: nothing it says about a change can be relied on."
        )


def _silent(reports: Sequence[CheckReport]) -> Iterator[str]:
    for command in dict.fromkeys(item.command for item in reports if item.kind is CheckKind.TEST):
        runs = [report for report in reports if report.command == command]
        is_green = all(report.is_green for report in runs)
        if is_green and not any(report.tells_of_tests for report in runs):
            yield (
                f"`{command}` is green on the base, and nothing it shows tells whether a test ran, "
                f"so it will be no evidence for the change: {SPEAK_UP}."
            )


def _red(reports: Sequence[CheckReport]) -> Iterator[str]:
    for report in {(item.kind, item.command): item for item in reports}.values():
        if report.is_green:
            continue
        failed = [case for case in report.cases or () if case.result is CaseResult.FAILED]
        count = f", {len(failed)} tests fail" if failed else ""
        if report.tests_run == 0 and report.kind is CheckKind.TEST:
            count = ", no test ran, which is no evidence"
        missing = cause_of(report) if report.ending is CheckEnding.NOT_STARTED else None
        advice = f" {missing.advice}." if missing else ""
        yield (
            f"The {report.kind} command is not green on the base commit: "
            f"`{report.command}`{count}.{advice}"
        )
