"""The journal: what happened, as JSON lines, and the record that it adds up to."""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationError

from orchestrator.domain.errors import OutsideError, UsageError
from orchestrator.domain.event import Entry, ModelReplied
from orchestrator.domain.record import RunRecord, fold
from orchestrator.telemetry.checkpoint import CHATTER, line_of
from orchestrator.telemetry.replay import load_journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from io import FileIO
    from pathlib import Path

    from orchestrator.domain.event import Event
    from orchestrator.telemetry.clock import Clock
    from orchestrator.telemetry.redaction import Redactor
    from orchestrator.telemetry.replay import LoadedJournal

Listener: TypeAlias = "Callable[[Entry, RunRecord], None]"


class Journal:
    """Append-only file of a run; an existing file is continued."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        redactor: Redactor,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        """Open the file for this user only and read what it already holds.

        Args:
            path: Where the lines go; its folder is made if need be.
            clock: For `at` and `elapsed_s`.
            redactor: Passed by every string before it is kept anywhere.
            lock: Held around each `write`; must be re-entrant. `None` when only one
                thread writes.

        Raises:
            UsageError: The file exists and is not a journal of this version.
            OutsideError: The file cannot be opened.
        """
        self._path = path
        self._clock = clock
        self._redactor = redactor
        self._lock = lock if lock is not None else nullcontext()
        self._listeners: list[Listener] = []
        loaded = load_journal(path) if path.exists() else None
        entries = () if loaded is None else loaded.entries
        self._record = fold(entries)
        self._seq = len(entries)
        self._began_s = clock.monotonic() - self._record.elapsed_s
        self._file = self._opened(loaded)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def record(self) -> RunRecord:
        """What all entries so far add up to."""
        return self._record

    def subscribe(self, listener: Listener) -> None:
        """Call the listener with each entry from now on, and the record after it, in order.

        Listeners run inside the journal's lock and see redacted text only.
        """
        self._listeners.append(listener)

    def write(self, event: Event) -> Entry:
        """Append one event and return its entry as it was kept, redacted.

        A killed process loses nothing of it. Against the loss of the machine, everything but
        what agents and models say to each other is on the disk when this returns: once in each
        turn, a slow disk would cost more than all else that we do.

        Raises:
            OutsideError: The line could not be written.
        """
        with self._lock:
            entry = self._redacted(
                Entry(
                    seq=self._seq + 1,
                    at=self._clock.now_iso(),
                    elapsed_s=round(self._clock.monotonic() - self._began_s, 3),
                    event=event,
                )
            )
            before = self._file.tell()
            try:
                self._append(entry)
                record = self._record.apply(entry)
            except BaseException:
                # An interrupt can fall in here: no line without its number being used up.
                self._take_back(before)
                raise
            self._seq, self._record = entry.seq, record
            for listener in tuple(self._listeners):
                listener(entry, self._record)
            return entry

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()

    def _redacted(self, entry: Entry) -> Entry:
        plain = entry.model_dump(mode="json")
        safe = self._redactor.redact_json(plain)
        if safe == plain:
            return entry
        try:
            return Entry.model_validate(safe)
        except ValidationError as error:
            raise UsageError(
                "A registered secret is also a fixed word or number of the journal, "
                f"in an event of kind {entry.event.kind!r}.",
                hint="Use a real, random secret: an ordinary word cannot be redacted.",
            ) from error

    def _append(self, entry: Entry) -> None:
        try:
            self._write_whole(line_of(entry))
            if not isinstance(entry.event, (*CHATTER, ModelReplied)):
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def _write_whole(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _take_back(self, size_bytes: int) -> None:
        """Leave no torn line in the middle."""
        with suppress(OSError):
            self._file.truncate(size_bytes)
            self._file.seek(size_bytes)

    def _opened(self, loaded: LoadedJournal | None) -> FileIO:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            file = os.fdopen(descriptor, "r+b", buffering=0)
            if loaded is not None:
                os.fchmod(descriptor, 0o600)
                _end_after(file, loaded.size_bytes)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return file


def _end_after(file: FileIO, size_bytes: int) -> None:
    """Cut a torn line off and end a whole last line that lacks its newline."""
    file.truncate(size_bytes)
    file.seek(max(0, size_bytes - 1))
    if file.read(1) not in {b"", b"\n"}:
        file.write(b"\n")


def _unwritable(path: Path, error: OSError) -> OutsideError:
    return OutsideError(
        f"The journal {str(path)!r} cannot be written: {error.strerror or error}.",
        hint="Free disk space or choose another output folder, then run again.",
    )
