"""Everything that code has against a plan of this run, and whom it would choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.agents.roster import Roster
from orchestrator.agents.selection import better, candidates, fit
from orchestrator.domain.event import AgentChosen
from orchestrator.domain.globs import has_wildcard
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.domain.plan import StageName
from orchestrator.domain.role import RoleKind
from orchestrator.scheduling.plan_rules import PlanContext, problems
from orchestrator.tools.write_rules import NOBODYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.domain.plan import Plan, Task
    from orchestrator.domain.role import Role
    from orchestrator.stages.context import RunContext

_TESTS = frozenset({PathClass.TEST, PathClass.SNAPSHOT})


def plan_problems(
    context: RunContext, plan: Plan, *, finished: frozenset[int] = frozenset()
) -> tuple[str, ...]:
    """Return every reason to refuse a plan in this run.

    Args:
        context: The run.
        plan: All of it, with what is done.
        finished: Ids of the tasks that are done.
    """
    stages = tuple(stage.name for stage in context.workflow.stages)
    entries = (*context.branch.base_entries(), *context.branch.git.list_paths(context.branch.head))
    files = tuple(dict.fromkeys(entry.path for entry in entries))
    rules = PlanContext(
        issue_number=context.issue_number,
        roles=context.roster.roles,
        base_files=files,
        protected_paths=context.constraints.protected_paths,
        stages=stages,
        fit=_fit(context),
        decisions=context.decisions,
        finished=finished,
    )
    further = (*_left_out(plan, stages), *_misplaced(context, plan))
    return problems(plan, rules, further=further)


def choices(context: RunContext, plan: Plan) -> Iterator[AgentChosen]:
    """Yield who does each task that changes files, and how well everybody fits it."""
    allowed = {stage.name: stage.agents for stage in context.workflow.stages}
    for task in plan.tasks:
        role = context.roster.find(task.agent)
        if role is None or not role.kind.can_write:
            continue
        roster = _among(context, allowed.get(task.stage, ()))
        found = candidates(roster, role.kind, task, context.technologies)
        yield AgentChosen(
            task_id=task.id,
            agent=task.agent,
            candidates=tuple((one.name, one.score, one.coverage_percent) for one in found),
        )


def _fit(context: RunContext) -> Callable[[Task], str | None]:
    allowed = {stage.name: stage.agents for stage in context.workflow.stages}

    def reason(task: Task) -> str | None:
        role = context.roster.find(task.agent)
        if role is None:
            return None
        agents = allowed.get(task.stage, ())
        if agents and task.agent not in agents:
            return (
                f"Task {task.id}: the stage {task.stage.value!r} is for {', '.join(agents)} here, "
                f"not for {task.agent!r}."
            )
        return _unfit(context, task, role, agents)

    return reason


def _unfit(context: RunContext, task: Task, role: Role, agents: tuple[str, ...]) -> str | None:
    found = fit(role, task, context.technologies)
    if not found.is_fit:
        return f"Task {task.id}: {task.agent!r} does not fit: {found.reason}."
    narrower = better(role, _among(context, agents), task, context.technologies)
    if narrower is not None:
        return (
            f"Task {task.id}: {narrower.name!r} is made for this more closely than "
            f"{task.agent!r}: name it instead."
        )
    return None


def _among(context: RunContext, agents: tuple[str, ...]) -> Roster:
    """Return those whom the stage lists, or everybody."""
    known = context.roster.roles.items()
    return Roster(roles={name: role for name, role in known if not agents or name in agents})


def _misplaced(context: RunContext, plan: Plan) -> Iterator[str]:
    """Refuse files that the task's kind of agent may never write, before it tries."""
    for task in plan.tasks:
        role = context.roster.find(task.agent)
        for path in task.files:
            if role is not None and not has_wildcard(path) and not path.endswith("/"):
                yield from _misplacement(task, role.kind, path)


def _misplacement(task: Task, kind: RoleKind, path: str) -> Iterator[str]:
    found = classify(path)
    if kind.can_write and found in NOBODYS:
        yield (
            f"Task {task.id}: {path!r} is {found}, which judges the work, so no agent may write "
            "it: leave it out, or Stop with `spec_conflict` if the issue cannot do without."
        )
    elif kind is RoleKind.IMPLEMENTER and found in _TESTS:
        yield (
            f"Task {task.id}: {path!r} is a {found}, which implementers may not write: leave it "
            "out; the testing task is for it."
        )
    elif kind is RoleKind.TESTER and found is PathClass.SOURCE and "." in path.rsplit("/", 1)[-1]:
        yield (
            f"Task {task.id}: {path!r} is source, which a tester may not write: name test files "
            "and fixtures only."
        )


def _left_out(plan: Plan, stages: tuple[StageName, ...]) -> tuple[str, ...]:
    """Refuse a plan that skips a stage: the workflow decides what is tested and reviewed."""
    return tuple(
        f"The plan has no task of the stage {stage.value!r}, which this workflow demands: add one."
        for stage in stages
        if stage is not StageName.ANALYSIS and not plan.of_stage(stage)
    )
