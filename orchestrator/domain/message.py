"""What goes to the model and what comes back.

Blocks are kept as the raw JSON objects of the wire, verbatim, unknown kinds included:
the history sent to the model is append-only and bound to its exact bytes
(facts: preserved thinking), so nothing may be parsed and re-assembled on the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.usage import Spend, Usage


class Effort(StrEnum):
    """How hard the model thinks; fixed for a whole conversation."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class StopReason(StrEnum):
    """Why a complete reply ended; a value the API adds later arrives as UNKNOWN."""

    END_TURN = "end_turn"
    TOOL_USE = "tool_use"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    PAUSE_TURN = "pause_turn"
    REFUSAL = "refusal"
    CONTEXT_EXCEEDED = "model_context_window_exceeded"
    COMPACTION = "compaction"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn: raw content blocks, in wire order."""

    role: Literal["user", "assistant"]
    blocks: tuple[JsonObject, ...]
    blocks_json: str = field(init=False, repr=False, compare=False)
    """The blocks as compact JSON text, keys as they came; half characters are `?`."""
    turn_json: bytes = field(init=False, repr=False, compare=False)
    """The whole turn, `{"role":…,"content":…}`, as it stands in a request."""

    def __post_init__(self) -> None:
        """Write the blocks down once.

        Every later request, the journal and the estimate of a bill take them from here, so that
        a turn costs no more at the end of a long conversation than at its beginning.
        """
        text = compact_json(self.blocks)
        written = text.encode("utf-8", "replace")
        if not text.isascii():
            text = written.decode("utf-8")
        turn = b'{"role":"%s","content":%s}' % (self.role.encode(), written)
        object.__setattr__(self, "blocks_json", text)
        object.__setattr__(self, "turn_json", turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """What a tool is to the model; `input_schema` is a JSON schema with sorted, stable bytes."""

    name: str
    description: str
    input_schema: JsonObject = field(hash=False)
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call the model asked for; `arguments` is whatever JSON it sent, unchecked."""

    id: str
    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The answer to one call, as text for the model."""

    call_id: str
    text: str
    is_error: bool = False

    def as_block(self) -> JsonObject:
        """Return the wire block."""
        block: dict[str, str | bool] = {
            "type": "tool_result",
            "tool_use_id": self.call_id,
            "content": self.text,
        }
        if self.is_error:
            block["is_error"] = True
        return block


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """Everything one request consists of.

    The first block of `messages[0]` is the shared repository brief, byte-identical for
    all agents of one run; the task's own text follows in later blocks. The window puts
    cache breakpoints on the last `system` block, on the shared blocks and at the tail.
    """

    model: str
    effort: Effort | None
    system: tuple[str, ...]
    tools: tuple[ToolSpec, ...]
    messages: tuple[Message, ...]
    max_tokens: int = 64_000
    shared_blocks: int = 1
    """How many blocks of the first message others begin with, too; the task is none of them."""
    may_idle: bool = False
    """Whether more than five minutes may pass before the next request of the conversation."""
    has_followers: bool = False
    """Whether others begin alike, but only more than five minutes later."""
    previous_message_id: str | None = None
    """Id of the reply before, so that the service can tell why its cache was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete reply: `message_stop` was seen and a stop reason is set."""

    message: Message
    stop_reason: StopReason
    spend: Spend
    """What this reply and the failed attempts before it cost together."""
    usage: Usage | None = None
    """Of this reply alone; `None` means that nothing else was spent."""
    request_id: str | None
    attempts: int
    """HTTP attempts made, 1 when the first one worked."""
    detail: str | None = None
    """Refusal category or the raw value of an unknown stop reason."""
    message_id: str | None = None
    cache_miss: str | None = None
    """Why the service could not read the previous request from its cache, in its own word."""
    recommended_model: str | None = None
    """After a refusal: the model that the service names instead."""

    @property
    def own_usage(self) -> Usage:
        """What this reply used, without the attempts before it."""
        return self.spend.usage if self.usage is None else self.usage

    @property
    def text(self) -> str:
        """All text blocks, joined by blank lines; empty if there are none."""
        return "\n\n".join(
            str(block["text"]) for block in self.message.blocks if block.get("type") == "text"
        )

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls asked for, in order."""
        return tuple(
            ToolCall(id=str(block["id"]), name=str(block["name"]), arguments=_arguments(block))
            for block in self.message.blocks
            if block.get("type") == "tool_use"
        )


def _arguments(block: JsonObject) -> JsonObject:
    value = block.get("input")
    return value if isinstance(value, dict) else {}


def compact_json(value: Json | tuple[JsonObject, ...]) -> str:
    """Return a value as JSON text without blanks, keys in the order they came."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)
