"""Added lines that show a pattern, less those that only moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from orchestrator.domain.patch import FilePatch

_PART, _OVERLAP = 2_000, 200
"""Characters: patterns need not be quick on a whole file in one line."""


class Marks:
    """The lines that a change has left over once it is known which came back where they were."""

    def __init__(self, leaving: Iterable[FilePatch]) -> None:
        """Count the lines that left the given files; each accounts for one like it elsewhere."""
        left: Counter[str] = Counter()
        for file in leaving:
            left += _lines(file.removed) - _lines(file.added)
        self._left: dict[Hashable, Counter[str]] = defaultdict(left.copy)

    def new(
        self, file: FilePatch, is_marked: Callable[[str], object], *, kind: Hashable = None
    ) -> Iterator[int]:
        """Yield the numbers of marked lines that are added and stood nowhere before.

        Args:
            file: Of the change.
            is_marked: Tells by its text whether a line is of interest.
            kind: What is looked for; a line that went accounts for one of each kind.
        """
        before = _lines(file.removed)
        left = self._left[kind]
        for number, text in file.added:
            if not is_marked(text):
                continue
            line = squeezed(text)
            known = before if before[line] > 0 else left
            if known[line] > 0:
                known[line] -= 1
            else:
                yield number


def shows(pattern: re.Pattern[str], text: str) -> bool:
    """Tell whether a line has the pattern; an endless one is searched in overlapping parts."""
    starts = range(0, max(len(text), 1), _PART)
    return any(pattern.search(text[start : start + _PART + _OVERLAP]) for start in starts)


def squeezed(text: str) -> str:
    """Return a line as it is compared: single blanks, and no semicolon at its end."""
    return " ".join(text.split()).rstrip(";")


def _lines(rows: Iterable[tuple[int, str]]) -> Counter[str]:
    return Counter(squeezed(text) for _, text in rows)
