"""Stage one of the review: a short look at each task's change, right after it.

Does the change do what its task said, within its files, like the code around it? What the
reviewer objects to, and a verifier cannot refute, is the evidence of the one fresh attempt.
After that nobody goes round in circles: what is still open goes to the review of the whole
change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed
from orchestrator.domain.event import Noted, ReviewPassEnded, ReviewSkipped
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.plan import StageName
from orchestrator.domain.review import (
    Lens,
    ReviewPass,
    Severity,
    SkippedReview,
    Verdict,
    Verification,
    standing_passes,
)
from orchestrator.rendering.prompts import numbered_diff
from orchestrator.rendering.review_contexts import ReviewedChange, ReviewTask
from orchestrator.review.judging import judge
from orchestrator.review.memory import Memory
from orchestrator.stages.branch import Misfit
from orchestrator.stages.reviewers import (
    Look,
    ask_reviewer,
    reviewer_of,
    says_something,
    verify_each,
)
from orchestrator.stages.tasks import LAST_ATTEMPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.plan import Plan, Task
    from orchestrator.domain.review import Finding, Remark, ReviewReport
    from orchestrator.stages.branch import Piece
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results
    from orchestrator.stages.tasks import Attempted

STAGE = StageName.IMPLEMENTATION


def looked_at(
    context: RunContext, results: Results, task: Task, attempted: Attempted, *, number: int
) -> Attempted:
    """Return an attempt as a reviewer leaves it: accepted, or with objections to start afresh.

    Args:
        context: The run.
        results: With the plan.
        task: The task that was done.
        attempted: How the attempt ended; only one with a change is looked at.
        number: 1 for the first attempt.
    """
    piece = attempted.piece
    if piece is None or not attempted.is_done:
        return attempted
    plan = results.planned()
    if _is_seen_anyway(context, plan):
        why = (
            "it is the only implementation task, so the review of the whole change sees the same "
            f"diff: the {carrier_of(context)} pass asks about the task, too."
        )
        skipped = SkippedReview(task_id=task.id, why=why)
        context.journal.write(ReviewSkipped(skipped=skipped))
        return attempted
    change = _change_of(context, piece)
    objections = () if change is None else _objections(context, results, task, change, number)
    if not objections or number >= LAST_ATTEMPT:
        return attempted
    return replace(attempted, why_again=_as_evidence(objections))


def carrier_of(context: RunContext) -> Lens:
    """Return the pass over the whole change that also asks about tasks nobody accepted."""
    order = context.review.order
    return Lens.ARCHITECTURE if Lens.ARCHITECTURE in order else order[-1]


def open_tasks(context: RunContext, plan: Plan) -> tuple[Task, ...]:
    """Return the implementation tasks that no reviewer has accepted by themselves."""
    accepted = {
        one.task_id
        for one in standing_passes(context.journal.record.reviews)
        if one.lens is Lens.TASK and one.verdict is Verdict.APPROVE
    }
    return tuple(task for task in plan.of_stage(STAGE) if task.id not in accepted)


def open_objections(context: RunContext, tasks: Sequence[Task]) -> tuple[str, ...]:
    """Return what stood open when these tasks were last looked at."""
    ids = {task.id for task in tasks}
    return tuple(
        f"Task {one.task_id}: {finding.path}: {finding.quote}\n{finding.claim}"
        for one in standing_passes(context.journal.record.reviews)
        if one.lens is Lens.TASK and one.task_id in ids
        for finding in one.findings
        if finding.severity is Severity.BLOCKING
    )


def _is_seen_anyway(context: RunContext, plan: Plan) -> bool:
    is_reviewed = any(stage.name is StageName.REVIEW for stage in context.workflow.stages)
    return is_reviewed and len(plan.of_stage(STAGE)) == 1


def _change_of(context: RunContext, piece: Piece) -> Change | None:
    laid = context.branch.lay(piece.start, [piece])
    return None if isinstance(laid, Misfit) else context.branch.git.diff(piece.start, laid)


def _objections(
    context: RunContext, results: Results, task: Task, change: Change, number: int
) -> tuple[Finding, ...]:
    """Ask, verify and put on record; no answer is no objection, and no acceptance either."""
    look = Look(
        name=f"{STAGE}/{task.id}/review/{number}",
        stage=STAGE,
        lens=Lens.TASK,
        change=change,
        task_id=task.id,
    )
    role = reviewer_of(context, results.planned().of_stage(StageName.REVIEW))
    form = ReviewTask(lens=Lens.TASK, round=number, task=task)
    shown = ReviewedChange(requirements=results.required(), diff=numbered_diff(change.diff))
    answer = ask_reviewer(context, role, look, form, shown, accept=says_something)
    if isinstance(answer, (Exited, Failed)):
        why = answer.text if isinstance(answer, Failed) else answer.exit.reason
        text = f"Nobody accepted task {task.id} by itself; the whole change's review will: {why}"
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
        ended = ReviewPass(
            lens=Lens.TASK,
            round=number,
            tree=change.tree,
            verdict=None,
            findings=(),
            dropped=(),
            not_checked=("The reviewer gave no valid answer.",),
            reviewer=role.name,
            task_id=task.id,
        )
        context.journal.write(ReviewPassEnded(review=ended))
        return ()
    ended = _judged(context, look, answer, number=number, reviewer=role.name)
    context.journal.write(ReviewPassEnded(review=ended))
    return tuple(item for item in ended.findings if item.severity is Severity.BLOCKING)


def _judged(
    context: RunContext, look: Look, report: ReviewReport, *, number: int, reviewer: str
) -> ReviewPass:
    def verify(remarks: Sequence[Remark]) -> tuple[Verification | None, ...]:
        answers = verify_each(context, look, remarks)
        return tuple(item if isinstance(item, Verification) else None for item in answers)

    grave = tuple(item for item in report.findings if item.severity is Severity.BLOCKING)
    report = report.model_copy(update={"findings": grave})
    judged = judge(report, look.change, lens=Lens.TASK, memory=Memory(), verify=verify)
    is_open = any(item.severity is Severity.BLOCKING for item in judged.kept)
    approves = not is_open and (report.verdict is Verdict.APPROVE or judged.is_overruled)
    return ReviewPass(
        lens=Lens.TASK,
        round=number,
        tree=look.change.tree,
        verdict=Verdict.APPROVE if approves else Verdict.CHANGES,
        findings=judged.kept,
        dropped=judged.dropped,
        checked=report.checked,
        not_checked=report.not_checked,
        reviewer=reviewer,
        task_id=look.task_id,
        refuted=judged.refuted,
        raised=judged.raised,
    )


def _as_evidence(objections: Sequence[Finding]) -> str:
    lines = [
        f"- {finding.path}:{finding.line}: {finding.quote}\n  {finding.claim} {finding.scenario}\n"
        f"  Evidence ({finding.evidence_kind}): {finding.evidence}\n"
        f"  A second reader could not refute it: {finding.proof}\n"
        f"  Direction: {finding.suggestion}"
        for finding in objections
    ]
    return "\n".join(["A reviewer looked at that attempt's change and objects:", *lines])
