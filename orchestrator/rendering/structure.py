"""What Markdown makes of a text: which parts are code, and which parts nobody is shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.token import Token

_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
DRAWN = frozenset({"mermaid", "geojson", "topojson", "stl"})
"""Languages of code blocks whose text nobody is shown: GitHub draws it."""
_ROW = r"[\s>]*\|?(?:\\\||[^|])*+(?:\|(?:\\\||[^|])*+){{{more}}}"
"""A table's row up to its last column; a bar behind a backslash is none."""
_LANGUAGE = re.compile(r"[\w+#.-]{0,24}")
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_PARSER.options["inline_definitions"] = True
_PARSER.options["store_labels"] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One link reference definition: nobody is shown it as such."""

    lines: tuple[int, int]
    label: str
    """Folded, as `label_key` returns it."""
    address: str
    has_title: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Where the parts of one text are; offsets are in characters, lines are 0-based."""

    code: tuple[tuple[int, int], ...]
    """Disjoint spans that are shown as code, in order."""
    definitions: tuple[Definition, ...]
    used_labels: frozenset[str]
    labelled_fences: tuple[int, ...]
    """First lines of code blocks that say more than a language, which nobody is shown."""
    drawings: Mapping[tuple[int, int], str]
    """Lines of code blocks that GitHub shows as pictures → their language in small letters."""
    long_rows: Mapping[int, str]
    """Lines of tables with more cells than the table has columns → the row that is shown."""
    odd_lines: Mapping[tuple[int, int], str]
    """Line ranges whose links or images hold a title or alternative text → the words shown."""

    def code_end(self, offset: int) -> int | None:
        """Return where the code around `offset` ends; `None` when it is not shown as code."""
        index = bisect_right(self.code, offset, key=itemgetter(0)) - 1
        if index >= 0 and offset < self.code[index][1]:
            return self.code[index][1]
        return None


def structure_of(text: str) -> Structure:
    """Parse a Markdown text whose only line ending is a line feed."""
    tokens = _PARSER.parse(text)
    lines = text.split("\n")
    starts = tuple(accumulate((len(line) + 1 for line in lines), initial=0))
    leaves = [token for token in tokens if token.type == "inline"]
    blocks = [_range(token, starts) for token in tokens if token.type in {"fence", "code_block"}]
    spans = [span for leaf in _by_lines(leaves) for span in _code_spans(text, starts, *leaf)]
    return Structure(
        code=tuple(sorted({*blocks, *spans})),
        definitions=tuple(
            Definition(
                lines=_lines(token),
                label=str(token.meta["id"]),
                address=str(token.meta["url"]),
                has_title=bool(token.meta["title"]),
            )
            for token in tokens
            if token.type == "definition"
        ),
        used_labels=frozenset(
            str(child.meta["label"])
            for leaf in leaves
            for child in _descendants(leaf)
            if "label" in child.meta
        ),
        labelled_fences=tuple(
            _lines(token)[0]
            for token in tokens
            if token.type == "fence" and not _LANGUAGE.fullmatch(token.info.strip())
        ),
        drawings={
            _lines(token): language
            for token in tokens
            if token.type == "fence"
            and (language := token.info.strip().partition(" ")[0].lower()) in DRAWN
        },
        long_rows=dict(_long_rows(tokens, lines)),
        odd_lines={_lines(leaf): _shown(leaf) for leaf in leaves if _hides_words(leaf)},
    )


def label_key(label: str) -> str:
    """Return a link label in the form in which labels are compared."""
    return normalizeReference(label)


def _lines(token: Token) -> tuple[int, int]:
    start, end = token.map or [0, 0]
    return start, end


def _range(token: Token, starts: Sequence[int]) -> tuple[int, int]:
    first, last = _lines(token)
    return starts[first], starts[min(last, len(starts) - 1)]


def _by_lines(leaves: Sequence[Token]) -> Iterator[tuple[tuple[int, int], Counter[str]]]:
    """Yield line ranges with the code spans the parser found in them (table cells share one)."""
    found: dict[tuple[int, int], Counter[str]] = {}
    for leaf in leaves:
        spans = found.setdefault(_lines(leaf), Counter())
        spans.update(_squeezed(c.content) for c in _descendants(leaf) if c.type == "code_inline")
    yield from found.items()


def _code_spans(
    text: str, starts: Sequence[int], lines: tuple[int, int], known: Counter[str]
) -> Iterator[tuple[int, int]]:
    """Yield the places of the parser's own code spans; anything else that looks like one is not."""
    position, end = starts[lines[0]], starts[min(lines[1], len(starts) - 1)]
    while known and (match := _CODE_SPAN.search(text, position, end)):
        content = _squeezed(match.group(2))
        if known[content] > 0:
            known[content] -= 1
            yield match.span()
            position = match.end()
        else:
            position = match.end(1)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s>]+", "", text).replace("\\|", "|")


def _descendants(token: Token) -> Iterator[Token]:
    for child in token.children or ():
        yield child
        yield from _descendants(child)


def _long_rows(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    columns = 0
    for token in tokens:
        if token.type == "thead_open":
            columns = 0
        elif token.type == "th_open":
            columns += 1
        elif token.type == "tr_open" and columns:
            number = _lines(token)[0]
            shown = re.match(_ROW.format(more=columns - 1), lines[number])
            if shown and lines[number][shown.end() :].strip(" \t|"):
                yield number, f"{shown.group(0)}|"


def _hides_words(leaf: Token) -> bool:
    return any(
        "title" in child.attrs or (child.type == "image" and child.content)
        for child in _descendants(leaf)
    )


def _shown(leaf: Token) -> str:
    parts = {"softbreak": "\n", "hardbreak": "\n", "image": "![]"}
    return "".join(
        parts.get(child.type, child.content)
        for child in leaf.children or ()
        if child.type != "html_inline"
    )
