"""The conversations of a run, as much of them as a page can hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.event import MessageAppended, ModelReplied, ToolAnswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.domain.event import Entry
    from orchestrator.domain.json import Json

LONGEST_PART = 4_000
"""Characters of one message, call or result."""
MOST_PARTS = 250
"""Per conversation."""
LONGEST = 3_000_000
"""Characters of all conversations together."""
_WORTH_SHARING = 1_000
_SUBJECTS = ("file_path", "path", "pattern", "command", "description", "question", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing said: text, thought, a call with its result, or something newer."""

    kind: str
    title: str
    text: str
    seq: int
    """The journal's event that holds all of it."""
    more: int = 0
    """Characters that are left out."""
    result: Part | None = None
    is_error: bool = False


@dataclass(kw_only=True)
class Conversation:
    """One agent's talk with the model."""

    name: str
    agent: str = ""
    stage: str = ""
    task_id: int | None = None
    model: str = ""
    replies: int = 0
    usd: Decimal = Decimal(0)
    tool_calls: int = 0
    tool_errors: int = 0
    parts: list[Part] = field(default_factory=list)
    first_seq: int = 0
    last_seq: int = 0
    left_out: int = 0
    """Parts that are in the journal only."""


def conversations(entries: Iterable[Entry]) -> tuple[Conversation, ...]:
    """Return the conversations in the order in which they began.

    What is too long is cut and says where the journal has it. A text that an earlier
    conversation showed, such as the repository's brief, is named and not shown again.
    """
    collected = _Collected()
    for entry in entries:
        match entry.event:
            case MessageAppended() as event:
                collected.hear(entry.seq, event)
            case ModelReplied() as event:
                collected.charge(event)
            case ToolAnswered() as event:
                talk = collected.talk(event.conversation)
                talk.tool_calls += 1
                talk.tool_errors += event.is_error
            case _:
                pass
    return tuple(collected.talks.values())


class _Collected:
    """Conversations in progress."""

    def __init__(self) -> None:
        self.talks: dict[str, Conversation] = {}
        self._room = LONGEST
        self._calls: dict[tuple[str, str], int] = {}
        self._shown: dict[str, str] = {}

    def talk(self, name: str) -> Conversation:
        return self.talks.setdefault(name, Conversation(name=name))

    def charge(self, event: ModelReplied) -> None:
        talk = self.talk(event.conversation)
        talk.agent, talk.stage, talk.task_id = event.agent, event.stage, event.task_id
        talk.model, talk.replies, talk.usd = event.model, talk.replies + 1, talk.usd + event.usd

    def hear(self, seq: int, event: MessageAppended) -> None:
        talk = self.talk(event.conversation)
        talk.first_seq, talk.last_seq = talk.first_seq or seq, seq
        for block in _blocks(event.blocks_json):
            if len(talk.parts) >= MOST_PARTS or self._room <= 0:
                talk.left_out += 1
            elif block.get("type") == "tool_result":
                self._answer(talk, seq, block)
            else:
                self._say(talk, seq, event.role, block)

    def _say(self, talk: Conversation, seq: int, role: str, block: Mapping[str, Json]) -> None:
        kind = str(block.get("type"))
        if kind == "tool_use":
            self._calls[talk.name, str(block.get("id"))] = len(talk.parts)
            text = json.dumps(block.get("input"), indent=2, ensure_ascii=False)
            talk.parts.append(self._part("call", _title(block), text, seq))
        elif kind in {"text", "thinking"}:
            who = "model" if role == "assistant" else "program"
            text = self._once(talk, str(block.get(kind, "")))
            talk.parts.append(self._part(kind, who, text, seq))
        else:
            text = json.dumps(block, ensure_ascii=False)
            talk.parts.append(self._part("other", kind, text, seq))

    def _answer(self, talk: Conversation, seq: int, block: Mapping[str, Json]) -> None:
        text, is_error = _text_of(block.get("content")), bool(block.get("is_error"))
        result = self._part("result", "result", text, seq, is_error=is_error)
        at = self._calls.get((talk.name, str(block.get("tool_use_id"))))
        if at is None:
            talk.parts.append(result)
            return
        talk.parts[at] = replace(talk.parts[at], result=result, is_error=is_error)

    def _part(self, kind: str, title: str, text: str, seq: int, *, is_error: bool = False) -> Part:
        kept = text[: min(LONGEST_PART, max(0, self._room))]
        self._room -= len(kept)
        return Part(
            kind=kind,
            title=title,
            text=kept,
            seq=seq,
            more=len(text) - len(kept),
            is_error=is_error,
        )

    def _once(self, talk: Conversation, text: str) -> str:
        if len(text) < _WORTH_SHARING:
            return text
        first = self._shown.setdefault(text, talk.name)
        return text if first == talk.name else f"[the same {len(text):,} characters as in {first}]"


def _blocks(blocks_json: str) -> list[dict[str, Json]]:
    """Return the blocks; a journal may come from anywhere, so nothing is taken for granted."""
    try:
        blocks = json.loads(blocks_json)
    except ValueError:
        return [{"type": "text", "text": blocks_json}]
    found = blocks if isinstance(blocks, list) else [blocks]
    return [one if isinstance(one, dict) else {"type": "text", "text": str(one)} for one in found]


def _title(block: Mapping[str, Json]) -> str:
    given = block.get("input")
    values = given if isinstance(given, dict) else {}
    subject = next((str(values[name]) for name in _SUBJECTS if name in values), "")
    first = subject.strip().partition("\n")[0]
    return f"{block.get('name')} {first[:120]}".strip()


def _text_of(content: Json) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False)
    return "\n".join(
        str(one["text"]) if isinstance(one, dict) and "text" in one else json.dumps(one)
        for one in content
    )
