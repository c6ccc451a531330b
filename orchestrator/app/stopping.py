"""What keeps a run that is stopped from asking on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ModelUnavailableError
from orchestrator.llm.llm import nobody, whatever_it_costs

if TYPE_CHECKING:
    from orchestrator.domain.message import ModelRequest, Reply
    from orchestrator.llm.llm import Arrivals, MayRepeat, Model
    from orchestrator.scheduling.workers import CancelToken
    from orchestrator.telemetry.clock import Clock


class StoppableModel:
    """A model that is asked nothing more once the run is to stop."""

    def __init__(self, model: Model, cancel: CancelToken) -> None:
        """Pass everything on to the model until the token is set."""
        self._model = model
        self._cancel = cancel

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        """Return the model's reply; see `llm.Model`.

        Raises:
            ModelUnavailableError: The run is being stopped; nothing was sent.
        """
        if self._cancel.is_cancelled:
            raise _stopped()
        return self._model.reply(request, arrivals, may_repeat)


class StoppableClock:
    """The clock of who waits to ask again: it does not let a run that is to stop wait on."""

    def __init__(self, clock: Clock, cancel: CancelToken) -> None:
        """Tell the time of this clock."""
        self._clock = clock
        self._cancel = cancel

    def now_iso(self) -> str:
        """Return the time of day; see `Clock`."""
        return self._clock.now_iso()

    def monotonic(self) -> float:
        """Return seconds; see `Clock`."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long, or until the run is to stop.

        Raises:
            ModelUnavailableError: It is; whatever was waited for is not asked any more.
        """
        if self._cancel.wait(seconds):
            raise _stopped()

    def demand(self) -> None:
        """Go on only while the run does.

        Raises:
            ModelUnavailableError: It is to stop.
        """
        self.sleep(0.0)


def _stopped() -> ModelUnavailableError:
    return ModelUnavailableError(
        "The run is being stopped, so the model is not asked any more.",
        hint="Run the same issue again.",
    )
