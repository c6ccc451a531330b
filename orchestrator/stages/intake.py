"""Who asked, for what: nothing is read, spent or written before this says yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import NotAuthorisedError, NotFoundError, UsageError
from orchestrator.domain.issue import TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.domain.issue import Actor, Comment, Issue, Trigger
    from orchestrator.forge.forge import ForgeReader


MARKER = "<!-- orchestrator:issue-"
"""How the progress comment begins."""
_COMMAND_WORDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """An issue that somebody with the right to ask has asked for."""

    issue: Issue
    comments: tuple[Comment, ...]
    """Those of people who may write here, oldest first; nobody else's reaches an agent."""


def admit(
    reader: ForgeReader,
    trigger: Trigger,
    *,
    allowed_bots: Sequence[str],
    changed_since: Callable[[Trigger, Issue], bool],
    phrase: str = "/orchestrate",
) -> Admitted:
    """Check the actor, then the issue, and return what agents may be shown of it.

    Args:
        reader: The forge.
        trigger: Who asked for which issue.
        allowed_bots: Exact logins of bots that may ask; they need write permission too.
        changed_since: Whether title or body differ from what the trigger showed.
        phrase: How a comment begins that starts a run.

    Raises:
        NotAuthorisedError: The actor may not ask, or the forge did not say that it may.
        UsageError: There is no such open issue, or it was edited after the trigger.
        ForgeError: The forge failed.
    """
    _check_actor(reader, trigger.actor, trigger.kind, allowed_bots)
    issue = _open_issue(reader, trigger.issue_number)
    if changed_since(trigger, issue):
        raise UsageError(
            f"Issue #{issue.number} was edited after the run was asked for, so the text that was "
            "approved is no longer there.",
            hint="Read the issue as it stands now and trigger the run again.",
        )
    return Admitted(issue=issue, comments=_comments_of_writers(reader, issue.number, phrase))


def _check_actor(
    reader: ForgeReader, actor: Actor, kind: TriggerKind, allowed_bots: Sequence[str]
) -> None:
    if kind is TriggerKind.LOCAL:
        return
    if actor.is_bot and actor.login not in allowed_bots:
        raise NotAuthorisedError(
            f"The bot {actor.login!r} may not set off a run.",
            hint="If you trust it, add its exact login to the input `allowed-bots`.",
        )
    permission = reader.permission(actor.login)
    if not permission.can_write:
        raise NotAuthorisedError(
            f"{actor.login!r} has {permission.value!r} permission here; a run needs write.",
            hint="Ask somebody with write permission to add the label or start the workflow.",
        )


def _open_issue(reader: ForgeReader, number: int) -> Issue:
    try:
        issue = reader.issue(number)
    except NotFoundError as error:
        raise UsageError(
            f"There is no issue #{number} in {reader.repository().full_name}.",
            hint="Check the number; the token also needs `issues: read`.",
        ) from error
    if issue.is_pull_request:
        raise UsageError(
            f"#{number} is a pull request, not an issue.",
            hint="Give the number of the issue that describes the work.",
        )
    if not issue.is_open:
        raise UsageError(
            f"Issue #{number} is closed.", hint="Reopen it if the work is still wanted."
        )
    return issue


def _comments_of_writers(reader: ForgeReader, number: int, phrase: str) -> tuple[Comment, ...]:
    # With a person's token our own progress comment is theirs, and it is no part of the issue.
    comments = [
        item
        for item in reader.comments(number)
        if not item.body.startswith(MARKER) and not _is_command(item.body, phrase)
    ]
    people = {comment.author.login for comment in comments if not comment.author.is_bot}
    writers = {login for login in people if reader.permission(login).can_write}
    return tuple(comment for comment in comments if comment.author.login in writers)


def _is_command(body: str, phrase: str) -> bool:
    """Tell whether a comment only starts a run: it says nothing about the work, and changes none.

    A word behind the phrase may be the name of a command, and has no digits then: `1:yes` answers
    a question. More than one are about the work.
    """
    words = body.split()
    is_answer = any(letter.isdigit() for word in words[1:] for letter in word)
    return words[:1] == [phrase] and len(words) <= _COMMAND_WORDS and not is_answer
