"""A text of Markdown that is too long: its beginning, still whole in form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_FOLD = re.compile(r"</?details\b", re.IGNORECASE)
_HTML = re.compile(r" {0,3}</?(?:details|summary)\b", re.IGNORECASE)
_MOST_FOLDS = 5


def utf8_size(text: str) -> int:
    """Return how many bytes a text is in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def cut_markdown(
    text: str, limit: int, note: Callable[[int], str], *, size: Callable[[str], int] = len
) -> str:
    """Return the text, or as many whole lines of it as fit, closed, with a note below.

    A block of code or a fold that the cut opens is closed, so that the note and whatever is put
    behind it are read as they are meant. Rows of a table stay whole, as they are lines.

    Args:
        text: Markdown.
        limit: The most that the result may measure.
        note: Given how many characters are missing, says so, in Markdown without block quotes.
        size: How a text is measured; must add up over its parts.
    """
    if size(text) <= limit:
        return text
    room = limit - size(note(len(text))) - size("\n\n")
    kept, closing, used = 0, "", 0
    for line, state in _states(text):
        used += size(line)
        if used + size(state) > room:
            break
        kept, closing = kept + len(line), state
    if not kept:
        return _beginning(text, room, size) + "\n\n" + note(len(text))
    whole = text[:kept].rstrip("\n")
    return f"{whole}{closing}\n\n{note(len(text) - len(whole))}"


def _beginning(text: str, room: int, size: Callable[[str], int]) -> str:
    """Return what fits of a text whose first line alone is too long."""
    line = text.partition("\n")[0]
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(line[:middle]) <= room else (low, middle - 1)
    return line[:low].rstrip()


@dataclass(slots=True)
class _Open:
    """What the lines so far have left open."""

    fence: str = ""
    folds: int = 0
    is_html: bool = False
    """In lines of HTML, up to the next blank one, no fence opens."""

    def read(self, line: str) -> None:
        self.is_html = bool(line.strip()) and (
            self.is_html or (not self.fence and _HTML.match(line) is not None)
        )
        mark = None if self.is_html else _FENCE.match(line)
        if self.fence:
            is_end = mark is not None and mark[1].startswith(self.fence) and not mark[2].strip()
            self.fence = "" if is_end else self.fence
        elif mark is not None and not (mark[1][0] == "`" and "`" in mark[2]):
            self.fence = mark[1]
        else:
            for tag in _FOLD.findall(line):
                self.folds = max(0, self.folds + (-1 if tag.startswith("</") else 1))

    @property
    def closing(self) -> str:
        end = f"\n{self.fence}" if self.fence else ""
        return end + "\n\n</details>" * min(self.folds, _MOST_FOLDS)


def _states(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line with what would have to stand below it if it were the last."""
    state = _Open()
    for line in text.split("\n"):
        state.read(line)
        yield f"{line}\n", state.closing
