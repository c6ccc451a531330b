"""Testing: tests by somebody who has not seen the change, then the project's own commands.

The test author works on the base tree and may write tests only. Its files are then laid on
the branch, the commands run on that exact commit, and what newly fails goes back to the
implementer with the evidence, a bounded number of times.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome
from orchestrator.domain.plan import StageName
from orchestrator.domain.work import TestsReport
from orchestrator.rendering.contexts import TestTask
from orchestrator.stages.branch import Misfit
from orchestrator.stages.checking import check_head
from orchestrator.stages.endings import outcome_of_failure
from orchestrator.stages.fixing import fix, has_fixer
from orchestrator.stages.implementation import implement, move_head
from orchestrator.stages.proving import proven, tell_on_head
from orchestrator.stages.replanning import replan
from orchestrator.stages.resolving import Clash, resolve
from orchestrator.stages.tasks import Attempted, attempt_all, is_done
from orchestrator.stages.worsening import newly_failing
from orchestrator.stages.writing import WritingJob, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.plan import Task
    from orchestrator.rendering.contexts import Problem
    from orchestrator.stages.branch import Piece
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

STAGE = StageName.TESTING
FIX_ROUNDS = 2


def test_change(context: RunContext, results: Results) -> Results:
    """Have tests written, run everything, and have new failures mended."""
    results, attempts = _write_tests(context, results)
    revised = replan(context, results, attempts)
    if revised is not None:
        results = revised if revised.stop is not None else _done_anew(context, revised)
    if context.branch.is_empty:
        return results
    if results.stop is not None:
        check_head(context)
        return results
    stop = _mend(context, results)
    tell_on_head(context)
    return replace(results, stop=stop)


def _done_anew(context: RunContext, results: Results) -> Results:
    """Do what a new plan of the rest adds to the implementation, then its tests."""
    results = implement(context, results)
    return results if results.stop is not None else _write_tests(context, results)[0]


def _write_tests(context: RunContext, results: Results) -> tuple[Results, Mapping[int, Attempted]]:
    plan = results.planned()
    reports: dict[int, TestsReport] = dict(results.tests)
    conflicts: list[Outcome] = []

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
        if _has_nothing_to_test(attempted):
            return replace(attempted, why_again="")
        return attempted if attempted.why_again else proven(context, attempted, number=number)

    def integrate(task: Task, attempted: Attempted) -> Attempted:
        if not isinstance(attempted.result, TestsReport):
            return attempted
        reports[task.id] = attempted.result
        if attempted.piece is None:
            why = " ".join(attempted.result.cannot_test)
            text = f"Task {task.id} wrote no test: {why}"
            context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
            return attempted
        laid = context.branch.lay(context.branch.head, [attempted.piece])
        if isinstance(laid, Misfit):
            resolved = _resolved(context, results, task, attempted.piece)
            if resolved is None:
                left_out = _left_out(task, laid)
                conflicts.append(left_out)
                return replace(attempted, why_again=left_out.summary)
            laid = resolved
        move_head(context, laid, task_id=task.id)
        return attempted

    done = attempt_all(context, plan.of_stage(STAGE), attempt, on_done=integrate)
    stop = done.stop or next(iter(conflicts), None) or results.stop
    return replace(results, tests=reports, stop=stop), done.by_task


def _resolved(context: RunContext, results: Results, task: Task, piece: Piece) -> str | None:
    """Return the head with tests that did not fit, once somebody has seen both sides.

    There is no second way, as there is for source: who wrote them on top of the change would
    have seen it.
    """
    plan = results.planned()
    text = f"The tests of task {task.id} conflict with the change; both sides go to one agent."
    context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
    others = tuple(
        other
        for other in plan.tasks
        if other.stage in {StageName.IMPLEMENTATION, STAGE} and is_done(context, other)
    )
    clash = Clash(
        task=task,
        piece=piece,
        others=others,
        planned=plan.tasks,
        requirements=results.required(),
    )
    attempted = resolve(context, clash)
    if attempted is None or attempted.piece is None or not attempted.is_done:
        return None
    laid = context.branch.lay(context.branch.head, [attempted.piece])
    return None if isinstance(laid, Misfit) else laid


def _has_nothing_to_test(attempted: Attempted) -> bool:
    """Tell whether the author wrote no test and said why: a change of a page of prose has none."""
    report = attempted.result
    return (
        attempted.is_unchanged
        and isinstance(report, TestsReport)
        and not report.tests
        and bool(report.cannot_test)
    )


def _left_out(task: Task, misfit: Misfit) -> Outcome:
    paths = ", ".join(misfit.paths)
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.MERGE_CONFLICTS,
        summary=f"The tests of task {task.id} do not fit onto the change: both touch {paths}.",
        hint="Look at the draft pull request, or run again.",
    )


def _mend(context: RunContext, results: Results) -> Outcome | None:
    """Run the commands on the head; have new failures and warnings mended, then run again.

    Returns:
        How the run ends if nobody can go on; what stays red is left to the gates.
    """
    problems = check_head(context)
    for round_ in range(1, FIX_ROUNDS + 1):
        if not problems or not has_fixer(results):
            break
        look = _Look(context)
        attempted = fix(
            context,
            results,
            problems,
            stage=STAGE,
            title="Mend what newly fails",
            round_=round_,
            rounds=FIX_ROUNDS,
            why_undo=look.why_undo,
        )
        if attempted.failure is not None and attempted.failure.kind.ends_run:
            return outcome_of_failure(attempted.failure, who="The fix")
        if not attempted.is_done:
            break
        problems = check_head(context) if look.problems is None else look.problems
    return None


class _Look:
    """How many tests newly fail before a fix and with it."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._before = len(newly_failing(context))
        self._told = _tells_of_cases(context)
        self.problems: tuple[Problem, ...] | None = None
        """What newly fails with the fix, once it was looked at."""

    def why_undo(self) -> str:
        """Run the commands on the fix, which is the head now, and return why it cannot stay."""
        self.problems = check_head(self._context)
        now = len(newly_failing(self._context))
        if self._told and not _tells_of_cases(self._context):
            return "the tests do not run any more with it."
        return f"{now} tests newly fail with it, not {self._before}." if now > self._before else ""


def _tells_of_cases(context: RunContext) -> bool:
    return any(report.cases for report in context.journal.record.head_checks)
