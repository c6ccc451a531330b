"""What set the run off: GitHub's event file, read as the stranger's data it is.

Four ends: a `Trigger` to check further, `Pushed` where the branch of a pull request of ours
moved, `Ignored` for events that are none of ours, and `Refused` where somebody asked for what
cannot be. Who may trigger is not decided here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from orchestrator.domain.errors import UsageError
from orchestrator.domain.issue import Actor, Trigger, TriggerKind, number_in
from orchestrator.domain.misfits import first_misfit
from orchestrator.forge.asked import Ignored, Pushed, Refused
from orchestrator.forge.event_payloads import (
    CommentPayload,
    DispatchPayload,
    EventPayload,
    IssuePayload,
    PullRequestPayload,
    PushPayload,
)
from orchestrator.forge.issue_numbers import parse_issue_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.forge.asked import Asked, TriggerRules

PayloadT = TypeVar("PayloadT", bound=EventPayload)

_SHOWN = 80
"""Characters of a stranger's word in one line of a message."""
_LARGEST_BYTES = 25_000_000
"""GitHub sends no event larger than this."""
_WORKFLOW_BOT = "github-actions[bot]"
_HOW_TO_START = (
    "Start the workflow on issues (opened, labeled), issue_comment (created) or "
    "workflow_dispatch with the input issue-number."
)
_PULL_REQUEST_EVENTS = (
    "pull_request",
    "pull_request_target",
    "pull_request_review",
    "pull_request_review_comment",
)


def parse_event(name: str, payload: bytes, *, rules: TriggerRules, actor: str = "") -> Asked:
    """Return what the event asks for.

    Args:
        name: What GITHUB_EVENT_NAME says.
        payload: The bytes of the file that GITHUB_EVENT_PATH names.
        rules: What counts as asking.
        actor: What GITHUB_ACTOR says; used where a dispatch names no sender.

    Raises:
        UsageError: The payload is not such an event, or a number in it is none.
    """
    document = _parsed(payload)
    if name in _PULL_REQUEST_EVENTS:
        return _pull_request(name, _read(PullRequestPayload, document, name))
    reader = _READERS.get(name)
    if reader is None:
        return Refused(
            reason=f"The event {name!r} does not name an issue.",
            hint=_HOW_TO_START,
        )
    result = reader(document, rules, actor)
    if isinstance(result, Trigger):
        return _unless_bot(result, rules) or result
    return result


def _dispatch(
    document: Mapping[str, object], rules: TriggerRules, actor: str
) -> Trigger | Ignored | Refused:
    payload = _read(DispatchPayload, document, "workflow_dispatch")
    text = rules.issue_number or payload.issue_number
    if not text:
        return Refused(
            reason="The workflow was dispatched without an issue number.",
            hint="Give the workflow an input `issue-number`, or set the action's input "
            "`issue-number`.",
        )
    who = payload.sender.as_actor() if payload.sender else Actor(login=actor)
    if not who.login:
        raise UsageError(
            "The event does not say who dispatched the workflow.",
            hint="Run the action in GitHub Actions, where GITHUB_ACTOR is set.",
        )
    number = parse_issue_number(text)
    return Trigger(kind=TriggerKind.DISPATCH, issue_number=number, actor=who)


def _issues(
    document: Mapping[str, object], rules: TriggerRules, _actor: str
) -> Trigger | Ignored | Refused:
    payload = _read(IssuePayload, document, "issues")
    if payload.action == "labeled":
        label = payload.label.name if payload.label else ""
        if label.casefold() != rules.label.casefold():
            return Ignored(reason=f"The label {label!r} is not {rules.label!r}.")
        return _about(TriggerKind.LABELED, payload, rules)
    if payload.action == "opened":
        return _about(TriggerKind.OPENED, payload, rules)
    return Ignored(reason=f"The action {payload.action!r} on an issue starts no run.")


def _comment(
    document: Mapping[str, object], rules: TriggerRules, _actor: str
) -> Trigger | Ignored | Refused:
    payload = _read(CommentPayload, document, "issue_comment")
    if payload.action != "created":
        return Ignored(reason=f"The action {payload.action!r} on a comment starts no run.")
    if payload.comment.body.split(maxsplit=1)[:1] != [rules.phrase]:
        return Ignored(reason=f"The comment does not begin with {rules.phrase!r}.")
    return _about(TriggerKind.COMMENT, payload, rules)


def _about(
    kind: TriggerKind, payload: IssuePayload | CommentPayload, rules: TriggerRules
) -> Trigger | Refused:
    issue = payload.issue.as_issue()
    if issue.is_pull_request:
        return Refused(
            reason=f"#{issue.number} is a pull request, not an issue.",
            hint="Ask on the issue that describes the work.",
        )
    if rules.issue_number and parse_issue_number(rules.issue_number) != issue.number:
        return Refused(
            reason=f"The event is about issue #{issue.number}, "
            f"but the input issue-number says {rules.issue_number!r}.",
            hint="Leave the input issue-number empty for events of issues and comments.",
        )
    return Trigger(
        kind=kind,
        issue_number=issue.number,
        actor=payload.sender.as_actor(),
        comment=payload.comment.as_comment() if isinstance(payload, CommentPayload) else None,
        seen_issue=issue,
    )


def _push(
    document: Mapping[str, object], rules: TriggerRules, _actor: str
) -> Pushed | Ignored | Refused:
    """Read the name alone: whoever may push could do more than this starts."""
    ref = _read(PushPayload, document, "push").ref
    prefix = f"refs/heads/{rules.branch_prefix}"
    if not ref.startswith(prefix):
        return Refused(
            reason="The event 'push' starts no run, and this branch is none of ours: "
            f"{ref[:_SHOWN]!r}.",
            hint=f"Let the workflow listen to pushes on {rules.branch_prefix}issue-* only. "
            f"{_HOW_TO_START}",
        )
    name = ref.removeprefix(prefix)
    number = number_in(name.removeprefix("issue-"))
    if number is None or name != f"issue-{number}":
        return Ignored(reason=f"No run pushes to a branch of this name: {ref[:_SHOWN]!r}.")
    return Pushed(branch=ref.removeprefix("refs/heads/"), issue_number=number)


def _pull_request(name: str, payload: PullRequestPayload) -> Refused:
    origin = " from a fork" if payload.is_from_fork else ""
    return Refused(
        reason=f"The event {name!r}{origin} does not start a run: strangers write its code.",
        hint="Start the workflow on issues, issue_comment or workflow_dispatch instead.",
    )


def _unless_bot(trigger: Trigger, rules: TriggerRules) -> Ignored | None:
    """Our own comments and labels come from the workflow's bot: they must never start a run."""
    actor = trigger.actor
    if not actor.is_bot and not actor.login.endswith("[bot]"):
        return None
    if actor.login == _WORKFLOW_BOT and trigger.kind is not TriggerKind.DISPATCH:
        return Ignored(reason=f"{actor.login!r} is this workflow's own user.")
    if actor.login in rules.allowed_bots:
        return None
    return Ignored(reason=f"The bot {actor.login!r} is not in the input allowed-bots.")


def _parsed(payload: bytes) -> Mapping[str, object]:
    hint = "Run the action in GitHub Actions, where GITHUB_EVENT_PATH names the event's file."
    if len(payload) > _LARGEST_BYTES:
        raise UsageError(
            f"The event's file holds {len(payload):,} bytes; GitHub's hold {_LARGEST_BYTES:,} "
            "at most.",
            hint=hint,
        )
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The event's file is not JSON: {error}.", hint=hint) from error
    if not isinstance(document, dict):
        raise UsageError("The event's file holds no JSON object.", hint=hint)
    return document


def _read(shape: type[PayloadT], document: Mapping[str, object], name: str) -> PayloadT:
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise UsageError(
            f"The event's file is not of the event {name!r}: "
            f"{first_misfit(error, whole='the file')}.",
            hint="Check that GITHUB_EVENT_NAME and GITHUB_EVENT_PATH belong together.",
        ) from error


_READERS: Mapping[str, Callable[[Mapping[str, object], TriggerRules, str], Asked]] = {
    "workflow_dispatch": _dispatch,
    "issues": _issues,
    "issue_comment": _comment,
    "push": _push,
}
