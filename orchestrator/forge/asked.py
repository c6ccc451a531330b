"""What an event can ask for, and what counts as asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from orchestrator.domain.issue import Issue, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRules:
    """What counts as asking for a run."""

    label: str = "orchestrate"
    phrase: str = "/orchestrate"
    """Must be the first word of the comment."""
    allowed_bots: tuple[str, ...] = ()
    """Exact logins; no pattern, no prefix."""
    issue_number: str = ""
    """The action's input; where it is set, it must be the number that the event is about."""
    branch_prefix: str = "orchestrator/"
    """How the name of a branch of ours begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Somebody moved a branch that is named like one of ours; it starts no run."""

    branch: str
    issue_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """The event asks nothing of us."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The event asks for what may not or cannot be done."""

    reason: str
    hint: str


Asked: TypeAlias = Trigger | Pushed | Ignored | Refused


def changed_since(trigger: Trigger, issue_now: Issue) -> bool:
    """Return whether title or body were edited after the event; no, if it showed no issue."""
    seen = trigger.seen_issue
    if seen is None:
        return False
    return (seen.title, _lines(seen.body)) != (issue_now.title, _lines(issue_now.body))


def _lines(text: str) -> list[str]:
    return text.rstrip().splitlines()
