"""Replacing patterns in Markdown without touching code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orchestrator.rendering.structure import structure_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable


class Replacement(NamedTuple):
    """What stands in for the text from a match's start up to `end`."""

    text: str
    end: int


def outside_code(
    pattern: re.Pattern[str], replace: Callable[[re.Match[str]], Replacement], text: str
) -> str:
    """Replace the matches that begin outside of code, leftmost first."""
    found = pattern.search(text)
    if found is None:
        return text
    structure = structure_of(text)
    parts: list[str] = []
    kept = 0
    while found is not None:
        code_end = structure.code_end(found.start())
        if code_end is not None:
            position = code_end
        else:
            replacement = replace(found)
            parts += [text[kept : found.start()], replacement.text]
            kept = position = replacement.end
        found = pattern.search(text, position)
    return "".join((*parts, text[kept:]))
