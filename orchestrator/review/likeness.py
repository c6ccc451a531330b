"""When two remarks say the same, whatever their words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orchestrator.domain.review import Remark

_ALIKE: Final = 0.5
"""Share of the shorter claim's words that the other one has, too."""
_WORD: Final = re.compile(r"\w{3,}")
_EMPTY_WORDS: Final = frozenset(
    {
        "and",
        "are",
        "but",
        "for",
        "from",
        "has",
        "not",
        "that",
        "the",
        "this",
        "was",
        "when",
        "will",
        "with",
    }
)


def squeezed(text: str) -> str:
    """Return a line with single blanks and without its diff mark, or a mark like it of its own."""
    return " ".join(text.lstrip("+-").split())


def is_same_line(left: Remark, right: Remark) -> bool:
    """Tell whether two remarks quote one line; its number may have moved."""
    return _place(left) == _place(right)


def is_alike(left: Remark, right: Remark) -> bool:
    """Tell whether two remarks are about one line and claim much the same of it."""
    return is_same_line(left, right) and _overlap(left.claim, right.claim) >= _ALIKE


def _place(remark: Remark) -> tuple[str, str]:
    return remark.path.removeprefix("./"), squeezed(remark.quote)


def _overlap(left: str, right: str) -> float:
    ours, theirs = _words(left), _words(right)
    if not ours or not theirs:
        return float(ours == theirs)
    return len(ours & theirs) / min(len(ours), len(theirs))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower())) - _EMPTY_WORDS
