"""The shapes of the events we know, read tolerantly: GitHub adds keys, strangers fill values."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from orchestrator.forge.github_answers import (
    CommentAnswer,
    IssueAnswer,
    LabelAnswer,
    RefAnswer,
    UserAnswer,
)

_INPUT_NAMES = ("issue-number", "issue_number")


class EventPayload(BaseModel):
    """What every event shares."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _as_text(value: object) -> object:
    """Inputs of type `number` come as numbers; everything else that is not text is refused."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _or_none(value: object) -> object:
    return {} if value is None else value


class DispatchPayload(EventPayload):
    """Somebody pressed the button, or called the API."""

    sender: UserAnswer | None = None
    inputs: Annotated[dict[str, object], BeforeValidator(_or_none)] = Field(default_factory=dict)

    @property
    def issue_number(self) -> str:
        """What was typed, or nothing."""
        for name in _INPUT_NAMES:
            value = _as_text(self.inputs.get(name))
            if isinstance(value, str) and value.strip():
                return value
        return ""


class IssuePayload(EventPayload):
    """Something happened to an issue."""

    action: str
    issue: IssueAnswer
    sender: UserAnswer
    label: LabelAnswer | None = None


class CommentPayload(EventPayload):
    """Something happened to a comment."""

    action: str
    issue: IssueAnswer
    comment: CommentAnswer
    sender: UserAnswer


class PushPayload(EventPayload):
    """Somebody set a branch or a tag; where it stands now is asked, not read here."""

    ref: str


class PullRequestEnds(EventPayload):
    """The two ends of a pull request; a deleted fork leaves no repository."""

    head: RefAnswer
    base: RefAnswer


class PullRequestPayload(EventPayload):
    """Something happened to a pull request."""

    pull_request: PullRequestEnds

    @property
    def is_from_fork(self) -> bool:
        """Whether the branch lives in another repository."""
        head, base = self.pull_request.head.repo, self.pull_request.base.repo
        return head is None or base is None or head.full_name != base.full_name
