"""What a plan must be before anything runs; every reason is one a planner can repair from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.plan import StageName
from orchestrator.scheduling import (
    acceptance_rules,
    decision_rules,
    file_rules,
    order_rules,
    role_rules,
    size_rules,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.plan import Plan, Task
    from orchestrator.domain.role import Role

MAX_PROBLEMS = 20
"""So many are told at once; a planner that gets a list of hundreds repairs none."""


def fits_any(task: Task) -> str | None:  # noqa: ARG001 -- the shape of `PlanContext.fit`
    """Accept every task."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What a plan is checked against."""

    issue_number: int
    roles: Mapping[str, Role]
    base_files: tuple[str, ...]
    """Every path of the base commit."""
    protected_paths: tuple[str, ...]
    stages: tuple[StageName, ...] = tuple(StageName)
    """The configured stages that have tasks, in the order they run."""
    fit: Callable[[Task], str | None] = fits_any
    """Why the task's agent is the wrong one, as a whole sentence; `None` when it fits."""
    decisions: tuple[DecisionRecord, ...] = ()
    """The architecture decisions of the base commit."""
    finished: frozenset[int] = frozenset()
    """Ids of tasks that are done: they stay, and nothing of them can clash any more."""


def problems(plan: Plan, context: PlanContext, *, further: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every reason to refuse the plan, one sentence each; empty means it may run.

    Args:
        plan: All of it.
        context: What it is checked against.
        further: Reasons that others have found.
    """
    found = tuple(dict.fromkeys((*_all(plan, context), *further)))
    if len(found) <= MAX_PROBLEMS:
        return found
    rest = len(found) - MAX_PROBLEMS
    return (*found[:MAX_PROBLEMS], f"There are {rest} more problems of these kinds.")


def _all(plan: Plan, context: PlanContext) -> Iterator[str]:
    if plan.issue_id != context.issue_number:
        yield (
            f"`issue_id` is {plan.issue_id}, but the issue is number {context.issue_number}: "
            f"write {context.issue_number}."
        )
    left = tuple(task for task in plan.tasks if task.id not in context.finished)
    too_many = tuple(size_rules.too_many(plan.complexity, left))
    if too_many:
        yield from too_many
        return
    yield from order_rules.problems(plan.tasks, context.stages, context.finished)
    for task in left:
        yield from _wording(task)
        yield from acceptance_rules.problems(task)
        role = context.roles.get(task.agent)
        yield from role_rules.problems(task, role, tuple(context.roles))
        yield from file_rules.problems(task, role, context.base_files, context.protected_paths)
        if role is not None and (refusal := context.fit(task)):
            yield refusal
    yield from file_rules.clashes(left)
    yield from size_rules.problems(plan.complexity, left)
    yield from decision_rules.problems(plan, context.decisions)
    yield from _purpose(plan, context)


def _wording(task: Task) -> Iterator[str]:
    if not task.title.strip() or not task.description.strip():
        yield f"Task {task.id}: `title` and `description` must say what is to be done."


def _purpose(plan: Plan, context: PlanContext) -> Iterator[str]:
    if StageName.IMPLEMENTATION in context.stages and not (
        plan.of_stage(StageName.IMPLEMENTATION) or plan.of_stage(StageName.TESTING)
    ):
        yield (
            "No task changes anything: give at least one task with the stage `implementation` "
            "(or `testing`, when only tests are asked for)."
        )
