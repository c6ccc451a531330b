"""What every text on its way to the model goes through: cleaned, and bounded at the source."""

from __future__ import annotations

import re

RESULT_CHARS = 24_000
"""About 8,500 tokens."""
FAILURE_CHARS = 10_000
"""A failed command's output: the first and last lines say most."""

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


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


def numbered(lines: list[str], first: int) -> str:
    """Return the lines with their numbers in front, as Read shows them."""
    return "\n".join(f"{number:>5}\t{line}" for number, line in enumerate(lines, start=first))
