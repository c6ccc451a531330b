"""Reading a journal back: for reports, for a resumed run, for an audit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from orchestrator.domain.errors import UsageError
from orchestrator.domain.event import Entry, RunStarted
from orchestrator.domain.misfits import first_misfit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedJournal:
    """A journal's entries and how much of the file they fill."""

    entries: tuple[Entry, ...]
    size_bytes: int
    notice: str = ""
    """Set when a torn last line was left out."""


def read_journal(
    path: Path, *, on_notice: Callable[[str], None] | None = None
) -> tuple[Entry, ...]:
    """Return all entries in order.

    A last line that was torn by a crash is left out and told to `on_notice`.

    Raises:
        UsageError: The file cannot be read, or a line other than a torn last one is not an
            entry of this version; the message names the line.
    """
    loaded = load_journal(path)
    if loaded.notice and on_notice is not None:
        on_notice(loaded.notice)
    return loaded.entries


def load_journal(path: Path) -> LoadedJournal:
    """Return the entries with what a continued journal must know about the file.

    Raises:
        UsageError: As for `read_journal`.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The journal {str(path)!r} cannot be read: {error.strerror or error}.",
            hint="Give the path of a journal.jsonl that a run wrote.",
        ) from error
    return _loaded(raw, path.name)


def parse_journal(raw: bytes, *, name: str) -> tuple[Entry, ...]:
    """Return the entries in a journal's bytes; `name` is for messages.

    Raises:
        UsageError: As for `read_journal`.
    """
    return _loaded(raw, name).entries


def _loaded(raw: bytes, name: str) -> LoadedJournal:
    lines = raw.split(b"\n")
    tail = lines.pop()
    entries: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        entries.append(_parsed(line, number, name, entries))
    complete = len(raw) - len(tail)
    if not tail:
        return LoadedJournal(entries=tuple(entries), size_bytes=complete)
    if _is_json(tail):
        last = _parsed(tail, len(lines) + 1, name, entries)
        return LoadedJournal(entries=(*entries, last), size_bytes=len(raw))
    return LoadedJournal(
        entries=tuple(entries),
        size_bytes=complete,
        notice=f"The last line of {name!r} (line {len(lines) + 1}) is torn and was left out.",
    )


def _parsed(line: bytes, number: int, name: str, before: list[Entry]) -> Entry:
    try:
        entry = Entry.model_validate_json(line)
    except ValidationError as error:
        raise _unreadable(error, number, name, before) from error
    if entry.seq != len(before) + 1:
        raise UsageError(
            f"Line {number} of {name!r} has the number {entry.seq} "
            f"where {len(before) + 1} was due: lines are missing or out of order.",
            hint="Use the journal as the run wrote it; it cannot be replayed in part.",
        )
    return entry


def _unreadable(error: ValidationError, number: int, name: str, before: list[Entry]) -> UsageError:
    first = error.errors(include_url=False, include_input=False)[0]
    version = _version(before)
    if first["type"] == "union_tag_invalid":
        kind = first.get("ctx", {}).get("tag", "")
        wrote = f"version {version}" if before else "the version that wrote it,"
        return UsageError(
            f"Line {number} of {name!r} is an event of kind {kind!r}, "
            f"which this version does not know; the journal is of version {version}.",
            hint=f"Replay it with {wrote} or a newer one.",
        )
    return UsageError(
        f"Line {number} of {name!r} is not a journal entry: "
        f"{first_misfit(error, whole='the line')}.",
        hint=f"The journal is of version {version}; it must be complete and unedited."
        if before
        else "Give the path of a journal.jsonl that a run wrote.",
    )


def _version(before: list[Entry]) -> str:
    for entry in before:
        if isinstance(entry.event, RunStarted):
            return entry.event.version
    return "unknown"


def _is_json(tail: bytes) -> bool:
    try:
        json.loads(tail)
    except (ValueError, RecursionError):
        return False
    return True
