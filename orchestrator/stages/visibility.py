"""What people see has to agree with how the run ended, and where it cannot, the ending says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import (
    ForgeUnavailableError,
    NotAuthorisedError,
    OrchestratorError,
    UsageError,
)
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome

if TYPE_CHECKING:
    from orchestrator.domain.errors import ForgeError
    from orchestrator.domain.event import PullRequestPublished
    from orchestrator.forge.forge import PullRequest
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.publish import Publisher


def take_back(context: RunContext, publisher: Publisher, outcome: Outcome) -> Outcome:
    """Make a ready request a draft again when its branch has commits that no run has judged.

    A run that pushes does so with its push; this is for one that ended before.

    Returns:
        The outcome, which tells of it.
    """
    is_in_hand = publisher.has_pushed and context.journal.record.pull_request is not None
    if is_in_hand or outcome.failure_class is FailureClass.CANCELLED:
        return outcome
    try:
        found = context.scene.forge.pull_requests(head_branch=context.scene.branch)
        ready = [request for request in found if not request.is_draft]
        news = _unjudged(context, ready[0]) if ready else ""
        if news and publisher.withdraw(ready[0]):
            told = f"Pull request #{ready[0].number} is a draft again, because nothing has judged "
            summary = f"{outcome.summary} {told}what is on its branch now: {news}."
            return outcome.model_copy(update={"summary": summary})
    except OrchestratorError as error:
        text = f"Whether the pull request may stay ready could not be looked at: {error}"
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=error.hint))
    return outcome


def _unjudged(context: RunContext, request: PullRequest) -> str:
    """Return what is on the request's branch that was never judged, or an empty text."""
    foreign = context.upstream.foreign_commits()
    if foreign:
        return foreign[0]
    # Whoever rebases the branch keeps our messages, and what tells our commits is in them.
    judged = context.journal.record.ready_commit
    is_same = judged is None or request.head_commit == judged
    return "" if is_same else f"it was moved to {request.head_commit[:12]}"


def if_published(
    context: RunContext, outcome: Outcome, why: NotAuthorisedError | ForgeError | None
) -> Outcome:
    """Return the outcome, unless it claims a success that nobody can see."""
    is_seen = context.journal.record.pull_request is not None
    is_success = outcome.conclusion is Conclusion.SUCCESS
    if is_seen or (why is None and not is_success):
        return outcome
    if why is not None and not is_success:
        summary = f"{outcome.summary} There is no pull request for it: {why}"
        return outcome.model_copy(update={"summary": summary, "hint": f"{outcome.hint} {why.hint}"})
    is_forbidden = isinstance(why, NotAuthorisedError)
    kind = UsageError if is_forbidden else Conclusion.BLOCKED
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=FailureClass.PERMISSION_MISSING if is_forbidden else FailureClass.OTHER,
        summary="The work is done and pushed, but there is no pull request for it."
        + (f" {why}" if why else ""),
        hint=f"{why.hint if why else 'The notes of the run say why.'} "
        "The branch keeps the work: open a pull request from it, or run again.",
        exit_code=kind.exit_code,
    )


def as_it_stands(
    outcome: Outcome,
    request: PullRequestPublished | None,
    *,
    doubt: str = "",
    hindrance: OrchestratorError | None = None,
) -> Outcome:
    """Return the outcome, corrected where the request was not to be brought into its state.

    Args:
        outcome: How the run ended, already published.
        request: As it stands now, if there is one.
        doubt: Why the branch over there kept it from being ready, if it did.
        hindrance: Why the forge did not make it ready, if that is the reason.
    """
    if request is None:
        return outcome
    if outcome.conclusion is Conclusion.SUCCESS and (request.is_draft or doubt):
        outcome = _overtaken(doubt) if doubt else _still_a_draft(hindrance)
    if outcome.conclusion is Conclusion.SUCCESS or request.is_draft:
        return outcome
    return outcome.model_copy(
        update={
            "summary": f"{outcome.summary} The pull request still says that it is ready for "
            "review, and it is not: convert it to a draft by hand.",
            "hint": f"{outcome.hint} The notes of the run say why it could not be done for you.",
        }
    )


def _still_a_draft(hindrance: OrchestratorError | None) -> Outcome:
    is_away = isinstance(hindrance, ForgeUnavailableError)
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.ENVIRONMENT_BROKEN
        if is_away
        else FailureClass.PERMISSION_MISSING,
        summary="Every merge requirement is green, but the pull request could not be marked as "
        "ready for review and is still a draft.",
        hint="The notes of the run say why; mark it as ready by hand, or run again.",
    )


def _overtaken(doubt: str) -> Outcome:
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.OTHER,
        summary="Every merge requirement was green, but the pull request is not marked as ready: "
        f"{doubt}",
        hint="Merge, move or delete the commits that no run made, then run again; or mark it as "
        "ready by hand.",
    )
