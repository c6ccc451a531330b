"""A reply in the making, put together from the events of its stream.

The library's own accumulator drops parts of blocks it does not know, repairs truncated
JSON into calls nobody made, and takes a stream that just ends for a reply. Blocks come
out of here as they came in, or not at all.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, cast

from orchestrator.domain.errors import MalformedReplyError
from orchestrator.domain.message import StopReason, ToolCall
from orchestrator.domain.usage import Usage
from orchestrator.llm.arriving import ArrivingObject
from orchestrator.llm.failure import parsed
from orchestrator.llm.llm import nobody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.llm import Arrivals

_TOKENS_PER_CHAR = Fraction(5, 14)
"""Of the current tokenizer (2.8 characters each); erring on the side of more tokens."""

_UNSEEN_TOKENS_PER_S = 60
"""What a model thinks in a second, about."""

_NEEDED = {"text": ("text",), "tool_use": ("id", "name")}
_WRITTEN = ("text", "thinking", "signature", "partial_json")
"""The parts of a delta that are output; of a thought that is not shown there is its signature."""


class Draft:
    """Collect one stream; asking for the blocks or the stop reason needs `is_complete`."""

    def __init__(self, arrivals: Arrivals = nobody, *, most_tokens: int = 0) -> None:
        """Begin with nothing; `arrivals` hears of each call as soon as its block has ended.

        Args:
            arrivals: See `llm.Model`.
            most_tokens: How long the reply may be.
        """
        self._most_tokens = most_tokens
        self._on_calls = arrivals
        self.stop_reason: str | None = None
        self.stop_details: Json = None
        self.message_id: str | None = None
        self.cache_miss: str | None = None
        """Why the service could not reuse the previous request's prefix, in its own word."""
        self.begun_s = 0.0
        self.heard_s = 0.0
        """When it began and when something was heard last, for who measures."""
        self._has_ended = False
        self._blocks: list[dict[str, Json]] = []
        self._inputs: dict[int, str] = {}
        self._arriving: dict[int, ArrivingObject] = {}
        self._usage: dict[str, Json] = {}
        self._chars = 0
        self._calls: list[ToolCall] = []

    @property
    def has_begun(self) -> bool:
        """Whether `message_start` was seen."""
        return bool(self._usage)

    @property
    def is_complete(self) -> bool:
        """Whether `message_stop` was seen and a stop reason is set."""
        return self._has_ended and self.stop_reason is not None

    @property
    def is_in_country(self) -> bool:
        """Whether the request was served in one country at that country's price."""
        return self._usage.get("inference_geo") == "us"

    @property
    def is_fast(self) -> bool:
        """Whether the request was served in fast mode."""
        return self._usage.get("speed") == "fast"

    def add(self, event: JsonObject) -> None:
        """Take in one event; unknown kinds are passed over.

        Raises:
            MalformedReplyError: The event does not fit what came before it, or the input of a
                tool call can no more become a JSON object.
        """
        try:
            self._take(event)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise malformed(f"an event of the stream is not as documented ({error!r})") from error

    @property
    def is_thinking(self) -> bool:
        """Whether a thought goes on of which nothing is shown, not even its length."""
        latest = self._blocks[-1] if self._blocks else {}
        shown = latest.get("thinking") or latest.get("signature")
        return latest.get("type") == "thinking" and not shown

    def usage(self, *, elapsed_s: float = 0.0) -> Usage:
        """Return what is billed so far; output of an unfinished stream is estimated.

        Args:
            elapsed_s: Since the reply began, for a thought that is not shown.
        """
        written = self._count("cache_creation_input_tokens")
        split = self._usage.get("cache_creation")
        short = _count(split, "ephemeral_5m_input_tokens") if isinstance(split, dict) else 0
        output = self._count("output_tokens")
        if not self.is_complete:
            thought = min(round(elapsed_s * _UNSEEN_TOKENS_PER_S), self._most_tokens)
            output = max(output, estimated_tokens(self._chars), thought if self.is_thinking else 0)
        return Usage(
            input_tokens=self._count("input_tokens"),
            cache_read_tokens=self._count("cache_read_input_tokens"),
            cache_write_5m_tokens=min(short, written),
            cache_write_1h_tokens=max(0, written - short),
            output_tokens=output,
        )

    def blocks(self) -> tuple[JsonObject, ...]:
        """Return the content, verbatim but for what the service sends and does not take back.

        That is: texts of white space alone, a tool call that the stop cut off in the middle of
        its input and a thought that it cut off before its signature, which are left out, and half
        characters, which become `�`.

        Raises:
            MalformedReplyError: A reply that asks for tools has a call with broken input, or a
                block lacks what makes it one.
        """
        if not all(map(_is_sound, self._blocks)):
            raise malformed("a block of the reply is not as documented")
        broken = {at for at, text in self._inputs.items() if _parsed(text) is None}
        if broken and self.stop_reason == StopReason.TOOL_USE:
            raise malformed("the input of a tool call is not a JSON object")
        return tuple(
            cast("JsonObject", whole_characters(self._finished(at, block)))
            for at, block in enumerate(self._blocks)
            if at not in broken and not is_blank(block) and not self._is_cut_thought(block)
        )

    def _is_cut_thought(self, block: JsonObject) -> bool:
        is_thought = block.get("type") == "thinking" and not block.get("signature")
        return is_thought and self.stop_reason == StopReason.MAX_TOKENS

    def _finished(self, at: int, block: JsonObject) -> JsonObject:
        if at not in self._inputs:
            return block
        return {**block, "input": _parsed(self._inputs[at])}

    def _take(self, event: JsonObject) -> None:
        match event["type"]:
            case "message_start":
                self._begin(cast("JsonObject", event["message"]))
            case "content_block_start":
                self._blocks.append({**cast("JsonObject", event["content_block"])})
            case "content_block_delta":
                self._grow(cast("int", event["index"]), cast("JsonObject", event["delta"]))
            case "content_block_stop":
                self._end_block(cast("int", event["index"]))
            case "message_delta":
                delta = cast("JsonObject", event["delta"])
                self.stop_reason = cast("str | None", delta.get("stop_reason"))
                self.stop_details = delta.get("stop_details")
                self._bill(event.get("usage"))
            case "message_stop":
                self._has_ended = True

    def _grow(self, at: int, delta: JsonObject) -> None:
        block = self._blocks[at]
        self._chars += sum(len(str(delta.get(key, ""))) for key in _WRITTEN)
        if delta["type"] == "input_json_delta":
            self._grow_input(at, cast("str", delta["partial_json"]))
            return
        if delta["type"] == "citations_delta":
            earlier = cast("list[Json]", block.get("citations") or [])
            block["citations"] = [*earlier, delta["citation"]]
            return
        for key, part in delta.items():
            if key != "type":
                before = block.get(key)
                is_text = isinstance(before, str) and isinstance(part, str)
                block[key] = cast("str", before) + cast("str", part) if is_text else part

    def _begin(self, message: JsonObject) -> None:
        self._bill(message["usage"])
        self.message_id = cast("str | None", message.get("id"))
        diagnostics = message.get("diagnostics")
        reason = diagnostics.get("cache_miss_reason") if isinstance(diagnostics, dict) else None
        if isinstance(reason, dict):
            self.cache_miss = str(reason.get("type"))

    def _grow_input(self, at: int, part: str) -> None:
        self._inputs[at] = self._inputs.get(at, "") + part
        if not self._arriving.setdefault(at, ArrivingObject()).takes(part):
            raise malformed("the input of a tool call is not a JSON object")

    def _end_block(self, at: int) -> None:
        block = self._finished(at, self._blocks[at])
        arguments = block.get("input")
        if block.get("type") == "tool_use" and isinstance(arguments, dict):
            call_id, name = str(block["id"]), str(block["name"])
            given = cast("JsonObject", whole_characters(arguments))
            self._calls.append(ToolCall(id=call_id, name=name, arguments=given))
            self._on_calls(tuple(self._calls))

    def _bill(self, usage: Json) -> None:
        """Take in cumulative counts: later ones replace earlier ones, absent ones do not."""
        if isinstance(usage, dict):
            self._usage.update({key: value for key, value in usage.items() if value is not None})

    def _count(self, key: str) -> int:
        return _count(self._usage, key)


def _is_sound(block: JsonObject) -> bool:
    """Tell whether a block has what everybody reads of its kind; others may hold what they like."""
    needed = _NEEDED.get(str(block.get("type")), ())
    return all(isinstance(block.get(key), str) for key in needed)


def is_blank(block: JsonObject) -> bool:
    """Tell whether a block is text without any sign, which the service does not take."""
    return block.get("type") == "text" and not str(block.get("text")).strip()


def estimated_tokens(chars: int) -> int:
    """Return how many tokens so many characters are, rounded up."""
    return ceil(chars * _TOKENS_PER_CHAR)


def whole_characters(value: Json) -> Json:
    """Join halves of characters that came apart, and replace those that are alone.

    A lone surrogate in a request is refused as invalid JSON, and would be in every later one.
    """
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {str(whole_characters(key)): whole_characters(part) for key, part in value.items()}
    if isinstance(value, list):
        return [whole_characters(part) for part in value]
    return value


def malformed(what: str) -> MalformedReplyError:
    """Return the error for one reply that is not what it should be."""
    return MalformedReplyError(what, hint="The request is sent again.")


def _count(usage: Mapping[str, Json], key: str) -> int:
    value = usage.get(key)
    # Gateways that subtract what was cached have been seen to go below nothing.
    return max(0, value) if isinstance(value, int) else 0


def _parsed(text: str) -> JsonObject | None:
    value = parsed(text or "{}")
    return value if isinstance(value, dict) else None
