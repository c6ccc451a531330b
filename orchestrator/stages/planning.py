"""Planning: the orchestrator fills in a plan, code decides whether it may run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.agents.roster import Roster
from orchestrator.agents.selection import better, fit
from orchestrator.domain.errors import InvalidPlanError
from orchestrator.domain.event import PlanAccepted, PlanRefused
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.plan import Plan, StageName
from orchestrator.domain.role import RoleKind
from orchestrator.rendering.contexts import PlanRepairTask, PlanTask
from orchestrator.rendering.prompts import render_form
from orchestrator.scheduling.plan_rules import MAX_TASKS, PlanContext, problems
from orchestrator.stages.endings import outcome_of_exit, outcome_of_failure
from orchestrator.stages.staff import Job
from orchestrator.tools.outfit import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.plan import Task
    from orchestrator.domain.role import Role
    from orchestrator.rendering.templates import Templates
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

STAGE = "planning"
REPAIRS = 2


def make_plan(context: RunContext, results: Results, templates: Templates) -> Results:
    """Have a plan made, refused with reasons at most `REPAIRS` times, and return it accepted."""
    if results.plan is not None:
        return results
    role = context.roster.get("orchestrator")
    job = Job(
        name=STAGE,
        role=role,
        stage=STAGE,
        form=_form(context, results),
        wanted=Wanted(shape=Plan, accept=_acceptance(context, templates)),
        commit=context.branch.base,
    )
    try:
        ending = context.staff.do(job)
    except InvalidPlanError as error:
        return replace(results, stop=_no_plan(error))
    match ending:
        case Submitted(result=plan):
            context.journal.write(PlanAccepted(plan=plan))
            return replace(results, plan=plan)
        case Exited(exit=exit_):
            return replace(results, stop=outcome_of_exit(exit_, who=role.name))
        case Failed() as failed:
            return replace(results, stop=outcome_of_failure(failed, who=role.name))


def plan_problems(context: RunContext, plan: Plan) -> tuple[str, ...]:
    """Return every reason to refuse a plan in this run."""
    stages = tuple(stage.name for stage in context.workflow.stages)
    files = tuple(entry.path for entry in context.branch.base_entries())
    rules = PlanContext(
        issue_number=context.issue_number,
        roles=context.roster.roles,
        base_files=files,
        protected_paths=context.constraints.protected_paths,
        stages=stages,
        fit=_fit(context),
    )
    return (*problems(plan, rules), *_left_out(plan, stages))


def _acceptance(context: RunContext, templates: Templates) -> Callable[[Plan], str | None]:
    refused = 0

    def accept(plan: Plan) -> str | None:
        nonlocal refused
        found = plan_problems(context, plan)
        if not found:
            return None
        refused += 1
        context.journal.write(PlanRefused(attempt=refused, problems=found))
        if refused > REPAIRS:
            raise InvalidPlanError(found)
        form = PlanRepairTask(problems=found, attempts_left=REPAIRS + 1 - refused)
        return render_form(templates, form)

    return accept


def _form(context: RunContext, results: Results) -> PlanTask:
    return PlanTask(
        issue_id=context.issue_number,
        requirements=results.required(),
        roster=_candidates(context),
        stages=tuple(stage.name for stage in context.workflow.stages),
        max_tasks=MAX_TASKS,
        max_parallel=context.limits.parallel,
        max_files=context.constraints.max_files,
        max_changed_lines=context.constraints.max_changed_lines,
    )


def _candidates(context: RunContext) -> tuple[Role, ...]:
    """Return who may be named: everybody, or those whom the stages list."""
    stages = context.workflow.stages
    listed = {name for stage in stages for name in stage.agents}
    is_open = any(not stage.agents for stage in stages)
    return tuple(
        role
        for role in context.roster.roles.values()
        if role.kind is not RoleKind.ORCHESTRATOR and (is_open or role.name in listed)
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
    known = context.roster.roles.items()
    roster = Roster(roles={name: other for name, other in known if not agents or name in agents})
    narrower = better(role, roster, task, context.technologies)
    if narrower is not None:
        return (
            f"Task {task.id}: {narrower.name!r} is made for this more closely than "
            f"{task.agent!r}: name it instead."
        )
    return None


def _left_out(plan: Plan, stages: tuple[StageName, ...]) -> tuple[str, ...]:
    """Refuse a plan that skips a stage: the workflow decides what is tested and reviewed."""
    return tuple(
        f"The plan has no task of the stage {stage.value!r}, which this workflow demands: add one."
        for stage in stages
        if stage is not StageName.ANALYSIS and not plan.of_stage(stage)
    )


def _no_plan(error: InvalidPlanError) -> Outcome:
    return Outcome(
        conclusion=Conclusion.FAILURE,
        failure_class=FailureClass.AMBIGUOUS_REQUIREMENTS,
        summary=str(error),
        hint=error.hint,
        exit_code=Conclusion.FAILURE.exit_code,
    )
