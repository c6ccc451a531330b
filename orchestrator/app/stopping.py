"""What keeps a run that is stopped from asking on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ModelUnavailableError
from orchestrator.llm.llm import nobody

if TYPE_CHECKING:
    from orchestrator.domain.message import ModelRequest, Reply
    from orchestrator.llm.llm import Arrivals, Model
    from orchestrator.scheduling.workers import CancelToken


class StoppableModel:
    """A model that is asked nothing more once the run is to stop."""

    def __init__(self, model: Model, cancel: CancelToken) -> None:
        """Pass everything on to the model until the token is set."""
        self._model = model
        self._cancel = cancel

    def reply(self, request: ModelRequest, arrivals: Arrivals = nobody) -> Reply:
        """Return the model's reply; see `llm.Model`.

        Raises:
            ModelUnavailableError: The run is being stopped; nothing was sent.
        """
        if self._cancel.is_cancelled:
            raise ModelUnavailableError(
                "The run is being stopped, so the model is not asked any more.",
                hint="Run the same issue again.",
            )
        return self._model.reply(request, arrivals)
