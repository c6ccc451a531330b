"""Exact replacement in text, and the lesson when the text to replace is not there."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from orchestrator.domain.errors import ToolError
from orchestrator.tools.text import numbered

_NUMBERED = re.compile(r"^\s*\d+\t", re.MULTILINE)
_SHOWN_LINES = 12
_LISTED_PLACES = 10
_CLOSE_ENOUGH = 0.6
_COMPARED_CHARS = 400
"""Of one line."""
_COMPARED_IN_ALL = 200_000
"""Lines of data resemble each other, and take a minute for each million."""
_SHOWN_AROUND = 3
_MOST_CHARS = 5_000_000
"""A file that is larger could not be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """The text after a replacement."""

    text: str
    count: int
    first_line: int
    """1-based line where the first replaced text begins."""


def replace(text: str, old: str, new: str, *, everywhere: bool) -> Replaced:
    """Replace `old`, which must occur exactly once unless `everywhere`.

    Raises:
        ToolError: Nothing would change, `old` is empty, absent or not unique (the message shows
            the closest lines or the places), or the text would be too long.
    """
    if old == new:
        raise ToolError("old_string and new_string are the same: nothing would change.")
    if not old:
        raise ToolError(
            "old_string is empty. Give the exact text to replace; use Write to set a whole file."
        )
    count = text.count(old)
    if count == 0:
        raise ToolError(_near_miss(text, old))
    if count > 1 and not everywhere:
        raise ToolError(_ambiguous(text, old, count))
    if len(text) + count * (len(new) - len(old)) > _MOST_CHARS:
        raise ToolError(
            f"The file would have more than {_MOST_CHARS:,} characters. Replace less, or by less."
        )
    return Replaced(
        text=text.replace(old, new),
        count=count,
        first_line=text.count("\n", 0, text.index(old)) + 1,
    )


def excerpt(text: str, first_line: int, length: int) -> str:
    """Return numbered lines of `text` around a change that is `length` lines long."""
    lines = text.split("\n")
    start = max(1, first_line - _SHOWN_AROUND)
    stop = min(len(lines), first_line + min(length, _SHOWN_LINES) + _SHOWN_AROUND)
    return numbered(lines[start - 1 : stop], start)


def _ambiguous(text: str, old: str, count: int) -> str:
    places: list[str] = []
    at = text.find(old)
    while at >= 0 and len(places) < _LISTED_PLACES:
        places.append(str(text.count("\n", 0, at) + 1))
        at = text.find(old, at + len(old))
    more = ", …" if count > len(places) else ""
    return (
        f"old_string occurs {count} times (lines {', '.join(places)}{more}). Add surrounding lines"
        " until it is unique, or set replace_all to change every occurrence."
    )


def _near_miss(text: str, old: str) -> str:
    if len(_NUMBERED.findall(old)) == old.count("\n") + 1 and _NUMBERED.sub("", old) in text:
        return (
            "old_string was not found because it includes the line numbers that Read prints."
            " Leave out the number and the tab in front of each line."
        )
    lines = text.split("\n")
    wanted = old.strip("\n").split("\n")
    at = _ignoring_space(lines, wanted)
    if at is not None:
        shown = numbered(lines[at : at + min(len(wanted), _SHOWN_LINES)], at + 1)
        return (
            "old_string was not found exactly; this text differs from it only in white space."
            f" Copy it as it stands:\n{shown}"
        )
    at = _closest(lines, wanted)
    if at is not None:
        shown = numbered(lines[at : at + min(len(wanted) + 1, _SHOWN_LINES)], at + 1)
        return f"old_string was not found. The closest text is:\n{shown}\nRead the file again."
    return (
        "old_string was not found, and nothing in the file is close to it."
        " Use Grep to find the right file, or Read this one again."
    )


def _ignoring_space(lines: list[str], wanted: list[str]) -> int | None:
    squeezed = ["".join(line.split()) for line in wanted]
    have = ["".join(line.split()) for line in lines]
    if not any(squeezed):
        return None
    for at in range(len(have) - len(squeezed) + 1):
        if have[at : at + len(squeezed)] == squeezed:
            return at
    return None


def _closest(lines: list[str], wanted: list[str]) -> int | None:
    """Find the line most like the longest wanted line, and step back to the first."""
    key = max(range(len(wanted)), key=lambda at: len(wanted[at].strip()))
    if len(wanted[key]) > _COMPARED_CHARS:
        return None
    candidates: dict[str, int] = {}
    room = _COMPARED_IN_ALL
    for at, line in enumerate(lines):
        text = line.strip()
        if len(line) <= _COMPARED_CHARS and text not in candidates:
            room -= len(text)
            if room < 0:
                break
            candidates[text] = at
    found = difflib.get_close_matches(wanted[key].strip(), candidates, n=1, cutoff=_CLOSE_ENOUGH)
    return max(0, candidates[found[0]] - key) if found else None
