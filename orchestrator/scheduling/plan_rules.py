"""What a plan must be before anything runs; every reason is one a planner can repair from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import InvalidPlanError
from orchestrator.domain.plan import StageName
from orchestrator.scheduling import file_rules, order_rules, role_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.domain.plan import Plan, Task
    from orchestrator.domain.role import Role

MAX_TASKS = 12
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
    max_tasks: int = MAX_TASKS
    stages: tuple[StageName, ...] = tuple(StageName)
    """The configured stages that have tasks, in the order they run."""
    fit: Callable[[Task], str | None] = fits_any
    """Why the task's agent is the wrong one, as a whole sentence; `None` when it fits."""


def problems(plan: Plan, context: PlanContext) -> tuple[str, ...]:
    """Return every reason to refuse the plan, one sentence each; empty means it may run."""
    found = tuple(dict.fromkeys(_all(plan, context)))
    if len(found) <= MAX_PROBLEMS:
        return found
    rest = len(found) - MAX_PROBLEMS
    return (*found[:MAX_PROBLEMS], f"There are {rest} more problems of these kinds.")


def check(plan: Plan, context: PlanContext) -> None:
    """Let a plan pass or refuse it.

    Raises:
        InvalidPlanError: With every reason.
    """
    found = problems(plan, context)
    if found:
        raise InvalidPlanError(found)


def _all(plan: Plan, context: PlanContext) -> Iterator[str]:
    if plan.issue_id != context.issue_number:
        yield (
            f"`issue_id` is {plan.issue_id}, but the issue is number {context.issue_number}: "
            f"write {context.issue_number}."
        )
    if len(plan.tasks) > context.max_tasks:
        yield (
            f"The plan has {len(plan.tasks)} tasks; at most {context.max_tasks} are allowed and "
            "one to six are advised: join tasks that one agent can do in one go."
        )
        return
    yield from order_rules.problems(plan.tasks, context.stages)
    for task in plan.tasks:
        yield from _wording(task)
        role = context.roles.get(task.agent)
        yield from role_rules.problems(task, role, tuple(context.roles))
        yield from file_rules.problems(task, role, context.base_files, context.protected_paths)
        if role is not None and (refusal := context.fit(task)):
            yield refusal
    yield from file_rules.clashes(plan.tasks)
    yield from _purpose(plan, context)


def _wording(task: Task) -> Iterator[str]:
    if not task.title.strip() or not task.description.strip():
        yield f"Task {task.id}: `title` and `description` must say what is to be done."
    if not [check for check in task.acceptance if check.strip()]:
        yield (
            f"Task {task.id}: `acceptance` is empty; give at least one check that a command, "
            "a test or a look at a named file can decide."
        )


def _purpose(plan: Plan, context: PlanContext) -> Iterator[str]:
    if StageName.IMPLEMENTATION in context.stages and not (
        plan.of_stage(StageName.IMPLEMENTATION) or plan.of_stage(StageName.TESTING)
    ):
        yield (
            "No task changes anything: give at least one task with the stage `implementation` "
            "(or `testing`, when only tests are asked for)."
        )
