"""The part of a journal that a later run needs to go on where this one stopped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.domain.event import MessageAppended, TodosWritten, ToolAnswered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.event import Entry
    from orchestrator.domain.record import RunRecord

CHATTER = (MessageAppended, ToolAnswered, TodosWritten)
"""Kinds of events that no record depends on: they stay in the run folder."""


class Checkpoint:
    """Collects what matters from the journal as it is written; subscribe `hear`."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """Begin with what an earlier run has left."""
        self._lines: list[bytes] = []
        for entry in entries:
            self._add(entry)

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._lines)

    def hear(self, entry: Entry, _record: RunRecord) -> None:
        """Take one entry, already redacted."""
        self._add(entry)

    def content(self) -> bytes:
        """Return a journal that adds up to the same record, without the chatter."""
        return b"".join(self._lines)

    def _add(self, entry: Entry) -> None:
        if isinstance(entry.event, CHATTER):
            return
        self._lines.append(line_of(entry.model_copy(update={"seq": len(self._lines) + 1})))


def line_of(entry: Entry) -> bytes:
    """Return one line of a journal."""
    text = json.dumps(entry.model_dump(mode="json"), ensure_ascii=True, separators=(",", ":"))
    return text.encode("ascii") + b"\n"
