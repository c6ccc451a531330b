"""The plan: a DAG of small tasks, as the orchestrator submits it and as it is stored."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from orchestrator.domain.frozen import Frozen


class Complexity(StrEnum):
    """How much work the planner expects."""

    SIMPLE = "simple"
    MEDIUM = "medium"
    COMPLEX = "complex"


class StageName(StrEnum):
    """The stages a task can belong to, in their natural order."""

    ANALYSIS = "analysis"
    IMPLEMENTATION = "implementation"
    TESTING = "testing"
    REVIEW = "review"


class Task(Frozen):
    """One node of the plan."""

    id: int
    title: str
    description: str
    agent: str
    dependencies: tuple[int, ...]
    stage: StageName
    files: tuple[str, ...]
    """Globs, relative to the repository root, that the task may change; empty for readers."""
    acceptance: tuple[str, ...]
    """How somebody can decide that the task is done, one check each."""


class Decision(Frozen):
    """An architecture decision of the repository and how this plan keeps it."""

    source: str
    """Path of the record in the repository."""
    how_kept: str


class Plan(Frozen):
    """The whole plan, in the planner's task order."""

    issue_id: int
    complexity: Complexity
    summary: str
    tasks: tuple[Task, ...] = Field(min_length=1)
    assumptions: tuple[str, ...]
    decisions: tuple[Decision, ...]
    out_of_scope: tuple[str, ...]

    def of_stage(self, stage: StageName) -> tuple[Task, ...]:
        """Return the stage's tasks in plan order."""
        return tuple(task for task in self.tasks if task.stage is stage)

    def task(self, task_id: int) -> Task:
        """Return one task; `KeyError` when there is none."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)
