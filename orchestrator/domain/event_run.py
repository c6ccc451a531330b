"""What happens to a run as a whole, and what of it people see."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from orchestrator.domain.event_base import EventBase
from orchestrator.domain.outcome import NoteLevel, Outcome
from orchestrator.domain.requirements import Answer, Question


class RunStarted(EventBase):
    """The run's fixed facts; a second one in a journal means that the run was resumed."""

    kind: Literal["run_started"] = "run_started"
    run_id: str
    version: str
    issue_number: int
    issue_title: str
    issue_url: str
    actor: str
    trigger: str
    repository: str
    base_branch: str
    base_commit: str
    branch: str
    stages: tuple[str, ...]
    outputs: dict[str, str] = Field(default_factory=dict)
    config_digest: str
    settings_digests: dict[str, str] = Field(default_factory=dict)
    """Key → fingerprint, of the settings that finished work rests on."""
    issue_digest: str = ""
    tools: dict[str, str] = Field(default_factory=dict)
    """Program or package that something is measured with → its version."""
    prices_as_of: str = ""
    """Date of the table that money is reckoned by, ISO 8601."""
    dry_run: bool = False
    run_url: str = ""
    triggered_at: str = ""
    """When somebody asked for the run, ISO 8601; empty where the event does not say."""


class LookVerdict(StrEnum):
    """What pre-flight made of one look."""

    PASSED = "passed"
    WARNING = "warning"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class PreflightLooked(EventBase):
    """Pre-flight looked for one kind of trouble; a later look of that name replaces it."""

    kind: Literal["preflight_looked"] = "preflight_looked"
    look: str
    verdict: LookVerdict
    text: str
    hint: str = ""


class QuestionsAsked(EventBase):
    """The run stopped to ask people, once, all questions together."""

    kind: Literal["questions_asked"] = "questions_asked"
    asked_by: str
    why: str
    questions: tuple[Question, ...]
    text_digest: str
    """Of title and body: an edited issue is another one, and its questions are gone."""
    phrase: str = ""
    """How a comment begins that answers and goes on."""
    at: str = ""
    """ISO 8601, only what people write later can be an answer; empty: when it was recorded."""


class QuestionsSettled(EventBase):
    """Every question that was asked has its answer, given or by default; none is asked again."""

    kind: Literal["questions_settled"] = "questions_settled"
    answers: tuple[Answer, ...]


class BranchPushed(EventBase):
    """The branch stands on the forge at this commit."""

    kind: Literal["branch_pushed"] = "branch_pushed"
    branch: str
    commit: str


class PullRequestPublished(EventBase):
    """The pull request was created or updated."""

    kind: Literal["pull_request_published"] = "pull_request_published"
    number: int
    url: str
    operation: Literal["created", "updated"]
    is_draft: bool
    created_at: str = ""
    """When the forge says that it was opened, ISO 8601; empty where nobody asked."""


class ProgressPublished(EventBase):
    """The one progress comment was created or updated."""

    kind: Literal["progress_published"] = "progress_published"
    comment_id: int
    url: str


class Noted(EventBase):
    """Something a person should know."""

    kind: Literal["noted"] = "noted"
    level: NoteLevel
    text: str
    hint: str = ""


class RunEnded(EventBase):
    """The run's last word."""

    kind: Literal["run_ended"] = "run_ended"
    outcome: Outcome
