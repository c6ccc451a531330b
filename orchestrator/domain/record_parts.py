"""The parts of a run's state, and how one event changes each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.review import FixEnding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from orchestrator.domain.change import Change
    from orchestrator.domain.event import ModelReplied, StageEnded, TaskEnded, TaskStarted
    from orchestrator.domain.review import FixRound, ReviewPass
    from orchestrator.domain.usage import Usage
    from orchestrator.domain.work_loss import LostSpend


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLine:
    """Spend of one model conversation partner: who, for which task, in which stage."""

    agent: str
    stage: str
    task_id: int | None
    model: str
    usage: Usage
    usd: Decimal
    replies: int
    duration_s: float = 0.0
    """Seconds spent waiting for these replies, added up over parallel ones."""
    prompts: tuple[str, ...] = ()
    """Fingerprints of the system text and tools that it was asked with."""
    is_lost: bool = False
    """It was spent before a plan that counts no longer was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A task and its latest attempt."""

    task_id: int
    title: str
    agent: str
    stage: str
    status: TaskStatus
    attempt: int
    started_s: float
    """Seconds since the run began."""
    ended_s: float | None = None
    ended: TaskEnded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """A stage's span; `succeeded` is `None` while it runs."""

    stage: str
    started_s: float
    ended_s: float | None = None
    succeeded: bool | None = None
    summary: str = ""
    head: str | None = None
    """Where the branch stood when it ended; `None` when it had nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadBefore:
    """Where the head stood before it moved, and for which task it did, if for one."""

    task_id: int | None
    head: str | None
    change: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Where people see the branch, and since when."""

    branch: str
    commit: str
    since: str
    """ISO 8601: when the commit was first put there."""


def with_stage(stages: tuple[StageRecord, ...], stage: StageRecord) -> tuple[StageRecord, ...]:
    """Return the stages with this one begun, or begun again."""
    if all(known.stage != stage.stage for known in stages):
        return (*stages, stage)
    return tuple(stage if known.stage == stage.stage else known for known in stages)


def ended_stage(
    stages: tuple[StageRecord, ...], event: StageEnded, elapsed_s: float, head: str | None
) -> tuple[StageRecord, ...]:
    """Return the stages with the running one of this name ended."""
    return tuple(
        replace(
            stage,
            ended_s=elapsed_s,
            succeeded=event.succeeded,
            summary=event.summary,
            head=head,
        )
        if stage.stage == event.stage and stage.ended_s is None
        else stage
        for stage in stages
    )


def started_task(
    tasks: Mapping[int, TaskRecord], event: TaskStarted, elapsed_s: float
) -> dict[int, TaskRecord]:
    """Return the tasks with an attempt at one begun."""
    started = TaskRecord(
        task_id=event.task_id,
        title=event.title,
        agent=event.agent,
        stage=event.stage,
        status=TaskStatus.RUNNING,
        attempt=event.attempt,
        started_s=elapsed_s,
    )
    return {**tasks, event.task_id: started}


def ended_task(
    tasks: Mapping[int, TaskRecord], event: TaskEnded, elapsed_s: float
) -> dict[int, TaskRecord]:
    """Return the tasks with an attempt at one ended; of one that never began, nothing is known."""
    before = tasks.get(event.task_id)
    if before is None:
        return dict(tasks)
    after = replace(before, status=event.status, ended_s=elapsed_s, ended=event)
    return {**tasks, event.task_id: after}


def fixed(fixes: tuple[FixRound, ...], fix: FixRound) -> tuple[FixRound, ...]:
    """Return the fix rounds with one ended; a later word on the same round replaces the first."""
    others = (one for one in fixes if (one.lens, one.round) != (fix.lens, fix.round))
    return (*others, fix)


def without_tree(reviews: tuple[ReviewPass, ...], fix: FixRound) -> tuple[ReviewPass, ...]:
    """Return the passes with those marked that saw a tree which is given up again."""
    if fix.ending is not FixEnding.UNDONE or fix.after == fix.before:
        return reviews
    return tuple(
        review.model_copy(update={"is_undone": True}) if review.tree == fix.after else review
        for review in reviews
    )


def given_up(line: SpendLine) -> SpendLine:
    """Return a line of spend that is no task's of the plan any more."""
    return replace(line, task_id=None, is_lost=True)


def taken_over(spent: LostSpend) -> SpendLine:
    """Return what an earlier run has spent as a line of this one's."""
    return SpendLine(
        agent=spent.agent,
        stage=spent.stage,
        task_id=None,
        model=spent.model,
        usage=spent.usage,
        usd=spent.usd,
        replies=spent.replies,
        is_lost=True,
    )


def charged(lines: tuple[SpendLine, ...], event: ModelReplied) -> tuple[SpendLine, ...]:
    """Return the spend with one reply more."""
    for index, line in enumerate(lines):
        if (line.agent, line.stage, line.task_id, line.model, line.is_lost) == (
            event.agent,
            event.stage,
            event.task_id,
            event.model,
            False,
        ):
            more = replace(
                line,
                usage=line.usage + event.usage,
                usd=line.usd + event.usd,
                replies=line.replies + 1,
                duration_s=line.duration_s + event.duration_s,
                prompts=tuple(dict.fromkeys((*line.prompts, event.prompt_digest))),
            )
            return (*lines[:index], more, *lines[index + 1 :])
    first = SpendLine(
        agent=event.agent,
        stage=event.stage,
        task_id=event.task_id,
        model=event.model,
        usage=event.usage,
        usd=event.usd,
        replies=1,
        duration_s=event.duration_s,
        prompts=(event.prompt_digest,),
    )
    return (*lines, first)
