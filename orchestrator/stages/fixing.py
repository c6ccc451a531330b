"""Fix tasks: failing checks and open findings, mended on top of the branch's head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.event import ChecksRun, Noted, TaskStarted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.plan import StageName, Task
from orchestrator.domain.work import WorkReport
from orchestrator.rendering.contexts import FixTask
from orchestrator.stages.branch import Misfit
from orchestrator.stages.implementation import move_head
from orchestrator.stages.tasks import Attempted, ended_event
from orchestrator.stages.writing import WritingJob, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.role import Role
    from orchestrator.rendering.contexts import Problem
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results


def has_fixer(results: Results) -> bool:
    """Tell whether somebody may mend anything: only who implements may change code."""
    return bool(results.planned().of_stage(StageName.IMPLEMENTATION))


def fix(
    context: RunContext,
    results: Results,
    problems: Sequence[Problem],
    *,
    stage: StageName,
    title: str,
    round_: int,
    rounds: int,
    settled: Sequence[str] = (),
    may_refute: bool = False,
    why_undo: Callable[[], str] | None = None,
) -> Attempted:
    """Have problems mended by whoever implemented last, within the files of the whole plan.

    Args:
        context: The run.
        results: With a plan that has a fixer.
        problems: What is to be mended.
        stage: Where the fix belongs.
        title: Becomes the commit's subject.
        round_: 1 for the first fix.
        rounds: How many there are at most.
        settled: What was mended before and must stay so.
        may_refute: Whether changing nothing, with the reasons, is an answer.
        why_undo: Looks at the head with the fix on it and returns why it cannot stay, or an
            empty text.

    Returns:
        How it ended; when it is done with a piece, the branch's head has moved.
    """
    task = _fix_task(context, results, stage=stage, title=title)
    role = context.roster.get(task.agent)
    context.journal.write(
        TaskStarted(task_id=task.id, title=task.title, agent=role.name, stage=task.stage, attempt=1)
    )
    form = FixTask(
        task=task,
        requirements=results.required(),
        problems=tuple(problems),
        round=round_,
        rounds=rounds,
        may_refute=may_refute,
        settled=tuple(settled),
    )
    attempted = write(context, _job(context, task, role, form))
    if may_refute and is_refutation(attempted):
        attempted = replace(attempted, why_again="")
    if attempted.piece is not None:
        attempted = _on_the_branch(context, task, attempted, why_undo)
    context.journal.write(ended_event(task, attempted))
    context.show()
    return attempted


def _job(context: RunContext, task: Task, role: Role, form: FixTask) -> WritingJob[WorkReport]:
    return WritingJob(
        task_id=task.id,
        title=task.title,
        stage=task.stage,
        role=role,
        form=form,
        shape=WorkReport,
        start=context.branch.head,
        files=task.files,
    )


def is_refutation(attempted: Attempted) -> bool:
    """Tell whether the fixer left everything as it was and said why."""
    return isinstance(attempted.result, WorkReport) and attempted.is_unchanged


def _on_the_branch(
    context: RunContext, task: Task, attempted: Attempted, why_undo: Callable[[], str] | None
) -> Attempted:
    """Lay the fix on the head, or take it back when it cannot stay."""
    before, checks = context.branch.head, context.journal.record.head_checks
    laid = context.branch.lay(before, [] if attempted.piece is None else [attempted.piece])
    if isinstance(laid, Misfit):
        return attempted
    move_head(context, laid, task_id=task.id)
    why = why_undo() if why_undo is not None else ""
    if not why:
        return attempted
    step_back(context, before, checks, why=why)
    return replace(attempted, why_again=f"The fix was undone: {why}")


def step_back(
    context: RunContext, commit: str, checks: tuple[CheckReport, ...], *, why: str
) -> None:
    """Make an earlier commit the head again, with what its checks have shown."""
    text = f"A fix was undone: {why}"
    context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
    move_head(context, commit)
    context.journal.write(ChecksRun(where="head", reports=checks))
    context.show()


def _fix_task(context: RunContext, results: Results, *, stage: StageName, title: str) -> Task:
    """Return a task beside the plan: its id follows on, its files are those implementers had."""
    plan = results.planned()
    used = [task.id for task in plan.tasks] + list(context.journal.record.tasks)
    before = plan.of_stage(StageName.IMPLEMENTATION)
    return Task(
        id=max(used) + 1,
        title=title,
        description=plan.summary,
        agent=before[-1].agent,
        dependencies=(),
        stage=stage,
        files=tuple(dict.fromkeys(path for task in before for path in task.files)),
        acceptance=tuple(dict.fromkeys(item for task in before for item in task.acceptance)),
    )
