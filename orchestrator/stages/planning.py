"""Planning: the orchestrator fills in a plan, code decides whether it may run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.domain.errors import InvalidPlanError
from orchestrator.domain.event import PlanAccepted, PlanRefused
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.plan import Plan
from orchestrator.domain.role import RoleKind
from orchestrator.rendering.contexts import PlanRepairTask, PlanTask
from orchestrator.rendering.prompts import render_form
from orchestrator.scheduling.size_rules import MAX_TASKS
from orchestrator.stages.asking import outcome_of_honest_exit
from orchestrator.stages.endings import outcome_of_failure
from orchestrator.stages.plan_checks import choices, plan_problems
from orchestrator.stages.staff import Job
from orchestrator.tools.outfit import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

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
            put_on_record(context, plan)
            return replace(results, plan=plan)
        case Exited(exit=exit_):
            return replace(results, stop=outcome_of_honest_exit(context, exit_, who=role.name))
        case Failed() as failed:
            return replace(results, stop=outcome_of_failure(failed, who=role.name))


def put_on_record(context: RunContext, plan: Plan) -> None:
    """Write down a plan that may run, and who does what in it."""
    context.journal.write(PlanAccepted(plan=plan))
    for choice in choices(context, plan):
        context.journal.write(choice)


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
        max_tasks=tuple((kind.value, most) for kind, most in MAX_TASKS.items()),
        decisions=tuple(one for one in context.decisions if one.is_in_force and one.names),
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


def _no_plan(error: InvalidPlanError) -> Outcome:
    return Outcome(
        conclusion=Conclusion.FAILURE,
        failure_class=FailureClass.AMBIGUOUS_REQUIREMENTS,
        summary=str(error),
        hint=error.hint,
        exit_code=Conclusion.FAILURE.exit_code,
    )
