"""How our texts lie on the forge: short enough, visibly cut, and marked so we find them again."""

from __future__ import annotations

import re

BODY_CHARACTERS = 65_536
TITLE_CHARACTERS = 256
LABEL_CHARACTERS = 50
DRAFT_PREFIX = "[draft] "

_ELLIPSIS = "…"
_NOTE_ROOM = 300
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def fit_title(title: str, *, is_prefixed: bool = False) -> str:
    """Return the title on one line and short enough, with the draft prefix where asked."""
    prefix = DRAFT_PREFIX if is_prefixed else ""
    return _cut_line(prefix + title, TITLE_CHARACTERS)


def fit_label(name: str) -> str:
    """Return the label's name on one line and short enough."""
    return _cut_line(name, LABEL_CHARACTERS)


def fit_body(body: str) -> str:
    """Return the body short enough: whole lines, open blocks closed, and a note at the cut."""
    if len(body) <= BODY_CHARACTERS:
        return body
    kept = body[: BODY_CHARACTERS - _NOTE_ROOM]
    at_line_end = kept.rpartition("\n")[0]
    kept = at_line_end or kept
    note = (
        f"\n\n*{_ELLIPSIS} {len(body) - len(kept):,} characters were cut here: GitHub takes "
        f"{BODY_CHARACTERS:,}. The whole text is among the run's files.*"
    )
    return kept + _closing(kept) + note


def marked(body: str, marker: str) -> str:
    """Return the body with `marker` as its first line."""
    return body if is_marked(body, marker) else f"{marker}\n{body}"


def is_marked(body: str, marker: str) -> bool:
    """Return whether `marker` is the first line; further down it is somebody's quotation."""
    return body.partition("\n")[0].strip() == marker


def _closing(kept: str) -> str:
    open_fence = ""
    for fence in _FENCE.findall(kept):
        if not open_fence:
            open_fence = fence
        elif fence[0] == open_fence[0] and len(fence) >= len(open_fence):
            open_fence = ""
    closing = f"\n{open_fence[:100]}" if open_fence else ""
    open_details = kept.count("<details") - kept.count("</details>")
    return closing + "\n</details>" * min(max(open_details, 0), 5)


def _cut_line(text: str, characters: int) -> str:
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    return line[: characters - 1].rstrip() + _ELLIPSIS
