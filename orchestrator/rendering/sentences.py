"""A text as sentences that can be taken out without hurting the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BULLET = re.compile(r"\s*(?:[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,9}[.)]\s+|>\s*|#{1,6}\s+)?")
_END = re.compile(
    r"""(?<!\b[eiEI]\.[ge])(?<!\b[cC]f)(?<!\betc)(?<!\bvs)[.!?]["'\u201d\u2019)\]*_]*\s+(?=\S)"""
)
_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence with the blanks behind it, a line's beginning or end, or a line of code."""

    text: str
    is_prose: bool
    lead: str = ""
    """What stays when the sentence goes: the end of its line."""


def split(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a text in order; put together they are the text again.

    Lines of a code block that is closed are code. A block that nobody closed is prose.
    """
    lines = text.splitlines(keepends=True)
    code = _code_lines(lines)
    return tuple(
        piece
        for number, line in enumerate(lines)
        for piece in (
            (Piece(text=line, is_prose=False),) if number in code else tuple(_sentences(line))
        )
    )


def _code_lines(lines: list[str]) -> frozenset[int]:
    found: set[int] = set()
    begin, fence = 0, ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark is None:
            continue
        if not fence:
            begin, fence = number, mark.group(1)
        elif mark.group(1).startswith(fence) and not line[mark.end() :].strip():
            found.update(range(begin, number + 1))
            fence = ""
    return frozenset(found)


def _sentences(line: str) -> Iterator[Piece]:
    body = line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
    end = line[len(body) :]
    bullet = _BULLET.match(body)
    start = bullet.end() if bullet else 0
    if start:
        yield Piece(text=body[:start], is_prose=False)
    spans = [(span.start(), span.end()) for span in _SPAN.finditer(body)]
    for found in _END.finditer(body, start):
        if not any(first < found.start() < last for first, last in spans):
            yield Piece(text=body[start : found.end()], is_prose=True)
            start = found.end()
    if start < len(body) or end:
        yield Piece(text=body[start:] + end, is_prose=start < len(body), lead=end)
