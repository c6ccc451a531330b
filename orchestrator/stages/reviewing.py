"""Review: the whole change, lens by lens, findings fixed, the final tree approved or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.domain.event import (
    ChecksRun,
    Noted,
    ReviewPassEnded,
    TaskEnded,
    TaskStarted,
    TaskStatus,
)
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.plan import StageName
from orchestrator.domain.review import ReviewReport, Verdict
from orchestrator.domain.role import RoleKind
from orchestrator.domain.work import WorkReport
from orchestrator.rendering.contexts import ReviewTask
from orchestrator.rendering.prompts import numbered_diff, problem_of_finding
from orchestrator.review.passes import Refuted, run_passes
from orchestrator.sandbox.sandbox import Access
from orchestrator.stages.checking import check_head, new_problems
from orchestrator.stages.endings import outcome_of_failure
from orchestrator.stages.fixing import fix
from orchestrator.stages.implementation import move_head
from orchestrator.stages.staff import Job
from orchestrator.tools.outfit import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.plan import Task
    from orchestrator.domain.review import Finding, Lens, ReviewPass
    from orchestrator.domain.role import Role
    from orchestrator.review.passes import Question
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

STAGE = StageName.REVIEW


def review_change(context: RunContext, results: Results) -> Results:
    """Do the plan's review tasks: have the change reviewed and blocking findings fixed."""
    if context.branch.is_empty:
        return results
    tasks = results.planned().of_stage(STAGE)
    for task in tasks:
        started = TaskStarted(
            task_id=task.id, title=task.title, agent=task.agent, stage=STAGE, attempt=1
        )
        context.journal.write(started)
    context.show()
    table = _Table(context, results, tasks)
    run_passes(
        context.review.order,
        context.branch.change(),
        table,
        fix_rounds=context.review.rounds,
        earlier=context.journal.record.reviews,
    )
    for task in tasks:
        context.journal.write(_ended(task, context.journal.record.reviews))
    return replace(results, stop=table.stop or results.stop)


class _Table:
    """Who reviews and who fixes in this run."""

    def __init__(self, context: RunContext, results: Results, tasks: Sequence[Task]) -> None:
        self._context = context
        self._results = results
        self._tasks = tasks
        self._fixes = 0
        self.stop: Outcome | None = None

    def ask(self, question: Question) -> ReviewReport | None:
        """Have one pass made on the exact head."""
        if self.stop is not None:
            return None
        context = self._context
        role = _reviewer(context, self._tasks)
        with context.workplaces.open(question.change.head, access=Access.READ) as place:
            ending = context.staff.do(
                Job(
                    name=f"{STAGE}/{question.lens}/{question.round}",
                    role=role,
                    stage=STAGE,
                    form=self._form(question),
                    wanted=Wanted(shape=ReviewReport),
                    commit=question.change.head,
                    place=place,
                    task_id=self._tasks[0].id if self._tasks else None,
                )
            )
        match ending:
            case Submitted(result=report):
                return report
            case Exited(exit=exit_):
                self._note(question.lens, f"{exit_.status}: {exit_.reason}")
            case Failed() as failed:
                self._note(question.lens, failed.text)
                if failed.kind.ends_run:
                    self.stop = outcome_of_failure(failed, who=role.name)
        return None

    def fix(self, lens: Lens, findings: Sequence[Finding]) -> Change | Refuted | None:
        """Have findings fixed, and the project's commands run again on the new head."""
        if self.stop is not None:
            return None
        self._fixes += 1
        context = self._context
        before, checks = context.branch.head, context.journal.record.head_checks
        was_green = not new_problems(context, checks)
        attempted = fix(
            context,
            self._results,
            [problem_of_finding(finding, lens) for finding in findings],
            stage=STAGE,
            title=f"Address the {lens} review",
            round_=self._fixes,
            rounds=context.review.rounds * len(context.review.order),
        )
        if isinstance(attempted.result, WorkReport) and attempted.is_unchanged:
            return Refuted(why=attempted.result.summary)
        if not attempted.is_done:
            if attempted.failure is not None and attempted.failure.kind.ends_run:
                self.stop = outcome_of_failure(attempted.failure, who="The fix")
            return None
        if check_head(context) and was_green:
            self._take_back(before, checks)
            return None
        return context.branch.change()

    def _take_back(self, commit: str, checks: tuple[CheckReport, ...]) -> None:
        """Undo a fix that broke what worked."""
        context = self._context
        text = "A fix for the review made tests or lint fail that were green, so it was undone."
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
        move_head(context, commit)
        context.journal.write(ChecksRun(where="head", reports=checks))
        context.show()

    def ended(self, review: ReviewPass) -> None:
        """Put a pass on record."""
        self._context.journal.write(ReviewPassEnded(review=review))
        self._context.show()

    def _form(self, question: Question) -> ReviewTask:
        plan = self._results.planned()
        return ReviewTask(
            lens=question.lens,
            round=question.round,
            requirements=self._results.required(),
            diff=numbered_diff(question.change.diff),
            acceptance=tuple(item for task in plan.tasks for item in task.acceptance),
            decisions=plan.decisions,
            checks=tuple(_line(report) for report in self._context.journal.record.head_checks),
            rejected=question.rejected,
        )

    def _note(self, lens: Lens, why: str) -> None:
        text = f"The {lens} pass gave no verdict, so the change is not approved: {why}"
        self._context.journal.write(Noted(level=NoteLevel.WARNING, text=text))


def _reviewer(context: RunContext, tasks: Sequence[Task]) -> Role:
    for task in tasks:
        role = context.roster.get(task.agent)
        if role.kind is RoleKind.REVIEWER:
            return role
    return context.roster.get("code-reviewer")


def _ended(task: Task, passes: Sequence[ReviewPass]) -> TaskEnded:
    last = {review.lens: review.verdict for review in passes}
    approved = bool(last) and all(verdict is Verdict.APPROVE for verdict in last.values())
    words = ", ".join(f"{lens}: {verdict or 'no verdict'}" for lens, verdict in last.items())
    return TaskEnded(
        task_id=task.id,
        attempt=1,
        status=TaskStatus.DONE if approved else TaskStatus.FAILED,
        summary=words or "No pass was made.",
    )


def _line(report: CheckReport) -> str:
    ended = report.ending if report.exit_code is None else f"exit code {report.exit_code}"
    tests = "" if report.tests_run is None else f", {report.tests_run} tests"
    return f"{report.kind}: `{report.command}` on {report.commit[:12]}: {ended}{tests}"
