"""What happens between an agent, its model and its tools."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from orchestrator.domain.event_base import EventBase
from orchestrator.domain.usage import Usage


class TodosWritten(EventBase):
    """An agent's own list of steps as (content, status), for the progress comment."""

    kind: Literal["todos_written"] = "todos_written"
    agent: str
    task_id: int | None
    todos: tuple[tuple[str, str], ...]


class ModelReplied(EventBase):
    """One reply, complete or failed, and what it cost."""

    kind: Literal["model_replied"] = "model_replied"
    conversation: str
    agent: str
    stage: str
    task_id: int | None
    model: str
    effort: str | None
    prompt_digest: str
    stop_reason: str
    usage: Usage
    usd: Decimal
    attempts: int
    request_id: str | None
    duration_s: float
    cache_hit: float | None = None
    """Part of the previous request that was read from the cache: 1 is all; none for the first."""
    cache_miss: str = ""
    """Why it was not all, as far as anybody knows."""


class MessageAppended(EventBase):
    """One message of a transcript, as JSON text."""

    kind: Literal["message_appended"] = "message_appended"
    conversation: str
    role: str
    blocks_json: str


class ToolAnswered(EventBase):
    """One tool call, what it was about in one short line, and how it ended."""

    kind: Literal["tool_answered"] = "tool_answered"
    conversation: str
    agent: str
    task_id: int | None
    tool: str
    subject: str
    is_error: bool
    duration_s: float


class AttemptRefused(EventBase):
    """Somebody asked for something that code does not allow."""

    kind: Literal["attempt_refused"] = "attempt_refused"
    agent: str
    task_id: int | None
    what: str
    why: str
