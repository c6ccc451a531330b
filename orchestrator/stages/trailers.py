"""Commit messages: what was done, and by which task, agent and run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orchestrator.rendering.cleaning import clean
from orchestrator.rendering.markdown import SWITCH

if TYPE_CHECKING:
    from orchestrator.domain.issue import Actor
    from orchestrator.stages.context import RunContext

_SUBJECT_CHARS: Final = 72
TASK_TRAILER: Final = "Orchestrator-Task"
_REFERENCES: Final = (
    re.compile(r"@"),
    re.compile(r"https?://\S+", re.IGNORECASE),
    re.compile(r"(?:#|\bGH-)+(?=\d)", re.IGNORECASE),
    re.compile(rf"(?:\[\s*)+(?={SWITCH})", re.IGNORECASE),
)
"""A merged commit that says `fixes #7` closes issue 7, and one that says `[skip ci]` keeps the
project's own checks from running, whoever made it say so.

In this order: what is left when one is taken out can be made a reference only by those after it.
"""


def commit_message(context: RunContext, title: str, *, agent: str, task_id: int) -> str:
    """Return the message of one task's commit, with its trailers as the last paragraph."""
    trailers = [
        f"{TASK_TRAILER}: {task_id}",
        f"Orchestrator-Agent: {agent}",
        f"Orchestrator-Run: {context.run_id}",
    ]
    credit = co_author(context.requester)
    if credit is not None:
        trailers.append(f"Co-authored-by: {credit}")
    # Before it is cut: half a secret is one that nobody finds any more.
    subject = subject_of(context.redactor.redact(title))
    return "\n".join([subject, "", f"Part of #{context.issue_number}.", "", *trailers]) + "\n"


def subject_of(title: str) -> str:
    """Return a model's title as one plain line: no mention, issue, trailer or switch is in it."""
    text = clean(title).text
    for reference in _REFERENCES:
        text = reference.sub("", text)
    words = " ".join(text.split())
    if len(words) <= _SUBJECT_CHARS:
        return words or "Change"
    return words[: _SUBJECT_CHARS - 1].rstrip() + "…"


def co_author(actor: Actor) -> str | None:
    """Return the requester as git names people; `None` for bots and people unknown to a forge."""
    if actor.is_bot or actor.id is None:
        return None
    return f"{actor.login} <{actor.id}+{actor.login}@users.noreply.github.com>"
