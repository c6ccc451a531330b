"""The model's service: a sign-in or a model that it refuses would end the run at its first word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ModelError, ModelRejectedError, Rejection
from orchestrator.stages.endings import outcome_of_error
from orchestrator.stages.preflight.scene import passed, skipped, stopped, warned

if TYPE_CHECKING:
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.preflight.scene import Sight

_FINAL = frozenset({Rejection.KEY, Rejection.MODEL, Rejection.CREDIT})
"""What the service would say to every request; other refusals may be about the question."""


def service(context: RunContext) -> Sight:
    """Stop when the service refuses the sign-in or a model; one out of reach may come back."""
    if context.service is None:
        return skipped("A script plays the model.")
    try:
        return passed(context.service.value())
    except ModelError as error:
        if isinstance(error, ModelRejectedError) and error.reason in _FINAL:
            outcome = outcome_of_error(error)
            return stopped(
                outcome.model_copy(update={"summary": f"{outcome.summary} Nothing was spent."})
            )
        return warned(f"The model's service could not be asked ahead: {error}", error.hint)
