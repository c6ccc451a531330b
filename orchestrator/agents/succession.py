"""Who goes on when a conversation cannot: a fresh one, perhaps with another model.

A conversation is bound to its model and to every byte of its history, so neither is ever
changed in the middle. The next one gets the same brief, task, tools and worktree, and is
told in a few lines what was done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel

from orchestrator.agents import notes
from orchestrator.agents.endings import FailureKind
from orchestrator.llm.capabilities import capabilities_of, model_id

if TYPE_CHECKING:
    from orchestrator.agents.assignment import Assignment
    from orchestrator.agents.deeds import Deeds
    from orchestrator.agents.endings import Failed

T = TypeVar("T", bound=BaseModel)

MOST_CONVERSATIONS: Final = 4
"""For one piece of work, the first included."""
_FOR_ANOTHER_MODEL: Final = frozenset(
    {FailureKind.REFUSED, FailureKind.MODEL_UNAVAILABLE, FailureKind.MALFORMED}
)


def successor(work: Assignment[T], failed: Failed, deeds: Deeds) -> Assignment[T] | None:
    """Return the work for the next conversation, or nothing when none would fare better."""
    if failed.kind is FailureKind.CONTEXT and failed.may_go_on:
        return _continued(work, "the conversation before grew too long", deeds)
    heirs = work.fallbacks or _named(work, failed)
    if failed.kind in _FOR_ANOTHER_MODEL and heirs:
        model, *others = heirs
        other = replace(work, model=model, fallbacks=tuple(others))
        return _continued(other, "another model began it and could not go on", deeds)
    return None


def _named(work: Assignment[T], failed: Failed) -> tuple[str, ...]:
    """Return the model that the service names for what another declined, if we know it."""
    name = failed.recommended_model
    if name is None or model_id(name) == model_id(work.model):
        return ()
    return (name,) if capabilities_of(name).is_known else ()


def _continued(work: Assignment[T], why: str, deeds: Deeds) -> Assignment[T]:
    number = work.conversation.removeprefix(work.first_conversation).removeprefix("+")
    told = notes.taken_over(why, changed=deeds.changed, latest=deeds.latest, words=deeds.words)
    return replace(
        work,
        conversation=f"{work.first_conversation}+{int(number or 1) + 1}",
        handover=told,
    )
