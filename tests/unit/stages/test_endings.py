"""Every way an agent or an error can end has its ending for the run."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestrator.agents.endings import Failed, FailureKind
from orchestrator.domain import errors
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.domain.requirements import Question
from orchestrator.domain.work import ExitStatus, HonestExit
from orchestrator.stages.endings import outcome_of_error, outcome_of_exit, outcome_of_failure

FAILURE, BLOCKED, HUMAN = Conclusion.FAILURE, Conclusion.BLOCKED, Conclusion.NEEDS_HUMAN
BUDGET = Conclusion.BUDGET_EXHAUSTED

FAILURES = {
    FailureKind.NO_RESULT: (FAILURE, FailureClass.OTHER, 1),
    FailureKind.TRUNCATED: (FAILURE, FailureClass.OTHER, 1),
    FailureKind.REFUSED: (FAILURE, FailureClass.OTHER, 1),
    FailureKind.CONTEXT: (FAILURE, FailureClass.OTHER, 1),
    FailureKind.STUCK: (FAILURE, FailureClass.OTHER, 1),
    FailureKind.TURNS: (FAILURE, FailureClass.BUDGET_EXHAUSTED, 1),
    FailureKind.BUDGET: (BUDGET, FailureClass.BUDGET_EXHAUSTED, 3),
    FailureKind.DEADLINE: (BUDGET, FailureClass.BUDGET_EXHAUSTED, 3),
    FailureKind.MODEL_UNAVAILABLE: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 4),
    FailureKind.MODEL_REJECTED: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 4),
    FailureKind.NOT_AUTHORISED: (BLOCKED, FailureClass.PERMISSION_MISSING, 2),
    FailureKind.MALFORMED: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 1),
    FailureKind.ENVIRONMENT: (FAILURE, FailureClass.ENVIRONMENT_BROKEN, 4),
    FailureKind.UNKNOWN_STOP: (FAILURE, FailureClass.OTHER, 1),
}
EXITS = {
    ExitStatus.BLOCKED: (BLOCKED, FailureClass.OTHER, 6),
    ExitStatus.SPEC_CONFLICT: (HUMAN, FailureClass.AMBIGUOUS_REQUIREMENTS, 5),
    ExitStatus.NEEDS_INPUT: (HUMAN, FailureClass.AMBIGUOUS_REQUIREMENTS, 5),
}
ERRORS: dict[type[errors.OrchestratorError], tuple[Conclusion, FailureClass, int]] = {
    errors.OrchestratorError: (FAILURE, FailureClass.OTHER, 1),
    errors.UsageError: (BLOCKED, FailureClass.OTHER, 2),
    errors.ConfigError: (BLOCKED, FailureClass.OTHER, 2),
    errors.NotAuthorisedError: (BLOCKED, FailureClass.PERMISSION_MISSING, 2),
    errors.LimitError: (BUDGET, FailureClass.BUDGET_EXHAUSTED, 3),
    errors.BudgetExceededError: (BUDGET, FailureClass.BUDGET_EXHAUSTED, 3),
    errors.StepLimitError: (BUDGET, FailureClass.BUDGET_EXHAUSTED, 3),
    errors.DeadlineError: (BUDGET, FailureClass.BUDGET_EXHAUSTED, 3),
    errors.OutsideError: (FAILURE, FailureClass.OTHER, 4),
    errors.ModelError: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 4),
    errors.ModelUnavailableError: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 4),
    errors.ModelRefusedError: (FAILURE, FailureClass.OTHER, 4),
    errors.ModelRejectedError: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 4),
    errors.MalformedReplyError: (FAILURE, FailureClass.MODEL_UNAVAILABLE, 4),
    errors.ForgeError: (FAILURE, FailureClass.OTHER, 4),
    errors.ForgeUnavailableError: (FAILURE, FailureClass.ENVIRONMENT_BROKEN, 4),
    errors.ForgeRejectedError: (FAILURE, FailureClass.OTHER, 4),
    errors.NotFoundError: (FAILURE, FailureClass.OTHER, 4),
    errors.SandboxError: (FAILURE, FailureClass.ENVIRONMENT_BROKEN, 4),
    errors.GitError: (FAILURE, FailureClass.ENVIRONMENT_BROKEN, 4),
    errors.CommandUnavailableError: (FAILURE, FailureClass.ENVIRONMENT_BROKEN, 4),
    errors.TakenOverError: (FAILURE, FailureClass.OTHER, 4),
    errors.InvalidPlanError: (FAILURE, FailureClass.OTHER, 1),
}


def _family(error: type[errors.OrchestratorError]) -> set[type[errors.OrchestratorError]]:
    return {error, *(each for child in error.__subclasses__() for each in _family(child))}


def _raised(kind: type[errors.OrchestratorError]) -> errors.OrchestratorError:
    if issubclass(kind, errors.InvalidPlanError):
        return kind(("it is no plan.",))
    if issubclass(kind, errors.LimitError):
        return kind("It broke.", hint="Mend it.", limit=Decimal(1), value=Decimal(2))
    return kind("It broke.", hint="Mend it.")


def test_tables__know_every_ending() -> None:
    """A new kind of failure, exit or error cannot be forgotten here."""
    assert set(FAILURES) == set(FailureKind)
    assert set(EXITS) == set(ExitStatus)
    assert set(ERRORS) == _family(errors.OrchestratorError)


@pytest.mark.parametrize("kind", FailureKind)
def test_failure__ends_the_run_as_its_kind_says(kind: FailureKind) -> None:
    """Who needed a result that never came sees why, and what to do."""
    outcome = outcome_of_failure(Failed(kind=kind, text="It stopped.", hint="Help."), who="Task 1")

    assert (outcome.conclusion, outcome.failure_class, outcome.exit_code) == FAILURES[kind]
    assert (outcome.summary, outcome.hint) == ("Task 1: It stopped.", "Help.")


@pytest.mark.parametrize("status", ExitStatus)
def test_exit__asks_what_the_agent_asked(status: ExitStatus) -> None:
    """An honest exit carries its questions, with their defaults, to a person."""
    question = Question(text="Which one?", default="both", changes_if_other="all")
    exit_ = HonestExit(status=status, reason="Two readings.", evidence=(), questions=(question,))

    outcome = outcome_of_exit(exit_, who="Task 1")

    assert (outcome.conclusion, outcome.failure_class, outcome.exit_code) == EXITS[status]
    assert outcome.summary == f"Task 1 stopped ({status.value}): Two readings."
    assert outcome.hint == "Which one? (if nobody says otherwise: both)"


def test_exit__without_questions_says_what_to_do() -> None:
    """Nobody is left without a next step."""
    exit_ = HonestExit(status=ExitStatus.BLOCKED, reason="No.", evidence=(), questions=())

    assert outcome_of_exit(exit_, who="Task 1").hint == "Clarify the issue, then run again."


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_error__ends_the_run_as_its_class_says(kind: type[errors.OrchestratorError]) -> None:
    """Every class of error has a conclusion, a failure class and its own exit code."""
    error = _raised(kind)

    outcome = outcome_of_error(error)

    assert (outcome.conclusion, outcome.failure_class, outcome.exit_code) == ERRORS[kind]
    assert (outcome.summary, outcome.hint) == (str(error), error.hint)


@pytest.mark.parametrize("reason", errors.Rejection)
def test_error__tells_an_empty_purse_from_a_wrong_key(reason: errors.Rejection) -> None:
    """Money is the budget's matter; a key or a permission is somebody's to put right."""
    error = errors.ModelRejectedError("No.", hint="Pay.", reason=reason)

    ending = {
        errors.Rejection.CREDIT: (BUDGET, FailureClass.BUDGET_EXHAUSTED),
        errors.Rejection.KEY: (BLOCKED, FailureClass.PERMISSION_MISSING),
        errors.Rejection.PERMISSION: (BLOCKED, FailureClass.PERMISSION_MISSING),
    }.get(reason, (FAILURE, FailureClass.MODEL_UNAVAILABLE))
    outcome = outcome_of_error(error)
    assert (outcome.conclusion, outcome.failure_class) == ending
