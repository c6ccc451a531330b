"""Cheap signs of an issue that cannot be worked on as it stands: no model is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.rendering.cleaning import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.issue import Issue

_WORD = re.compile(r"\w[\w'-]*")
_FEWEST_WORDS = 3
"""A title of fewer words names a thing, but not what should become of it."""
_ASKS = re.compile(
    r"^(?:how|why|what|when|where|which|who|is|are|does|do|did|can|could|should|would|has|any)\b"
    r".*\?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_WANTS = re.compile(
    r"\b(?:should|must|shall|need(?:s|ed)?|expect(?:s|ed)?|want(?:s|ed)?|accept(?:ance|ed)?|instead"
    r"|steps to reproduce|add|remove|rename|support|allow|fix|replace|show|return|raise|fails?"
    r"|crash(?:es)?|error|broken|wrong)\b",
    re.IGNORECASE,
)
_DECIDABLE = re.compile(
    r"```|`[^`\n]+`|^\s*(?:[-*+]|\d+[.)])\s+\S"
    r"|\b(?:expected|acceptance|should|must|steps to reproduce|so that|given|when|then|returns?)\b",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE = re.compile(r"[.!?\n]+")
_NOT = re.compile(r"\b(?:not|never|no longer)\b\s*")
_LONG_FORMS = (("can't", "can not"), ("cannot", "can not"), ("won't", "will not"), ("n't", " not"))
_HEADING = re.compile(r"^\s*#{1,6}\s.*$|^\s*_?no response_?\s*$", re.IGNORECASE | re.MULTILINE)
_DEMANDS = re.compile(r"\b(?:must|should|shall|will|has to|have to|may|can)\b", re.IGNORECASE)


def is_hopeless(issue: Issue) -> bool:
    """Tell whether there is nothing that anybody could act on."""
    return not _body(issue) and len(_WORD.findall(clean(issue.title).text)) < _FEWEST_WORDS


def signs(issue: Issue) -> tuple[str, ...]:
    """Return what makes it doubtful that the issue says what is wanted, one sentence each."""
    return tuple(_signs(clean(issue.title).text.strip(), _body(issue)))


def _signs(title: str, body: str) -> Iterator[str]:
    if not body:
        yield "It has a title and no text."
    elif not _DECIDABLE.search(body):
        yield "Nothing in it says how one can tell that it is done."
    if _is_question(title, body):
        yield "It reads like a question, not like a task."
    for sentence in _contradictions(f"{title}\n{body}"):
        yield f"It says this and its opposite: {sentence!r}."


def _is_question(title: str, body: str) -> bool:
    if not _ASKS.match(title):
        return False
    statements = [part for part in _sentences(body) if not part.endswith("?")]
    return not any(_WANTS.search(part) for part in statements)


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def _contradictions(text: str) -> list[str]:
    """Return demands that also stand there with a "not", once each."""
    seen: dict[str, bool] = {}
    found = []
    for part in _SENTENCE.split(text):
        if not _DEMANDS.search(part):
            continue
        plain = part.lower()
        for short, long in _LONG_FORMS:
            plain = plain.replace(short, long)
        is_negated = _NOT.search(plain) is not None
        key = " ".join(_WORD.findall(_NOT.sub("", plain)))
        if key and seen.setdefault(key, is_negated) != is_negated:
            found.append(" ".join(part.split()).lstrip("-*+ ")[:120])
    return list(dict.fromkeys(found))


def _body(issue: Issue) -> str:
    """Return what a reader sees of the text, without a form's headings and empty answers."""
    return _HEADING.sub("", clean(issue.body).text).strip()
