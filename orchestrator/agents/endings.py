"""How an agent's work ends, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from orchestrator.domain.work import HonestExit

T = TypeVar("T", bound=BaseModel)


class FailureKind(StrEnum):
    """Why an agent ended without a result and without saying so itself."""

    NO_RESULT = "no_result"
    """It stopped talking without handing anything in, also after one reminder."""
    TRUNCATED = "truncated"
    """Its replies were cut off at the output limit twice."""
    REFUSED = "refused"
    """The model declined."""
    CONTEXT = "context_exceeded"
    STUCK = "stuck"
    """It went in circles, also after one warning."""
    TURNS = "turns"
    BUDGET = "budget"
    DEADLINE = "deadline"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_REJECTED = "model_rejected"
    """Model or request shape: no other agent would fare better."""
    NOT_AUTHORISED = "not_authorised"
    """The key is wrong or may not use the model."""
    MALFORMED = "malformed_reply"
    ENVIRONMENT = "environment_broken"
    """The sandbox broke under it."""
    UNKNOWN_STOP = "unknown_stop"

    @property
    def ends_run(self) -> bool:
        """Whether a fresh attempt must fail in the same way."""
        return self in {
            FailureKind.BUDGET,
            FailureKind.DEADLINE,
            FailureKind.MODEL_UNAVAILABLE,
            FailureKind.MODEL_REJECTED,
            FailureKind.NOT_AUTHORISED,
            FailureKind.ENVIRONMENT,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Generic[T]):
    """The agent handed in a valid, accepted result."""

    result: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The agent ended honestly without a result."""

    exit: HonestExit


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The agent ended in some other way."""

    kind: FailureKind
    text: str
    """What happened, one sentence."""
    hint: str
    """What a person can do next."""
    may_go_on: bool = True
    """Whether a fresh conversation could fare better; not where the first words did not fit."""
    recommended_model: str | None = None
    """Whom the service names instead of a model that declined."""
    trace: str = ""
    """What it did until then, for whoever tries afresh."""


AgentEnding: TypeAlias = Submitted[T] | Exited | Failed
