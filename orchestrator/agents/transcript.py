"""The append-only list of messages that the model saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolResult


class Transcript:
    """Messages in wire order; what was appended is never changed."""

    def __init__(self, on_append: Callable[[Message], None]) -> None:
        """Begin empty; tell `on_append` of every message."""
        self._messages: list[Message] = []
        self._chars = 0
        self._on_append = on_append

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything so far."""
        return tuple(self._messages)

    @property
    def chars(self) -> int:
        """How long everything is as JSON text."""
        return self._chars

    def append(self, message: Message) -> None:
        """Add a message, its blocks verbatim."""
        self._messages.append(message)
        self._chars += len(message.blocks_json)
        self._on_append(message)

    def append_user(self, *texts: str, results: Sequence[ToolResult] = ()) -> None:
        """Add one user message: all tool results first, then the texts."""
        blocks: list[JsonObject] = [result.as_block() for result in results]
        blocks += [{"type": "text", "text": text} for text in texts]
        self.append(Message(role="user", blocks=tuple(blocks)))
