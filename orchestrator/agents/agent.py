"""One worker, from assignment to ending."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pydantic import BaseModel

from orchestrator.agents.asking import Asker
from orchestrator.agents.deeds import Deeds
from orchestrator.agents.endings import AgentEnding, Failed, FailureKind
from orchestrator.agents.loop import Loop
from orchestrator.agents.succession import MOST_CONVERSATIONS, successor
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
from orchestrator.domain.event import Event, Noted
from orchestrator.domain.outcome import NoteLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.agents.assignment import Assignment
    from orchestrator.agents.ledger import Ledger
    from orchestrator.llm.llm import Model
    from orchestrator.llm.pricing import PriceList
    from orchestrator.telemetry.clock import Clock

T = TypeVar("T", bound=BaseModel)

_LEFT_ALONE_S: Final = 900.0
"""A model that stayed out of reach is not waited for again before that."""

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
        self._down_until_s: dict[str, float] = {}

    def run(self, assignment: Assignment[T]) -> AgentEnding[T]:
        """Do the work and return how it ended; a limit or a lost model is an ending, too.

        What one conversation cannot bring to an end goes on in a fresh one, where that helps:
        after a refusal or an outage with the next of the fallbacks, after one that grew too
        long with the same model.
        """
        try:
            self._ledger.admit(assignment.account)
        except LimitError as error:
            return _failed(error)
        work, turns, deeds = self._in_reach(assignment), 0, Deeds()
        declined, number = None, 1
        while True:
            ending, turns = self._converse(work, turns, deeds)
            if not isinstance(ending, Failed):
                return ending
            if declined is not None and ending.kind in _NOT_OURS:
                # Nobody has configured the model that the service named.
                return replace(declined, trace=ending.trace)
            follower = successor(work, ending, deeds) if number < MOST_CONVERSATIONS else None
            if follower is None:
                return ending
            if ending.kind is FailureKind.REFUSED and not work.fallbacks:
                declined = ending
            self._tell(work, ending, follower)
            work, number = follower, number + 1

    def _converse(
        self, assignment: Assignment[T], turns: int, deeds: Deeds
    ) -> tuple[AgentEnding[T], int]:
        asker = self._asker(assignment, turns)
        try:
            ending = Loop(assignment, asker, self._emit, deeds).run()
        except (LimitError, ModelError, SandboxError) as error:
            ending = _failed(error)
            if ending.kind is FailureKind.CONTEXT and asker.turns == turns + 1:
                ending = replace(ending, may_go_on=False)
        assignment.toolbox.settle()
        if isinstance(ending, Failed):
            ending = replace(ending, trace=deeds.trace)
        return ending, asker.turns

    def _in_reach(self, work: Assignment[T]) -> Assignment[T]:
        """Return the work for a model that was not found out of reach a moment ago."""
        now_s = self._clock.monotonic()
        models = (work.model, *work.fallbacks)
        up = [model for model in models if self._down_until_s.get(model, 0.0) <= now_s]
        model, *fallbacks = up or models
        return replace(work, model=model, fallbacks=tuple(fallbacks))

    def _tell(self, work: Assignment[T], failed: Failed, follower: Assignment[T]) -> None:
        if failed.kind is FailureKind.MODEL_UNAVAILABLE:
            self._down_until_s[work.model] = self._clock.monotonic() + _LEFT_ALONE_S
        text = f"{failed.text} {work.role.name!r} goes on in a fresh conversation"
        text += "." if follower.model == work.model else f" with {follower.model!r}."
        self._emit(Noted(level=NoteLevel.WARNING, text=text))

    def _asker(self, assignment: Assignment[T], turns: int) -> Asker:
        return Asker(
            cast("Assignment[BaseModel]", assignment),
            model=self._model,
            ledger=self._ledger,
            prices=self._prices,
            clock=self._clock,
            emit=self._emit,
            turns=turns,
        )


_NOT_OURS: Final = frozenset(
    {
        FailureKind.MODEL_UNAVAILABLE,
        FailureKind.MODEL_REJECTED,
        FailureKind.NOT_AUTHORISED,
        FailureKind.MALFORMED,
    }
)
"""Why a model could not step in that was not asked for."""
_REJECTIONS: Final = {
    Rejection.KEY: FailureKind.NOT_AUTHORISED,
    Rejection.PERMISSION: FailureKind.NOT_AUTHORISED,
    Rejection.CREDIT: FailureKind.BUDGET,
    Rejection.MODEL: FailureKind.MODEL_UNAVAILABLE,
    Rejection.TOO_LONG: FailureKind.CONTEXT,
}


def _failed(error: OrchestratorError) -> Failed:
    return Failed(kind=_kind(error), text=str(error), hint=error.hint)


def _kind(error: OrchestratorError) -> FailureKind:
    if isinstance(error, ModelRejectedError):
        return _REJECTIONS.get(error.reason, FailureKind.MODEL_REJECTED)
    return next(kind for known, kind in _KINDS if isinstance(error, known))
