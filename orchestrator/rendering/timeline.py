"""When each stage and task was at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.record import RunRecord, StageRecord, TaskRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stage, or the latest attempt at a task, in seconds since the run began."""

    label: str
    """As foreign text."""
    agent: str
    """Empty for a stage."""
    stage: str
    status: TaskStatus
    start_s: float
    end_s: float
    whole_s: float
    """How long the whole run took."""

    @property
    def is_stage(self) -> bool:
        """Whether it is a stage and no task."""
        return not self.agent

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, self.end_s - self.start_s)

    @property
    def left_percent(self) -> float:
        """Where its bar begins."""
        return round(100 * self.start_s / self.whole_s, 2)

    @property
    def width_percent(self) -> float:
        """How long its bar is: never too short to be seen, never over the edge."""
        wanted = max(100 * self.seconds / self.whole_s, 0.6)
        return round(max(0.0, min(wanted, 100 - self.left_percent)), 2)


def spans_of(record: RunRecord) -> tuple[Span, ...]:
    """Return each stage followed by its tasks, both in the order in which they began."""
    stages, tasks = record.stages, tuple(record.tasks.values())
    marks = [mark for one in stages for mark in (one.started_s, one.ended_s or 0.0)]
    marks += [mark for one in tasks for mark in (one.started_s, one.ended_s or 0.0)]
    whole_s = max(0.001, record.elapsed_s, *marks)
    return tuple(
        span
        for stage in sorted(record.stages, key=lambda one: one.started_s)
        for span in _of_stage(record, stage, whole_s)
    )


def _of_stage(record: RunRecord, stage: StageRecord, whole_s: float) -> Iterator[Span]:
    yield Span(
        label=stage.stage,
        agent="",
        stage=stage.stage,
        status=_status(stage, is_over=record.outcome is not None),
        start_s=stage.started_s,
        end_s=record.elapsed_s if stage.ended_s is None else stage.ended_s,
        whole_s=whole_s,
    )
    tasks = [task for task in record.tasks.values() if task.stage == stage.stage and task.attempt]
    for task in sorted(tasks, key=lambda one: (one.started_s, one.task_id)):
        yield _of_task(record, task, whole_s)


def _of_task(record: RunRecord, task: TaskRecord, whole_s: float) -> Span:
    is_left = task.status is TaskStatus.RUNNING and record.outcome is not None
    return Span(
        label=f"{task.task_id}. {task.title}",
        agent=task.agent,
        stage=task.stage,
        status=TaskStatus.STOPPED if is_left else task.status,
        start_s=task.started_s,
        end_s=record.elapsed_s if task.ended_s is None else task.ended_s,
        whole_s=whole_s,
    )


def _status(stage: StageRecord, *, is_over: bool) -> TaskStatus:
    if stage.succeeded is None:
        return TaskStatus.STOPPED if is_over else TaskStatus.RUNNING
    return TaskStatus.DONE if stage.succeeded else TaskStatus.FAILED
