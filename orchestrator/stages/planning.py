"""Planning: the orchestrator fills in a plan, code decides whether it may run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypedDict

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.domain.errors import InvalidPlanError
from orchestrator.domain.event import PlanAccepted, PlanRefused
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.plan import Plan, StageName
from orchestrator.domain.role import RoleKind
from orchestrator.rendering.contexts import PlanRepairTask, PlanTask
from orchestrator.rendering.prompts import render_form
from orchestrator.scheduling.size_rules import MAX_TASKS
from orchestrator.stages.endings import outcome_of_failure
from orchestrator.stages.estimating import price_plan
from orchestrator.stages.memory import earlier_work
from orchestrator.stages.plan_checks import choices, plan_problems
from orchestrator.stages.questions import outcome_of_honest_exit
from orchestrator.stages.staff import Job
from orchestrator.tools.outfit import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from orchestrator.agents.endings import AgentEnding
    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.earlier import EarlierWork
    from orchestrator.domain.requirements import TechnicalRequirements
    from orchestrator.domain.role import Role
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results


class PlanTerms(TypedDict):
    """The fields of a `PlanTask`, for forms that have more of them."""

    issue_id: int
    requirements: TechnicalRequirements
    roster: tuple[Role, ...]
    stages: tuple[str, ...]
    agents: tuple[tuple[str, tuple[str, ...]], ...]
    max_tasks: tuple[tuple[str, int], ...]
    decisions: tuple[DecisionRecord, ...]
    max_parallel: int
    max_files: int | None
    max_changed_lines: int | None
    earlier: tuple[EarlierWork, ...]


STAGE = "planning"
REPAIRS = 2


def make_plan(context: RunContext, results: Results) -> Results:
    """Have a plan made, refused with reasons at most `REPAIRS` times, and return it accepted."""
    if results.plan is not None:
        return replace(results, stop=results.stop or price_plan(context, results.plan))
    form = PlanTask(**plan_terms(context, results))
    who = context.roster.get("orchestrator").name
    try:
        ending = ask_for_plan(context, form, partial(plan_problems, context))
    except InvalidPlanError as error:
        return replace(results, stop=_no_plan(error))
    match ending:
        case Submitted(result=plan):
            context.journal.write(PlanAccepted(plan=plan))
            choose_agents(context, plan)
            return replace(results, plan=plan, stop=price_plan(context, plan))
        case Exited(exit=exit_):
            return replace(results, stop=outcome_of_honest_exit(context, exit_, who=who))
        case Failed() as failed:
            return replace(results, stop=outcome_of_failure(failed, who=who))


def ask_for_plan(
    context: RunContext,
    form: PlanTask,
    examine: Callable[[Plan], tuple[str, ...]],
) -> AgentEnding[Plan]:
    """Have the orchestrator hand in a plan that `examine` has nothing against.

    Raises:
        InvalidPlanError: It was refused more than `REPAIRS` times.
    """
    return context.staff.do(
        Job(
            name=STAGE,
            role=context.roster.get("orchestrator"),
            stage=STAGE,
            form=form,
            wanted=Wanted(shape=Plan, accept=_acceptance(context, examine)),
            commit=context.branch.head,
        )
    )


def choose_agents(context: RunContext, plan: Plan) -> None:
    """Put on record who does what in a plan that may run."""
    for choice in choices(context, plan):
        if context.journal.record.choices.get(choice.task_id) != choice:
            context.journal.write(choice)


def _acceptance(
    context: RunContext, examine: Callable[[Plan], tuple[str, ...]]
) -> Callable[[Plan], str | None]:
    refused = 0

    def accept(plan: Plan) -> str | None:
        nonlocal refused
        found = examine(plan)
        if not found:
            return None
        refused += 1
        context.journal.write(PlanRefused(attempt=refused, problems=found))
        if refused > REPAIRS:
            raise InvalidPlanError(found)
        form = PlanRepairTask(problems=found, attempts_left=REPAIRS + 1 - refused)
        return render_form(context.templates, form)

    return accept


def plan_terms(
    context: RunContext, results: Results, *, stages: Collection[StageName] = tuple(StageName)
) -> PlanTerms:
    """Return what every plan of this run has to keep to, as the planner is told.

    Args:
        context: The run.
        results: With the requirements.
        stages: Those that are not over.
    """
    open_ones = [stage for stage in context.workflow.stages if stage.name in stages]
    return {
        "issue_id": context.issue_number,
        "requirements": results.required(),
        "roster": _candidates(context),
        "stages": tuple(stage.name for stage in open_ones),
        "agents": tuple((stage.name, stage.agents) for stage in open_ones if stage.agents),
        "max_tasks": tuple((kind.value, most) for kind, most in MAX_TASKS.items()),
        "decisions": tuple(one for one in context.decisions if one.is_in_force and one.names),
        "max_parallel": context.limits.parallel,
        "max_files": context.constraints.max_files,
        "max_changed_lines": context.constraints.max_changed_lines,
        "earlier": earlier_work(context.scene, limit=context.memory.issues),
    }


def _candidates(context: RunContext) -> tuple[Role, ...]:
    """Return who may be named: everybody, or those whom the stages list."""
    stages = context.workflow.stages
    listed = {name for stage in stages for name in stage.agents}
    is_open = any(not stage.agents for stage in stages)
    return tuple(
        role
        for role in context.roster.roles.values()
        if role.kind not in {RoleKind.ORCHESTRATOR, RoleKind.VERIFIER}
        and (is_open or role.name in listed)
    )


def _no_plan(error: InvalidPlanError) -> Outcome:
    return Outcome(
        conclusion=Conclusion.FAILURE,
        failure_class=FailureClass.AMBIGUOUS_REQUIREMENTS,
        summary=str(error),
        hint=error.hint,
    )
