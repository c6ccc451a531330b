"""Testing: tests by somebody who has not seen the change, then the project's own commands.

The test author works on the base tree and may write tests only. Its files are then laid on
the branch, the commands run on that exact commit, and what newly fails goes back to the
implementer with the evidence, a bounded number of times.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.plan import StageName
from orchestrator.domain.work import BaseExpectation, TestsReport
from orchestrator.rendering.contexts import TestTask
from orchestrator.stages.branch import Misfit
from orchestrator.stages.checking import check_head
from orchestrator.stages.fixing import fix
from orchestrator.stages.implementation import move_head
from orchestrator.stages.tasks import Attempted, attempt_all
from orchestrator.stages.writing import WritingJob, write

if TYPE_CHECKING:
    from orchestrator.domain.plan import Task
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

STAGE = StageName.TESTING
FIX_ROUNDS = 2


def test_change(context: RunContext, results: Results) -> Results:
    """Have tests written, run everything, and have new failures mended."""
    results = _write_tests(context, results)
    if not context.branch.is_empty:
        _mend(context, results)
    return results


def _write_tests(context: RunContext, results: Results) -> Results:
    plan = results.planned()
    reports: dict[int, TestsReport] = {}

    def attempt(task: Task, number: int, evidence: str) -> Attempted:
        form = TestTask(
            task=task,
            requirements=results.required(),
            implementation=plan.of_stage(StageName.IMPLEMENTATION),
            attempt=number,
            previous=evidence,
        )
        job = WritingJob(
            task_id=task.id,
            title=task.title,
            stage=STAGE,
            role=context.roster.get(task.agent),
            form=form,
            shape=TestsReport,
            start=context.branch.base,
            files=task.files,
        )
        attempted = write(context, job)
        vacuous = _vacuous(context, attempted)
        return replace(attempted, why_again=vacuous) if vacuous else attempted

    def integrate(task: Task, attempted: Attempted) -> None:
        if attempted.piece is None or not isinstance(attempted.result, TestsReport):
            return
        reports[task.id] = attempted.result
        laid = context.branch.lay(context.branch.head, [attempted.piece])
        if isinstance(laid, Misfit):
            paths = ", ".join(laid.paths)
            text = f"The tests of task {task.id} were left out: the change also touches {paths}."
            context.journal.write(Noted(level=NoteLevel.ERROR, text=text))
            return
        move_head(context, laid)

    done = attempt_all(context, plan.of_stage(STAGE), attempt, on_done=integrate)
    return replace(results, tests=reports, stop=done.stop or results.stop)


def _vacuous(context: RunContext, attempted: Attempted) -> str:
    """Return why tests that should fail on the base prove nothing, or an empty text."""
    report = attempted.result
    if attempted.piece is None or not isinstance(report, TestsReport):
        return ""
    expected = [test.id for test in report.tests if test.expects_on_base is BaseExpectation.FAIL]
    on_base = context.branch.lay(context.branch.base, [attempted.piece])
    if not expected or isinstance(on_base, Misfit):
        return ""
    runs = context.commands.check(on_base, only=CheckKind.TEST)
    if not runs or not all(run.is_green for run in runs):
        return ""
    return (
        "With these tests the test command is green on the base commit, where "
        f"{', '.join(expected)} should fail: they do not test what the issue asks for."
    )


def _mend(context: RunContext, results: Results) -> None:
    """Run the commands on the head; have new failures and warnings mended, then run again."""
    for round_ in range(1, FIX_ROUNDS + 2):
        problems = check_head(context)
        if not problems or round_ > FIX_ROUNDS:
            return
        attempted = fix(
            context,
            results,
            problems,
            stage=STAGE,
            title="Mend what newly fails",
            round_=round_,
            rounds=FIX_ROUNDS,
        )
        if not attempted.is_done:
            return
