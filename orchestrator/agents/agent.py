"""One worker, from assignment to ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, cast

from pydantic import BaseModel

from orchestrator.agents.asking import Asker
from orchestrator.agents.endings import AgentEnding, Failed, FailureKind
from orchestrator.agents.loop import Loop
from orchestrator.domain.errors import (
    DeadlineError,
    LimitError,
    MalformedReplyError,
    ModelError,
    ModelRefusedError,
    ModelRejectedError,
    OrchestratorError,
    Rejection,
    SandboxError,
    StepLimitError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.agents.assignment import Assignment
    from orchestrator.agents.ledger import Ledger
    from orchestrator.domain.event import Event
    from orchestrator.llm.llm import Model
    from orchestrator.llm.pricing import PriceList
    from orchestrator.telemetry.clock import Clock

T = TypeVar("T", bound=BaseModel)

_KINDS: Final[tuple[tuple[type[OrchestratorError], FailureKind], ...]] = (
    (StepLimitError, FailureKind.TURNS),
    (DeadlineError, FailureKind.DEADLINE),
    (LimitError, FailureKind.BUDGET),
    (ModelRefusedError, FailureKind.REFUSED),
    (MalformedReplyError, FailureKind.MALFORMED),
    (ModelError, FailureKind.MODEL_UNAVAILABLE),
    (SandboxError, FailureKind.ENVIRONMENT),
)


class Agent:
    """Does assignments, one conversation each; safe to use from several threads.

    What it shares must be safe too: a ledger with a lock, and an `emit` that orders events.
    """

    def __init__(
        self,
        *,
        model: Model,
        ledger: Ledger,
        prices: PriceList,
        clock: Clock,
        emit: Callable[[Event], None],
    ) -> None:
        """Work with these collaborators; every event of a conversation goes to `emit`."""
        self._model = model
        self._ledger = ledger
        self._prices = prices
        self._clock = clock
        self._emit = emit

    def run(self, assignment: Assignment[T]) -> AgentEnding[T]:
        """Do the work and return how it ended; a limit or a lost model is an ending, too."""
        try:
            self._ledger.admit(assignment.account)
            return Loop(assignment, self._asker(assignment), self._emit).run()
        except (LimitError, ModelError, SandboxError) as error:
            return Failed(kind=_kind(error), text=str(error), hint=error.hint)

    def _asker(self, assignment: Assignment[T]) -> Asker:
        return Asker(
            cast("Assignment[BaseModel]", assignment),
            model=self._model,
            ledger=self._ledger,
            prices=self._prices,
            clock=self._clock,
            emit=self._emit,
        )


_REJECTIONS: Final = {
    Rejection.KEY: FailureKind.NOT_AUTHORISED,
    Rejection.PERMISSION: FailureKind.NOT_AUTHORISED,
    Rejection.CREDIT: FailureKind.BUDGET,
}


def _kind(error: OrchestratorError) -> FailureKind:
    if isinstance(error, ModelRejectedError):
        return _REJECTIONS.get(error.reason, FailureKind.MODEL_REJECTED)
    return next(kind for known, kind in _KINDS if isinstance(error, known))
