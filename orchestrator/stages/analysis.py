"""Analysis: the issue enriched with evidence, then the plan's open questions answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.domain.event import RequirementsWritten
from orchestrator.domain.plan import StageName
from orchestrator.domain.requirements import SearchAnswer, TechnicalRequirements
from orchestrator.domain.role import RoleKind
from orchestrator.rendering.contexts import QuestionTask, RequirementsTask
from orchestrator.sandbox.sandbox import Access
from orchestrator.stages.endings import outcome_of_failure
from orchestrator.stages.preflight.issue_signs import signs
from orchestrator.stages.questions import (
    ask,
    at_most,
    by_defaults,
    may_ask,
    outcome_of_honest_exit,
)
from orchestrator.stages.staff import Job
from orchestrator.stages.tasks import Attempted, attempt_all
from orchestrator.tools.outfit import Wanted

if TYPE_CHECKING:
    from orchestrator.domain.plan import Task
    from orchestrator.domain.role import Role
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

_STAGE = StageName.ANALYSIS
_ATTEMPTS = 2


def write_requirements(context: RunContext, results: Results) -> Results:
    """Have the issue turned into technical requirements; a fresh second try if the first fails."""
    known = results.requirements
    if known is not None and not _has_new_answers(context, known):
        return _kept(context, results, known)
    role = analyst(context)
    ending: Failed | None = None
    for _ in range(_ATTEMPTS):
        with context.workplaces.open(context.branch.base, access=Access.READ) as place:
            job = Job(
                name=_STAGE,
                role=role,
                stage=_STAGE,
                form=RequirementsTask(
                    signs=signs(context.scene.issue),
                    questions=context.preflight.questions if may_ask(context) else 0,
                ),
                wanted=Wanted(shape=TechnicalRequirements),
                commit=context.branch.base,
                place=place,
            )
            match context.staff.do(job):
                case Submitted(result=found):
                    return _handed_in(context, results, _with_real_places(context, found))
                case Exited(exit=exit_):
                    stop = outcome_of_honest_exit(context, exit_, who=role.name)
                    return replace(results, stop=stop)
                case Failed() as ending:
                    if ending.kind.ends_run:
                        break
    if ending is None:
        raise AssertionError("every attempt ends in a way that was handled")
    return replace(results, stop=outcome_of_failure(ending, who=role.name))


def _handed_in(
    context: RunContext, results: Results, requirements: TechnicalRequirements
) -> Results:
    """Put requirements on record; stop with their questions, if people may be asked."""
    if not may_ask(context):
        requirements = by_defaults(requirements)
    requirements = at_most(requirements, context.preflight.questions)
    context.journal.write(RequirementsWritten(requirements=requirements))
    stop = None
    if requirements.questions:
        stop = ask(context, requirements.questions, by=analyst(context).name)
    return replace(results, requirements=requirements, stop=stop)


def _kept(context: RunContext, results: Results, known: TechnicalRequirements) -> Results:
    """Go on with an earlier run's requirements; what they asked goes by its default now."""
    if not known.questions:
        return results
    return _handed_in(context, results, by_defaults(known))


def _has_new_answers(context: RunContext, known: TechnicalRequirements) -> bool:
    """Tell whether somebody answered what these requirements asked: then they are out of date."""
    return bool(known.questions) and any(item.by for item in context.journal.record.answers)


def _with_real_places(
    context: RunContext, requirements: TechnicalRequirements
) -> TechnicalRequirements:
    """Drop evidence from files that the base commit does not have."""
    known = {entry.path for entry in context.branch.base_entries()}
    kept = tuple(item for item in requirements.evidence if item.path in known)
    return requirements.model_copy(update={"evidence": kept})


def answer_questions(context: RunContext, results: Results) -> Results:
    """Do the plan's analysis tasks: questions that the requirements left open."""

    def attempt(task: Task, _number: int, _evidence: str) -> Attempted:
        with context.workplaces.open(context.branch.base, access=Access.READ) as place:
            job = Job(
                name=f"{_STAGE}/{task.id}",
                role=context.roster.get(task.agent),
                stage=_STAGE,
                form=QuestionTask(question=question_of(task), asked_by="orchestrator"),
                wanted=Wanted(shape=SearchAnswer),
                commit=context.branch.base,
                place=place,
                task_id=task.id,
            )
            return Attempted.of(context.staff.do(job))

    tasks = results.planned().of_stage(_STAGE)
    done = attempt_all(context, tasks, attempt)
    answers = dict(results.answers) | {
        task_id: attempted.result
        for task_id, attempted in done.by_task.items()
        if isinstance(attempted.result, SearchAnswer)
    }
    return replace(results, answers=answers, stop=done.stop or results.stop)


def question_of(task: Task) -> str:
    """Return an analysis task as one question."""
    wanted = "\n".join(f"- {item}" for item in task.acceptance)
    return f"{task.title}\n\n{task.description}\n\nThe answer is complete when:\n{wanted}"


def analyst(context: RunContext) -> Role:
    """Return who writes the requirements: the stage's first reader, else the search specialist."""
    names = [
        name
        for stage in context.workflow.stages
        if stage.name is _STAGE
        for name in stage.agents
        if context.roster.get(name).kind is RoleKind.READER
    ]
    return context.roster.get(names[0] if names else "search-specialist")
