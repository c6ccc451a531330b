"""Builders for requests, scenarios and the real window in front of the double."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pydantic import SecretStr

from orchestrator.domain.message import Effort, Message, ModelRequest, ToolResult, ToolSpec
from orchestrator.llm.claude import Claude
from orchestrator.llm.connection import Connection, Timeouts
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.signin import ApiKey
from tests.doubles.clock import SteppingClock
from tests.doubles.messages_api import API_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import Reply
    from orchestrator.llm.exchange import Service
    from orchestrator.llm.signin import SignIn

    Connect = Callable[[SignIn, str | None, Timeouts], Service]

READ = ToolSpec(
    name="Read",
    description="Read a file of the repository and return its lines with their numbers.",
    input_schema={
        "type": "object",
        "required": ["file_path"],
        "properties": {"file_path": {"type": "string"}},
        "additionalProperties": False,
    },
)
SUBMIT = ToolSpec(
    name="Submit",
    description="Hand in the result of the task; the conversation ends with it.",
    input_schema={
        "type": "object",
        "properties": {"summary": {"type": "string"}},
        "required": ["summary"],
        "additionalProperties": False,
    },
    strict=True,
)


def user(*texts: str) -> Message:
    """Return a user turn of text blocks."""
    return Message(role="user", blocks=tuple({"type": "text", "text": text} for text in texts))


def request(
    *messages: Message,
    model: str = "claude-opus-5-5",
    effort: Effort | None = Effort.MEDIUM,
    max_tokens: int = 64_000,
    tools: tuple[ToolSpec, ...] = (READ, SUBMIT),
    system: tuple[str, ...] = ("You work in a team.", "You change code with care."),
) -> ModelRequest:
    """Return a request as an agent would make it."""
    return ModelRequest(
        model=model,
        effort=effort,
        system=system,
        tools=tools,
        messages=messages or (user("The repository has a page.", "Make the page dark."),),
        max_tokens=max_tokens,
    )


def answered(before: ModelRequest, reply: Reply, text: str = "done") -> ModelRequest:
    """Return the next request: the reply, then a result for each call or a plain text."""
    results = tuple(ToolResult(call_id=call.id, text=text).as_block() for call in reply.tool_calls)
    blocks: tuple[JsonObject, ...] = results or ({"type": "text", "text": text},)
    turn = Message(role="user", blocks=blocks)
    return ModelRequest(
        model=before.model,
        effort=before.effort,
        system=before.system,
        tools=before.tools,
        messages=(*before.messages, reply.message, turn),
        max_tokens=before.max_tokens,
    )


def scenario(*replies: Json, contains: Sequence[str] = (), name: str = "page") -> Scenario:
    """Return a scenario of one conversation."""
    when: Json = {"contains": list(contains)}
    conversation: Json = {"name": name, "when": when, "replies": list(replies)}
    return Scenario.parse({"conversations": [conversation]}, source="a test")


USAGE: Json = {"input_tokens": 1_000, "output_tokens": 100}
"""What the reply of `failing` uses."""


def failing(*faults: Json) -> Scenario:
    """Return a scenario of one reply after so many faults."""
    return scenario({"text": "at last, a reply", "usage": USAGE, "faults": list(faults)})


@contextlib.contextmanager
def claude(
    url: str,
    *,
    clock: SteppingClock | None = None,
    api_key: str = API_KEY,
    read_s: float = 5.0,
    timeouts: Timeouts | None = None,
    sign_in: SignIn | None = None,
    connect: Connect = Connection,
) -> Iterator[Claude]:
    """Open the real window on a double, with a clock that does not wait."""
    window = Claude(
        sign_in=sign_in or ApiKey(key=SecretStr(api_key)),
        clock=clock or SteppingClock(),
        jitter=lambda: 0.5,
        base_url=url,
        timeouts=timeouts or Timeouts(read_s=read_s),
        connect=connect,
    )
    try:
        yield window
    finally:
        window.close()
