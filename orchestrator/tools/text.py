"""What every text on its way to the model goes through: cleaned, and bounded at the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT_CHARS = 24_000
"""About 8,500 tokens."""
FAILURE_CHARS = 10_000
"""A failed command's output: the first and last lines say most."""

# A string that does not end on its line is none: it would hide all that comes after it.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|[PX^_][^\x1b\n]*\x1b\\|[ -/]*[0-~])"
)
_LINE_CHARS = 2_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | {
    0x7F: 0x2421
}
"""Unicode has a picture of each control character, in the same order."""
_CHARACTERS = {picture: code for code, picture in _PICTURES.items()}


def clean(text: str) -> str:
    """Remove terminal escapes, control characters, lone surrogates and overwritten lines."""
    plain = _ESCAPES.sub("", text).replace("\r\n", "\n")
    if "\r" in plain:
        plain = "\n".join(_last_shown(line) for line in plain.split("\n"))
    return _CONTROL.sub("", plain)


def _last_shown(line: str) -> str:
    """Return what a terminal would show of a line that returns to its start."""
    return next((part for part in reversed(line.split("\r")) if part), "")


def head_and_tail(text: str, limit: int, notice: str) -> str:
    """Return the text, or its first and last part around a notice when it is longer than `limit`.

    Args:
        text: Any text.
        limit: Characters to keep, the notice not counted.
        notice: What to do about the missing part; `{cut}` becomes the characters left out.
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    head, tail = text[:half], text[-half:]
    head = head[: head.rfind("\n") + 1] or head
    tail = tail[tail.find("\n") + 1 :] or tail
    cut = len(text) - len(head) - len(tail)
    return f"{head.rstrip()}\n\n[… {notice.format(cut=cut)} …]\n\n{tail.lstrip()}"


def plain(text: str) -> str:
    """Return a file's text with all that a terminal would act on made visible, as in `␛[8m`.

    Nothing that a file holds may hide the rest of it: a lone carriage return begins a new line
    for Python, and takes the one before it away from whoever reads it on a terminal.
    """
    return text.replace("\r\n", "\n").translate(_PICTURES)


def as_stored(text: str) -> str:
    """Return what `plain` was given, should the text be what it made of that."""
    return text.translate(_CHARACTERS)


def numbered(lines: Sequence[str], first: int) -> str:
    """Return lines of a file with their numbers in front, as Read shows them."""
    return "\n".join(numbered_line(line, number) for number, line in enumerate(lines, start=first))


def numbered_line(line: str, number: int) -> str:
    """Return one line of a file with its number in front, plain and bounded."""
    shown = plain(line)
    if len(shown) > _LINE_CHARS:
        shown = f"{shown[:_LINE_CHARS]}[… {len(shown) - _LINE_CHARS} more characters in this line]"
    return f"{number:>5}\t{shown}"
