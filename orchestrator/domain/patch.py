"""Git's unified diff as files, hunks and numbered lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.change import Change

_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)", re.DOTALL)
_ESCAPE = re.compile(r'\\([0-7]{3}|[abfnrtv"\\])')
_LETTERS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, '"': 34, "\\": 92}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLine:
    """One line of a hunk; a number is `None` on the side that does not have the line."""

    sign: str
    """A space, `+`, `-`, or `\\` for git's own remark on a missing newline."""
    text: str
    old: int | None
    new: int | None
    place: int
    """The number in the new file; of a removed line, that of what follows it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Neighbouring changes; `heading` is what git shows of the function around them."""

    heading: str
    lines: tuple[PatchLine, ...]


@dataclass(frozen=True, kw_only=True)
class FilePatch:
    """What a diff says about one path; without hunks for binary files and mere modes."""

    path: str
    header: tuple[str, ...]
    """Git's lines before the first hunk, without the first one."""
    hunks: tuple[Hunk, ...]

    @cached_property
    def added(self) -> tuple[tuple[int, str], ...]:
        """(line in the new file, text without its end) of each added line."""
        return self._signed("+")

    @cached_property
    def removed(self) -> tuple[tuple[int, str], ...]:
        """(line in the old file, text without its end) of each removed line."""
        return self._signed("-")

    @cached_property
    def gone(self) -> tuple[tuple[int, str], ...]:
        """(line of the new file that follows, text without its end) of each removed line."""
        lines = (line for hunk in self.hunks for line in hunk.lines if line.sign == "-")
        return tuple((line.place, line.text.rstrip("\r")) for line in lines)

    @cached_property
    def added_text(self) -> str:
        """All added lines."""
        return "\n".join(text for _, text in self.added)

    @property
    def is_new(self) -> bool:
        """Whether the path did not exist before."""
        return any(row.startswith("new file mode ") for row in self.header)

    @property
    def is_deleted(self) -> bool:
        """Whether the path exists no longer."""
        return any(row.startswith("deleted file mode ") for row in self.header)

    def numbers(self, sign: str) -> frozenset[int]:
        """Return the numbers of the added (`+`, new file) or removed (`-`, old file) lines."""
        return frozenset(number for number, _ in self._signed(sign))

    def _signed(self, sign: str) -> tuple[tuple[int, str], ...]:
        return tuple(
            (number, line.text.rstrip("\r"))
            for hunk in self.hunks
            for line in hunk.lines
            if line.sign == sign and (number := line.new if sign == "+" else line.old) is not None
        )


def unshown(change: Change) -> tuple[str, ...]:
    """Return the changed paths of which the diff says nothing: nobody can have searched them."""
    shown = {patch.path for patch in parse_patch(change.diff)}
    return tuple(file.path for file in change.files if file.path not in shown)


@lru_cache(maxsize=4)
def parse_patch(diff: str) -> tuple[FilePatch, ...]:
    """Return the files of a diff that git made without renames, in its order.

    Lines end at a line feed only: a carriage return, or any other character that ends a line
    elsewhere, is part of the text. A diff that was cut short is read as far as it goes.
    """
    ends = [*(found.start() for found in _FILE.finditer(diff)), len(diff)]
    parts = (diff[start:end] for start, end in pairwise(ends))
    return tuple(_file(part.removesuffix("\n").split("\n")) for part in parts)


def _file(rows: list[str]) -> FilePatch:
    at = next((number for number, row in enumerate(rows) if row.startswith("@@ ")), len(rows))
    header = tuple(rows[1:at])
    hunks: list[list[str]] = []
    for row in rows[at:]:
        if row.startswith("@@ "):
            hunks.append([])
        hunks[-1].append(row)
    return FilePatch(
        path=_path(rows[0], header),
        header=header,
        hunks=tuple(_hunk(hunk[0], hunk[1:]) for hunk in hunks),
    )


def _hunk(first: str, rows: Iterable[str]) -> Hunk:
    found = _HUNK.match(first)
    old, new, heading = (int(found[1]), int(found[2]), found[3]) if found else (0, 0, first)
    lines = []
    for row in rows:
        sign, text = row[:1] or " ", row[1:]
        has_old, has_new = sign in " -", sign in " +"
        lines.append(
            PatchLine(
                sign=sign,
                text=text,
                old=old if has_old else None,
                new=new if has_new else None,
                place=max(new, 1),
            )
        )
        old, new = old + has_old, new + has_new
    return Hunk(heading=heading, lines=tuple(lines))


def _path(first: str, header: Iterable[str]) -> str:
    """Return the path; files without text have it in the first line only, twice the same."""
    names = {row[:4]: row[4:] for row in header if row.startswith(("--- ", "+++ "))}
    for mark in ("+++ ", "--- "):
        name = _plain(names.get(mark, "/dev/null").removesuffix("\t"))
        if name != "/dev/null":
            return name[2:]
    both = first.removeprefix("diff --git ")
    return _plain(both[: len(both) // 2])[2:]


def _plain(name: str) -> str:
    """Undo git's quoting of unusual names."""
    if not name.startswith('"'):
        return name
    escaped = name[1:-1].encode("utf-8", "surrogateescape").decode("latin-1")
    raw = _ESCAPE.sub(lambda found: chr(_LETTERS.get(found[1]) or int(found[1], 8)), escaped)
    return raw.encode("latin-1").decode("utf-8", "replace")
