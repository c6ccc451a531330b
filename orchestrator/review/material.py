"""The little that a verifier is shown: the changed lines and the file around one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.patch import parse_patch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.patch import Hunk, PatchLine
    from orchestrator.domain.review import Remark

HUNK_LINES: Final = 30
"""On each side of the finding."""
FILE_LINES: Final = 20
"""On each side of the finding."""
MAX_LINE: Final = 240
"""Characters of one line; generated files have lines without end."""


def hunk_around(diff: str, remark: Remark) -> str:
    """Return the changed lines around a finding, each with its number in the new file."""
    for file in parse_patch(diff):
        for hunk in file.hunks if file.path == remark.path else ():
            lines = _near(hunk, remark.line)
            if lines:
                return "\n".join([f"+++ {file.path}", *map(_row, lines)])
    return f"(no changed line of {remark.path} is near line {remark.line})"


def excerpt_around(content: bytes | None, remark: Remark) -> str:
    """Return the file around a finding, each line with its number."""
    if content is None:
        return "(there is no such file after the change)"
    text = content.decode(errors="replace")
    lines = text.removesuffix("\n").split("\n") if text else []
    first = max(remark.line - FILE_LINES, 1)
    shown = lines[first - 1 : remark.line + FILE_LINES]
    return "\n".join(f"{number:>6} {text[:MAX_LINE]}" for number, text in enumerate(shown, first))


def _near(hunk: Hunk, number: int) -> Sequence[PatchLine]:
    here = next((at for at, line in enumerate(hunk.lines) if line.place == number), None)
    if here is None:
        return ()
    return hunk.lines[max(here - HUNK_LINES, 0) : here + HUNK_LINES + 1]


def _row(line: PatchLine) -> str:
    number = "" if line.new is None else line.new
    return f"{number:>6} {line.sign}{line.text[:MAX_LINE].rstrip(chr(13))}"
