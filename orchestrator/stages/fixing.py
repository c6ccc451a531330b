"""Fix tasks: failing checks and open findings, mended on top of the branch's head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStarted
from orchestrator.domain.plan import StageName, Task
from orchestrator.domain.role import RoleKind
from orchestrator.domain.work import WorkReport
from orchestrator.rendering.contexts import FixTask
from orchestrator.stages.branch import Misfit
from orchestrator.stages.implementation import move_head
from orchestrator.stages.tasks import Attempted, ended_event
from orchestrator.stages.writing import WritingJob, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.role import Role
    from orchestrator.rendering.contexts import Problem
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results


def fix(
    context: RunContext,
    results: Results,
    problems: Sequence[Problem],
    *,
    stage: StageName,
    title: str,
    round_: int,
    rounds: int,
) -> Attempted:
    """Have problems mended by whoever implemented last, within the files of the whole plan.

    Returns:
        How it ended; when it is done, the branch's head has moved.
    """
    task = _fix_task(context, results, stage=stage, title=title)
    role = _fixer(context, results)
    context.journal.write(
        TaskStarted(task_id=task.id, title=task.title, agent=role.name, stage=task.stage, attempt=1)
    )
    attempted = write(
        context,
        WritingJob(
            task_id=task.id,
            title=task.title,
            stage=stage,
            role=role,
            form=FixTask(
                task=task,
                requirements=results.required(),
                problems=tuple(problems),
                round=round_,
                rounds=rounds,
            ),
            shape=WorkReport,
            start=context.branch.head,
            files=task.files,
        ),
    )
    if attempted.piece is not None:
        laid = context.branch.lay(context.branch.head, [attempted.piece])
        if not isinstance(laid, Misfit):
            move_head(context, laid, task_id=task.id)
    context.journal.write(ended_event(task, attempted))
    context.show()
    return attempted


def _fix_task(context: RunContext, results: Results, *, stage: StageName, title: str) -> Task:
    """Return a task beside the plan: its id follows on, its files are those implementers had."""
    plan = results.planned()
    used = [task.id for task in plan.tasks] + list(context.journal.record.tasks)
    before = plan.of_stage(StageName.IMPLEMENTATION)
    return Task(
        id=max(used) + 1,
        title=title,
        description=plan.summary,
        agent=before[-1].agent if before else "",
        dependencies=(),
        stage=stage,
        files=tuple(dict.fromkeys(path for task in before for path in task.files)),
        acceptance=tuple(item for task in before for item in task.acceptance),
    )


def _fixer(context: RunContext, results: Results) -> Role:
    """Return the last implementer of the plan, else any."""
    tasks = results.planned().of_stage(StageName.IMPLEMENTATION)
    if tasks:
        return context.roster.get(tasks[-1].agent)
    return context.roster.of_kind(RoleKind.IMPLEMENTER)[0]
