"""A scenario being played: who is talking to us, which reply comes next, what was left over.

Shared by the scripted model and by the HTTP stand-in of the tests, so both tell one story.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import accumulate
from queue import SimpleQueue
from typing import TYPE_CHECKING, cast

from orchestrator.domain.errors import ModelRejectedError
from orchestrator.domain.usage import Usage
from orchestrator.llm.draft import estimated_tokens
from orchestrator.llm.translate import unmarked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.scenario import Conversation, Scenario, ScriptedReply

_SHOWN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """The reply that a request gets."""

    conversation: str
    """Name of the conversation in the scenario."""
    first_message: str
    """Digest of the first user message, the conversation's identity."""
    index: int
    reply: ScriptedReply
    blocks: tuple[JsonObject, ...]
    """The content of the reply; a truncated last call has its whole input here."""
    usage: Usage


class Playback:
    """One performance of a scenario; safe to ask from several threads."""

    def __init__(self, scenario: Scenario) -> None:
        """Put every conversation in place, none taken yet."""
        self._scenario = scenario
        self._free = [conversation.times for conversation in scenario.conversations]
        self._taken: dict[str, int] = {}
        self._asked: set[tuple[int, int]] = set()
        self._seen: set[str] = set()
        self._unexpected: list[str] = []
        # A queue of one place keeps two threads from taking one conversation.
        self._turn: SimpleQueue[None] = SimpleQueue()
        self._turn.put(None)

    def cue(self, body: Mapping[str, Json]) -> Cue:
        """Return the reply to a request body as it goes over the wire.

        Raises:
            ModelRejectedError: The scenario has no (further) reply for this conversation.
        """
        self._turn.get()
        try:
            return self._cue(cast("Mapping[str, Json]", unmarked(body)), _lasting(body))
        finally:
            self._turn.put(None)

    def unused(self) -> tuple[str, ...]:
        """Return what the scenario still holds, one sentence each, in scenario order."""
        left: list[str] = []
        for at, conversation in enumerate(self._scenario.conversations):
            if self._free[at]:
                left.append(
                    f"conversation {conversation.name!r} was begun "
                    f"{conversation.times - self._free[at]} of {conversation.times} times"
                )
            if self._free[at] < conversation.times:
                left.extend(
                    f"reply {index} of conversation {conversation.name!r} was never asked for"
                    for index in range(len(conversation.replies))
                    if (at, index) not in self._asked
                )
        return tuple(left)

    def unexpected(self) -> tuple[str, ...]:
        """Return every request that the scenario had no reply for, one sentence each."""
        return tuple(self._unexpected)

    def _cue(self, body: Mapping[str, Json], lasting: int | None) -> Cue:
        messages = cast("Sequence[JsonObject]", body["messages"])
        first_blocks = messages[0]["content"]
        digest = _digest(first_blocks)
        text = _text_of(first_blocks)
        at = self._conversation(digest, text)
        conversation = self._scenario.conversations[at]
        index = sum(1 for message in messages if message["role"] == "assistant")
        if index >= len(conversation.replies):
            raise self._refusal(
                f"The conversation {conversation.name!r} of the scenario has "
                f"{len(conversation.replies)} replies; one more was asked for. "
                f"The last message was: {_text_of(messages[-1]['content'])[-_SHOWN:]!r}",
            )
        self._asked.add((at, index))
        reply = conversation.replies[index]
        blocks = _blocks(reply, f"{digest[:12]}_{index}")
        return Cue(
            conversation=conversation.name,
            first_message=digest,
            index=index,
            reply=reply,
            blocks=blocks,
            usage=self._usage(body, lasting, reply, blocks),
        )

    def _conversation(self, digest: str, text: str) -> int:
        if digest in self._taken:
            return self._taken[digest]
        for at, conversation in enumerate(self._scenario.conversations):
            if self._free[at] and conversation.when.matches(text):
                self._free[at] -= 1
                self._taken[digest] = at
                return at
        raise self._refusal(
            "The scenario has no free conversation for a first message that begins "
            f"{text[:_SHOWN]!r}. {_offers(self._scenario.conversations, self._free)}",
        )

    def _refusal(self, what: str) -> ModelRejectedError:
        self._unexpected.append(what)
        return ModelRejectedError(
            what, hint="Add the conversation or reply to the scenario, or correct its `when`."
        )

    def _usage(
        self,
        body: Mapping[str, Json],
        lasting: int | None,
        reply: ScriptedReply,
        blocks: Sequence[JsonObject],
    ) -> Usage:
        """Return the scripted counts, or what a cache that never forgets would have done."""
        if reply.usage is not None:
            return Usage(**reply.usage.model_dump())
        messages = cast("Sequence[JsonObject]", body["messages"])
        first = cast("Sequence[JsonObject]", messages[0]["content"])
        shared: Json = [body.get("model"), body.get("tools"), body.get("system")]
        parts: list[Json] = [shared, *first, *messages[1:]]
        sizes = [_tokens(part) for part in parts]
        marks = list(accumulate(parts, lambda mark, part: _digest([mark, part]), initial=""))[1:]
        hits = [at for at, mark in enumerate(marks) if mark in self._seen]
        self._seen.update(marks)
        known = hits[-1] + 1 if hits else 0
        written_1h = sum(sizes[known:lasting])
        return Usage(
            cache_read_tokens=sum(sizes[:known]),
            cache_write_1h_tokens=written_1h,
            cache_write_5m_tokens=sum(sizes[known:]) - written_1h,
            output_tokens=_tokens(blocks),
        )


def _lasting(body: Mapping[str, Json]) -> int | None:
    """Return how many parts of a request are to be kept for an hour; `None` for all."""
    if '"1h"' in json.dumps(body.get("cache_control")):
        return None
    first = cast("Sequence[Mapping[str, Json]]", body["messages"])[0]["content"]
    parts = (body.get("system"), *cast("Sequence[Json]", first))
    return max((at for at, part in enumerate(parts, 1) if '"1h"' in json.dumps(part)), default=0)


def _offers(conversations: Sequence[Conversation], free: Sequence[int]) -> str:
    waiting = [
        f"{conversation.name!r} (waits for {', '.join(map(repr, conversation.when.contains))})"
        for conversation, left in zip(conversations, free, strict=True)
        if left
    ]
    return f"Still free: {'; '.join(waiting) or 'none'}."


def _blocks(reply: ScriptedReply, key: str) -> tuple[JsonObject, ...]:
    if reply.raw_blocks:
        return tuple(cast("JsonObject", block) for block in reply.raw_blocks)
    blocks: list[JsonObject] = []
    if reply.thinking is not None:
        signature = f"sig_{key}"
        blocks.append({"type": "thinking", "thinking": reply.thinking, "signature": signature})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    for number, tool in enumerate(reply.tools):
        call_id = f"toolu_{key}_{number}"
        arguments = cast("Json", tool.input)
        blocks.append({"type": "tool_use", "id": call_id, "name": tool.name, "input": arguments})
    return tuple(blocks)


def _text_of(blocks: Json) -> str:
    if isinstance(blocks, str):
        return blocks
    texts = (block.get("text") for block in cast("Sequence[JsonObject]", blocks))
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _tokens(value: Json) -> int:
    return estimated_tokens(len(json.dumps(value, ensure_ascii=False)))


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
