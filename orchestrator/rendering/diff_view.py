"""The change as a reader of the page sees it: file by file, as much as a page can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.patch import PatchLine, parse_patch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.change import FileChange
    from orchestrator.domain.patch import FilePatch
    from orchestrator.domain.record import RunRecord

MOST_LINES = 1_200
"""Per file."""
MOST_LINES_IN_ALL = 6_000
_LONGEST = 400
_CUT = " … [the line goes on]"
_KINDS: Mapping[str, str] = {"+": "add", "-": "del", " ": "same", "\\": "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One row: a line of code, or the heading of a hunk."""

    kind: str
    sign: str
    text: str
    old: int | None = None
    new: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffFile:
    """One changed file; `note` says why there is less to see than git has."""

    file: FileChange
    rows: tuple[DiffRow, ...]
    note: str


def diff_of(record: RunRecord) -> tuple[DiffFile, ...]:
    """Return every changed file, also those whose lines are not on record."""
    change, measures = record.change, record.measures
    if change is None:
        return ()
    is_current = measures is not None and measures.commit == record.head
    diff = measures.diff if measures is not None and is_current else ""
    is_cut = measures is not None and measures.diff_characters > len(diff)
    patches = {patch.path: patch for patch in parse_patch(diff)}
    last = next(reversed(patches), None)
    left = MOST_LINES_IN_ALL
    files = []
    for file in change.files:
        shown = _file(file, patches.get(file.path), left, is_cut=is_cut and file.path == last)
        left -= len(shown.rows)
        files.append(shown)
    return tuple(files)


def _file(file: FileChange, patch: FilePatch | None, left: int, *, is_cut: bool) -> DiffFile:
    if file.is_binary:
        return DiffFile(file=file, rows=(), note="Binary: there are no lines to show.")
    if patch is None:
        return DiffFile(file=file, rows=(), note="Its lines are not in the journal; git has them.")
    if not patch.hunks:
        return DiffFile(file=file, rows=(), note="No line changed.")
    rows = tuple(_rows(patch))
    room = max(0, min(MOST_LINES, left))
    if len(rows) > room:
        note = f"{len(rows) - room:,} more rows are left out here; git has them."
        return DiffFile(file=file, rows=rows[:room], note=note)
    note = "The journal holds only the beginning of this diff; git has all of it." if is_cut else ""
    return DiffFile(file=file, rows=rows, note=note)


def _rows(patch: FilePatch) -> Iterator[DiffRow]:
    for hunk in patch.hunks:
        first = next((one for one in hunk.lines if one.new is not None), None)
        where = f"from line {first.new}" if first else "removed"
        yield DiffRow(kind="hunk", sign="", text=f"{where}  {_cut(hunk.heading)}")
        yield from (_row(line) for line in hunk.lines)


def _row(line: PatchLine) -> DiffRow:
    return DiffRow(
        kind=_KINDS.get(line.sign, "note"),
        sign=line.sign,
        text=_cut(line.text),
        old=line.old,
        new=line.new,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}{_CUT}"
