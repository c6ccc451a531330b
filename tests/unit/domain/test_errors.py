"""Errors of ours, on their way to whoever waits for them."""

from __future__ import annotations

import pickle

import pytest

from orchestrator.domain.errors import (
    ForgeRejectedError,
    InvalidPlanError,
    ModelRejectedError,
    OrchestratorError,
    Rejection,
    StepLimitError,
)
from orchestrator.domain.usage import NO_SPEND


@pytest.mark.parametrize(
    "error",
    [
        OrchestratorError("It broke.", hint="Mend it."),
        StepLimitError("Too many.", hint="Allow more.", limit=3, value=4),
        ModelRejectedError("No.", hint="Pay.", spend=NO_SPEND, reason=Rejection.CREDIT),
        ForgeRejectedError("No.", hint="Ask.", status=422),
        InvalidPlanError(("One.", "Two.")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error__crosses_into_another_process_whole(error: OrchestratorError) -> None:
    """Whatever an error needs to be made, it arrives with its words, advice and facts."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 -- made here

    assert type(arrived) is type(error)
    assert (str(arrived), arrived.args, vars(arrived)) == (str(error), error.args, vars(error))
