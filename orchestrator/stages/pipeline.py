"""The order of work, as code: what runs when, and what is published after it.

A model fills in the plan and does the tasks. It cannot skip a stage, run one twice, or
say that the run succeeded: the stages come from the configuration, and the ending comes
from the gates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import OrchestratorError, TakenOverError
from orchestrator.domain.event import Noted, RunEnded, StageEnded, StageStarted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome
from orchestrator.domain.plan import StageName
from orchestrator.stages.analysis import answer_questions, write_requirements
from orchestrator.stages.endings import cancelled, defect, outcome_of_error
from orchestrator.stages.preflight.order import STAGE as PREFLIGHT
from orchestrator.stages.preflight.order import preflight
from orchestrator.stages.questions import ask_for_tasks
from orchestrator.stages.results import Results, restored
from orchestrator.stages.summaries import summary_of
from orchestrator.stages.visibility import as_it_stands, if_published, take_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from orchestrator.stages.context import RunContext
    from orchestrator.stages.publish import Publisher

    Stage: TypeAlias = Callable[[RunContext, Results], Results]


def run_pipeline(context: RunContext, publisher: Publisher | None, *, plan_only: bool) -> Outcome:
    """Run the stages, judge what they left, publish it, and return how the run ended.

    Args:
        context: The run.
        publisher: `None` when nothing may leave (`plan`).
        plan_only: Stop when there is a plan.
    """
    outcome = defect()
    try:
        if publisher is not None:
            publisher.announce()
        results = _run_stages(context, plan_only=plan_only)
        outcome = _judged(context, results, plan_only=plan_only)
    except OrchestratorError as error:
        outcome = outcome_of_error(error)
    except KeyboardInterrupt:
        outcome = cancelled()
    finally:
        # On a defect of ours too: nobody may be left looking at "in progress".
        outcome = _settled(context, publisher, outcome)
    return outcome


def _run_stages(context: RunContext, *, plan_only: bool) -> Results:
    results = restored(context.journal.record)
    for name, stage in _in_order(context, plan_only=plan_only):
        context.journal.write(StageStarted(stage=name))
        if name != PREFLIGHT:
            # Before pre-flight nobody knows whose commits are on the branch. This tells of the
            # end of the stage before, too; the last stage's is told with the run's.
            context.show()
        results = stage(context, results)
        stop = results.stop
        summary = stop.summary if stop else summary_of(name, context.journal.record)
        context.journal.write(StageEnded(stage=name, succeeded=stop is None, summary=summary))
        if stop is not None:
            ask_for_tasks(context)
            break
    return results


def _in_order(context: RunContext, *, plan_only: bool) -> Iterator[tuple[str, Stage]]:
    """Yield pre-flight, then the configured stages, with planning before any that does tasks.

    What comes after the first request is loaded when it is its turn: that is half the house.
    """
    yield PREFLIGHT, preflight
    names = [stage.name for stage in context.workflow.stages]
    has_analysis = StageName.ANALYSIS in names
    if has_analysis:
        yield StageName.ANALYSIS.value, write_requirements
    from orchestrator.stages.planning import STAGE, make_plan
    from orchestrator.stages.preflight.neighbours import look_beside

    yield STAGE, make_plan
    plan = context.journal.record.plan
    if plan is not None:
        look_beside(context, plan)
    if plan_only:
        return
    if has_analysis and plan is not None and plan.of_stage(StageName.ANALYSIS):
        yield "questions", answer_questions
    for name in names:
        if name is not StageName.ANALYSIS:
            yield name.value, _stage_of_tasks(name)


def _stage_of_tasks(name: StageName) -> Stage:
    match name:
        case StageName.IMPLEMENTATION:
            from orchestrator.stages.implementation import implement

            return implement
        case StageName.TESTING:
            from orchestrator.stages.testing import test_change

            return test_change
        case _:
            from orchestrator.stages.reviewing import review_change

            return review_change


def _judged(context: RunContext, results: Results, *, plan_only: bool) -> Outcome:
    if plan_only:
        summary = "The plan is ready; nothing was changed."
        return results.stop or Outcome(conclusion=Conclusion.SUCCESS, summary=summary)
    from orchestrator.stages.verdict import concluded, judge

    return concluded(context, results, judge(context, results))


def _settled(context: RunContext, publisher: Publisher | None, outcome: Outcome) -> Outcome:
    """Put the ending on record, then where people look; a failure to publish is an ending too."""
    from orchestrator.stages.estimating import note_requests_under_way

    context.cancel.cancel()
    note_requests_under_way(context)
    try:
        return _told(context, publisher, outcome)
    except KeyboardInterrupt:
        if outcome.failure_class is FailureClass.CANCELLED:
            # A person who asks twice does not want to wait.
            raise
        return _told(context, publisher, cancelled())


def _told(context: RunContext, publisher: Publisher | None, outcome: Outcome) -> Outcome:
    from orchestrator.stages.mentions import resolve_mentions

    try:
        resolve_mentions(context)
        if publisher is not None:
            outcome = _delivered(context, publisher, outcome)
    except OrchestratorError as error:
        outcome = outcome_of_error(error)
    if publisher is None:
        context.journal.write(RunEnded(outcome=outcome))
        return outcome
    outcome = take_back(context, publisher, outcome)
    hindrance = _settle(context, publisher, outcome)
    request = context.journal.record.pull_request
    hindrance = publisher.hindrance or publisher.rejection or hindrance
    seen = as_it_stands(outcome, request, doubt=publisher.doubt, hindrance=hindrance)
    if seen != outcome:
        _settle(context, publisher, seen)
    return seen


def _delivered(context: RunContext, publisher: Publisher, outcome: Outcome) -> Outcome:
    """Bring the head to the branch, and correct the outcome where nobody can see what it claims."""
    # A resumed run that pre-flight did not let go on must not touch the branch: it may be taken.
    may_push = publisher.has_pushed or _may_go_on(context)
    if may_push and not context.branch.is_empty:
        publisher.deliver(context.branch.head)
        if publisher.rejection is not None:
            # The request's last words must not say that there is none and bring it about.
            publisher.deliver(context.branch.head)
    return if_published(context, outcome, publisher.refusal or publisher.rejection)


def _settle(
    context: RunContext, publisher: Publisher, outcome: Outcome
) -> OrchestratorError | None:
    """Bring the last words to where people look, or return why not."""
    context.journal.write(RunEnded(outcome=outcome))
    try:
        if _may_go_on(context):
            publisher.settle(is_ready=outcome.conclusion is Conclusion.SUCCESS)
        else:
            publisher.conclude()
    except TakenOverError:
        raise
    except OrchestratorError as error:
        # How the run ended stays true, whether or not it could be shown.
        text = f"The last words could not be brought to where people look: {error}"
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=error.hint))
        return error
    return None


def _may_go_on(context: RunContext) -> bool:
    """Tell whether pre-flight was passed: before that, earlier work is not this run's to touch."""
    stages = context.journal.record.stages
    return any(stage.stage == PREFLIGHT and stage.succeeded for stage in stages)
