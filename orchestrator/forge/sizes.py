"""How our texts lie on the forge: short enough, visibly cut, and marked so we find them again."""

from __future__ import annotations

from orchestrator.domain.cutting import cut_markdown

BODY_CHARACTERS = 65_536
TITLE_CHARACTERS = 256
LABEL_CHARACTERS = 50
DRAFT_PREFIX = "[draft] "

_ELLIPSIS = "…"


def fit_title(title: str, *, is_prefixed: bool = False) -> str:
    """Return the title on one line and short enough, with the draft prefix where asked.

    The prefix is ours to set: a title that begins with it, as an issue's may, loses it.
    """
    name = " ".join(title.split())
    while name.startswith(DRAFT_PREFIX):
        name = name.removeprefix(DRAFT_PREFIX)
    prefix = DRAFT_PREFIX if is_prefixed else ""
    return _cut_line(prefix + name, TITLE_CHARACTERS)


def fit_label(name: str) -> str:
    """Return the label's name on one line and short enough."""
    return _cut_line(name, LABEL_CHARACTERS)


def fit_body(body: str) -> str:
    """Return the body short enough: whole lines, open blocks closed, and a note at the cut."""
    return cut_markdown(body, BODY_CHARACTERS, _note)


def marked(body: str, marker: str) -> str:
    """Return the body with `marker` as its first line."""
    return body if is_marked(body, marker) else f"{marker}\n{body}"


def is_marked(body: str, marker: str) -> bool:
    """Return whether `marker` is the first line; further down it is somebody's quotation."""
    return body.partition("\n")[0].strip() == marker


def _note(missing: int) -> str:
    return (
        f"*{_ELLIPSIS} {missing:,} characters were cut here: GitHub takes "
        f"{BODY_CHARACTERS:,}. The whole text is among the run's files.*"
    )


def _cut_line(text: str, characters: int) -> str:
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    return line[: characters - 1].rstrip() + _ELLIPSIS
