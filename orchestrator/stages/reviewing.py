"""Stage two of the review: the whole change, lens by lens, the final tree approved or not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed
from orchestrator.domain.event import (
    FixRoundEnded,
    Noted,
    ReviewPassEnded,
    TaskEnded,
    TaskStarted,
    TaskStatus,
)
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.plan import StageName
from orchestrator.domain.review import (
    FixEnding,
    Lens,
    Verdict,
    Verification,
    standing_passes,
)
from orchestrator.domain.role import RoleKind
from orchestrator.rendering.prompts import numbered_diff, problem_of_finding
from orchestrator.rendering.review_contexts import ReviewedChange, ReviewTask
from orchestrator.review.passes import Rules, run_passes
from orchestrator.review.table import Fixed
from orchestrator.stages.checking import check_head
from orchestrator.stages.endings import outcome_of_failure
from orchestrator.stages.fixing import fix, has_fixer, is_refutation, step_back
from orchestrator.stages.reviewers import (
    Look,
    ask_reviewer,
    reviewer_of,
    says_something,
    verify_each,
    what_ran,
)
from orchestrator.stages.task_review import carrier_of, open_objections, open_tasks
from orchestrator.stages.worsening import Measured, measured, worsened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.plan import Task
    from orchestrator.domain.review import (
        Finding,
        FixRound,
        Remark,
        ReviewPass,
        ReviewReport,
    )
    from orchestrator.review.memory import Memory
    from orchestrator.review.table import Question
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results
    from orchestrator.stages.tasks import Attempted

STAGE = StageName.REVIEW


def review_change(context: RunContext, results: Results) -> Results:
    """Do the plan's review tasks: have the change reviewed and blocking findings fixed."""
    if context.branch.is_empty:
        return results
    tasks = results.planned().of_stage(STAGE)
    if _is_over(context, tasks):
        return results
    for task in tasks:
        started = TaskStarted(
            task_id=task.id, title=task.title, agent=task.agent, stage=STAGE, attempt=1
        )
        context.journal.write(started)
    context.show()
    table = _Table(context, results, tasks)
    record = context.journal.record
    run_passes(
        Rules(
            lenses=context.review.order,
            fix_rounds=context.review.rounds,
            blocking=context.review.blocking,
        ),
        context.branch.change(),
        table,
        earlier=tuple(one for one in record.reviews if is_by_a_reviewer(context, one)),
        fixes=record.fix_rounds,
    )
    for task in tasks:
        context.journal.write(_ended(context, task))
    return replace(results, stop=table.stop or results.stop)


def is_by_a_reviewer(context: RunContext, review: ReviewPass) -> bool:
    """Tell whether a verdict is one of those who may give it."""
    return review.reviewer in {role.name for role in context.roster.of_kind(RoleKind.REVIEWER)}


class _Table:
    """Who reviews, who verifies and who fixes in this run."""

    def __init__(self, context: RunContext, results: Results, tasks: Sequence[Task]) -> None:
        self._context = context
        self._results = results
        self._tasks = tasks
        self._role = reviewer_of(context, tasks)
        self._checks: dict[str, tuple[CheckReport, ...]] = {}
        self.stop: Outcome | None = None

    def ask(self, question: Question) -> ReviewReport | None:
        """Have one pass made on the exact head."""
        if self.stop is not None:
            return None
        form = self._form(question)
        answer = ask_reviewer(
            self._context,
            self._role,
            self._look(question),
            form,
            self._shown(question),
            accept=partial(_unsaid, form),
        )
        if isinstance(answer, Exited):
            self._note(question.lens, f"{answer.exit.status}: {answer.exit.reason}")
            return None
        if isinstance(answer, Failed):
            self._note(question.lens, answer.text)
            self._stop_at(answer, who=self._role.name)
            return None
        return answer

    def verify(
        self, question: Question, remarks: Sequence[Remark]
    ) -> tuple[Verification | None, ...]:
        """Have each finding refuted, if it can be; the verifiers work side by side."""
        answers = verify_each(self._context, self._look(question), remarks)
        for answer in answers:
            if isinstance(answer, Failed):
                self._stop_at(answer, who="The verifier")
        return tuple(item if isinstance(item, Verification) else None for item in answers)

    def fix(self, lens: Lens, findings: Sequence[Finding], memory: Memory, *, round_: int) -> Fixed:
        """Have findings fixed, everything run again, and what makes a gate worse undone."""
        if self.stop is not None:
            return Fixed(ending=FixEnding.FAILED, why="The run is stopping.")
        if not has_fixer(self._results):
            return Fixed(ending=FixEnding.FAILED, why="No task of the plan may change code.")
        context = self._context
        before = measured(context)
        self._checks[before.change.head] = before.checks
        seen: list[Change] = []
        attempted = fix(
            context,
            self._results,
            [problem_of_finding(finding, lens) for finding in findings],
            stage=STAGE,
            title=f"Address the {lens} review",
            round_=round_,
            rounds=context.review.rounds,
            settled=[_sentence(other, finding) for other, finding in memory.settled],
            may_refute=True,
            why_undo=partial(_why_undo, context, before, memory, seen),
        )
        return self._fixed(attempted, seen)

    def take_back(self, change: Change) -> None:
        """Go back to a head that was left for a fix which cannot stay."""
        why = "it brought back what an earlier pass had settled."
        step_back(self._context, change.head, self._checks.get(change.head, ()), why=why)

    def ended(self, review: ReviewPass) -> None:
        """Put a pass on record."""
        signed = review.model_copy(update={"reviewer": self._role.name})
        self._context.journal.write(ReviewPassEnded(review=signed))
        self._context.show()

    def mended(self, fix: FixRound) -> None:
        """Put a fix round on record."""
        self._context.journal.write(FixRoundEnded(fix=fix))
        self._context.show()

    def _fixed(self, attempted: Attempted, seen: Sequence[Change]) -> Fixed:
        if is_refutation(attempted):
            return Fixed(ending=FixEnding.REFUTED, why=attempted.summary)
        if attempted.failure is not None:
            self._stop_at(attempted.failure, who="The fix")
        if not seen:
            return Fixed(ending=FixEnding.FAILED, why=attempted.summary)
        ending = FixEnding.KEPT if attempted.is_done else FixEnding.UNDONE
        return Fixed(ending=ending, change=seen[-1], why=attempted.why_again)

    def _look(self, question: Question) -> Look:
        return Look(
            name=f"{STAGE}/{question.lens}/{question.round}",
            stage=STAGE,
            lens=question.lens,
            change=question.change,
            task_id=self._tasks[0].id if self._tasks else None,
            answers=question.answers,
        )

    def _form(self, question: Question) -> ReviewTask:
        context, plan = self._context, self._results.planned()
        carried = open_tasks(context, plan) if question.lens is carrier_of(context) else ()
        records = context.decisions if question.lens is Lens.ARCHITECTURE else ()
        return ReviewTask(
            lens=question.lens,
            round=question.round,
            rejected=question.rejected,
            answers=question.answers,
            carried=carried,
            objections=open_objections(context, carried),
            records=tuple(record for record in records if record.is_in_force),
        )

    def _shown(self, question: Question) -> ReviewedChange:
        plan = self._results.planned()
        return ReviewedChange(
            requirements=self._results.required(),
            diff=numbered_diff(question.change.diff),
            acceptance=tuple(
                dict.fromkeys(item for task in plan.tasks if task.files for item in task.acceptance)
            ),
            decisions=plan.decisions,
            checks=what_ran(self._context.journal.record),
            settled=tuple(_sentence(lens, finding) for lens, finding in question.settled),
        )

    def _stop_at(self, failed: Failed, *, who: str) -> None:
        if failed.kind.ends_run:
            self.stop = outcome_of_failure(failed, who=who)

    def _note(self, lens: Lens, why: str) -> None:
        text = f"The {lens} pass gave no verdict, so the change is not approved: {why}"
        self._context.journal.write(Noted(level=NoteLevel.WARNING, text=text))


def _why_undo(context: RunContext, before: Measured, memory: Memory, seen: list[Change]) -> str:
    """Run everything on the fix, which is the head now, and return why it cannot stay."""
    check_head(context)
    after = measured(context)
    seen.append(after.change)
    broken = memory.broken_by(before.change, after.change)
    if broken is not None:
        lens, finding = broken
        return f"it brought back what the {lens} review had settled: {finding.claim}"
    return worsened(before, after)


def _unsaid(form: ReviewTask, report: ReviewReport) -> str | None:
    """Return why a report is not complete: it is empty, or leaves out a recorded decision."""
    said = "\n".join(
        [*report.checked, *report.not_checked]
        + [f"{item.claim} {item.evidence}" for item in report.findings]
    )
    missing = [record.path for record in form.records if record.path not in said]
    if missing:
        return f"`checked` has no entry for these decisions: {', '.join(missing)}"
    return says_something(report)


def _sentence(lens: Lens, finding: Finding) -> str:
    return f"{lens}, {finding.path}: {finding.claim}"


def _is_over(context: RunContext, tasks: Sequence[Task]) -> bool:
    """Tell whether an earlier run has done all of it, on this very tree."""
    known = context.journal.record.tasks
    statuses = {known[task.id].status if task.id in known else None for task in tasks}
    return statuses == {TaskStatus.DONE} and _is_approved(context)


def _is_approved(context: RunContext) -> bool:
    last, tree = _last_passes(context), context.branch.change().tree
    return all(
        (one := last.get(lens)) is not None and one.verdict is Verdict.APPROVE and one.tree == tree
        for lens in context.review.order
    )


def _last_passes(context: RunContext) -> dict[Lens, ReviewPass]:
    passes = standing_passes(context.journal.record.reviews)
    return {one.lens: one for one in passes if one.lens in context.review.order}


def _ended(context: RunContext, task: Task) -> TaskEnded:
    last = _last_passes(context)
    words = ", ".join(f"{lens}: {one.verdict or 'no verdict'}" for lens, one in last.items())
    return TaskEnded(
        task_id=task.id,
        attempt=1,
        status=TaskStatus.DONE if _is_approved(context) else TaskStatus.FAILED,
        summary=words or "No pass was made.",
    )
