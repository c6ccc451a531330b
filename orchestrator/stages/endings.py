"""From the way an agent's work ended to the way the run ends."""

from __future__ import annotations

from orchestrator.agents.endings import Failed, FailureKind
from orchestrator.domain.errors import (
    ForgeUnavailableError,
    LimitError,
    ModelError,
    ModelRefusedError,
    ModelRejectedError,
    NotAuthorisedError,
    OrchestratorError,
    OutsideError,
    Rejection,
    SandboxError,
    UsageError,
)
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.work import ExitStatus, HonestExit
from orchestrator.stages.classifying import class_of_exit

CANCELLED = 130
_FAILURES = {
    FailureKind.BUDGET: (Conclusion.BUDGET_EXHAUSTED, FailureClass.BUDGET_EXHAUSTED),
    FailureKind.DEADLINE: (Conclusion.BUDGET_EXHAUSTED, FailureClass.BUDGET_EXHAUSTED),
    FailureKind.TURNS: (Conclusion.FAILURE, FailureClass.BUDGET_EXHAUSTED),
    FailureKind.MODEL_UNAVAILABLE: (Conclusion.FAILURE, FailureClass.MODEL_UNAVAILABLE),
    FailureKind.MODEL_REJECTED: (Conclusion.FAILURE, FailureClass.MODEL_UNAVAILABLE),
    FailureKind.MALFORMED: (Conclusion.FAILURE, FailureClass.MODEL_UNAVAILABLE),
    FailureKind.NOT_AUTHORISED: (Conclusion.BLOCKED, FailureClass.PERMISSION_MISSING),
    FailureKind.ENVIRONMENT: (Conclusion.FAILURE, FailureClass.ENVIRONMENT_BROKEN),
}
_ERRORS: tuple[tuple[type[OrchestratorError], tuple[Conclusion, FailureClass]], ...] = (
    (LimitError, (Conclusion.BUDGET_EXHAUSTED, FailureClass.BUDGET_EXHAUSTED)),
    (NotAuthorisedError, (Conclusion.BLOCKED, FailureClass.PERMISSION_MISSING)),
    (UsageError, (Conclusion.BLOCKED, FailureClass.OTHER)),
    (ModelRefusedError, (Conclusion.FAILURE, FailureClass.OTHER)),
    (ModelError, (Conclusion.FAILURE, FailureClass.MODEL_UNAVAILABLE)),
    (ForgeUnavailableError, (Conclusion.FAILURE, FailureClass.ENVIRONMENT_BROKEN)),
    (SandboxError, (Conclusion.FAILURE, FailureClass.ENVIRONMENT_BROKEN)),
)
_REJECTIONS = {
    Rejection.CREDIT: (Conclusion.BUDGET_EXHAUSTED, FailureClass.BUDGET_EXHAUSTED),
    Rejection.KEY: (Conclusion.BLOCKED, FailureClass.PERMISSION_MISSING),
    Rejection.PERMISSION: (Conclusion.BLOCKED, FailureClass.PERMISSION_MISSING),
}
_EXITS = {
    ExitStatus.NEEDS_INPUT: Conclusion.NEEDS_HUMAN,
    ExitStatus.SPEC_CONFLICT: Conclusion.NEEDS_HUMAN,
    ExitStatus.BLOCKED: Conclusion.BLOCKED,
}


def outcome_of_failure(failed: Failed, *, who: str) -> Outcome:
    """Return how a run ends that cannot do without this agent's result."""
    conclusion, failure_class = _FAILURES.get(failed.kind, (Conclusion.FAILURE, FailureClass.OTHER))
    return Outcome(
        conclusion=conclusion,
        failure_class=failure_class,
        summary=f"{who}: {failed.text}",
        hint=failed.hint,
        exit_code=_exit_code(failed.kind, conclusion),
    )


def outcome_of_exit(exit_: HonestExit, *, who: str) -> Outcome:
    """Return how a run ends whose agent said honestly that it cannot go on."""
    conclusion, failure_class = _EXITS[exit_.status], class_of_exit(exit_)
    questions = " ".join(
        f"{question.text} (if nobody says otherwise: {question.default})"
        for question in exit_.questions
    )
    return Outcome(
        conclusion=conclusion,
        failure_class=failure_class,
        summary=f"{who} stopped ({exit_.status}): {exit_.reason}",
        hint=questions or "Clarify the issue, then run again.",
    )


def outcome_of_error(error: OrchestratorError) -> Outcome:
    """Return how a run ends that an error stopped."""
    conclusion, failure_class = _of_error(error)
    return Outcome(
        conclusion=conclusion,
        failure_class=failure_class,
        summary=str(error),
        hint=error.hint,
        exit_code=UsageError.exit_code if _is_ours_to_set(error) else error.exit_code,
    )


def _is_ours_to_set(error: OrchestratorError) -> bool:
    """Tell whether the service refused what somebody has to set otherwise, such as a key."""
    return isinstance(error, ModelRejectedError) and (
        error.reason in {Rejection.KEY, Rejection.PERMISSION}
    )


def cancelled() -> Outcome:
    """Return how a run ends that somebody stopped from outside."""
    return Outcome(
        conclusion=Conclusion.FAILURE,
        failure_class=FailureClass.CANCELLED,
        summary="The run was cancelled; what was done by then is kept.",
        hint="Run the same issue again: it goes on with the first task that is not finished.",
        exit_code=CANCELLED,
    )


def defect() -> Outcome:
    """Return how a run ends that nobody foresaw: what holds until something better is known."""
    return Outcome(
        conclusion=Conclusion.FAILURE,
        failure_class=FailureClass.OTHER,
        summary="The run ended through a defect of Orchestrator; the job's log has the details.",
        hint="Report it with the journal and the job's log, then run again.",
    )


def _of_error(error: OrchestratorError) -> tuple[Conclusion, FailureClass]:
    if isinstance(error, ModelRejectedError) and error.reason in _REJECTIONS:
        return _REJECTIONS[error.reason]
    found = (ending for kind, ending in _ERRORS if isinstance(error, kind))
    return next(found, (Conclusion.FAILURE, FailureClass.OTHER))


def _exit_code(kind: FailureKind, conclusion: Conclusion) -> int:
    outside = {
        FailureKind.MODEL_UNAVAILABLE,
        FailureKind.MODEL_REJECTED,
        FailureKind.ENVIRONMENT,
    }
    if kind is FailureKind.NOT_AUTHORISED:
        return UsageError.exit_code
    return OutsideError.exit_code if kind in outside else conclusion.exit_code
