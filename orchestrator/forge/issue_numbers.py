"""Issue numbers as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import UsageError
from orchestrator.domain.issue import number_in

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 80
"""Characters of a stranger's word in one line of a message."""


def parse_issue_number(text: str) -> int:
    """Return the issue number that a person typed, with or without `#`.

    Raises:
        UsageError: It is not a positive whole number of a size that issues have.
    """
    number = number_in(text.strip())
    if number is not None:
        return number
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    raise UsageError(
        f"{shown!r} is not an issue number.",
        hint="Give the number of an open issue, such as 42; in a workflow, as issue-number.",
    )


def parse_issue_numbers(words: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers in words with blanks or commas between, each once, in order.

    Raises:
        UsageError: Something between them is not an issue number.
    """
    found = (word for text in words for word in text.replace(",", " ").split())
    return tuple(dict.fromkeys(parse_issue_number(word) for word in found))
