"""Hidden text out of what strangers wrote, until nothing hidden is left.

An issue is read by people on a page and by models as source. Whatever the page does not
show is a way to speak to the model behind the maintainers' back, so it goes, and what went
is counted. Code keeps every visible character.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.rendering.elements import drop_elements
from orchestrator.rendering.invisible import without_invisible
from orchestrator.rendering.spans import Replacement, outside_code
from orchestrator.rendering.structure import label_key, structure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WORK = 500_000
"""Characters to go through in all; a text that still changes then was made to."""

_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))", re.DOTALL)
_DECLARATION = re.compile(
    r"<\?.*?(?:\?>|\Z)|<!(?:\[CDATA\[.*?(?:\]\]>|\Z)|[A-Za-z][^>]*>)", re.DOTALL
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DESTINATION = r"(?:<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*)"
_TITLE = r"""(?:"(?:\\.|[^"\\]){0,2000}"|'(?:\\.|[^'\\]){0,2000}'|\((?:\\.|[^()\\]){0,2000}\))"""
_LINK_TITLE = re.compile(rf"(\]\(\s*{_DESTINATION})\s+{_TITLE}\s*\)", re.DOTALL)
_IMAGE = re.compile(r"(?<!\\)!\[(?:\\.|[^\[\]\\]|\[[^\[\]]*\])+\](?=[(\[])")
_REFERENCE = re.compile(r"\]\[((?:\\.|[^\[\]\\])+)\]")
_DEFINITION = re.compile(rf"(\[(?:\\.|[^\[\]\\])+\]:\s*{_DESTINATION}).*", re.DOTALL)
_NOTE = r"\[\^([^\]\s]+)\]"
_NOTE_BEGINS = rf"(?m)^(?:[ \t]*(?:>|[-*+]|\d{{1,9}}[.)]))*[ \t]*(?={_NOTE}:)"
_FOOTNOTE = re.compile(
    rf"{_NOTE_BEGINS}.*(?:\n(?! {{0,3}}(?:[-*+#][ \t]|\d{{1,9}}[.)][ \t]|{_NOTE}:)).+"
    r"|(?:\n[ \t]*)+\n(?: {4}|\t).+)*"
)
"""A definition with all that belongs to it; another block ends it."""
_NOTED = re.compile(r"\[\^([^\[\]\s]+)\]")
_DEFINED = re.compile(_NOTE_BEGINS)
_FENCE = re.compile(r"([`~]{3,}\s*[\w+#.-]{0,24}).*")
_FENCE_END = re.compile(r"[\s>]*(?:`{3,}|~{3,})\s*")
_ASIDE = re.compile(r"[\s>]*(?:%%|accTitle\s*:|accDescr\s*:|click\s)")
_DESCRIPTION = re.compile(r"[\s>]*accDescr\s*\{")
_MARKUP = re.compile(r"[<\[&].*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A text without hidden parts, and what was taken out."""

    text: str
    removed: Mapping[str, int]
    """Kind of hidden text → how often; only kinds that occurred, in order of name."""


def clean(text: str) -> Cleaned:
    """Remove hidden text to a fixed point: cleaning the result again changes nothing.

    Outside of code no HTML comment, attribute, title or alternative text is left, nor any
    other part of the source that a reader of the page is not shown.
    """
    removed: Counter[str] = Counter()
    for _ in range(10 + WORK // (len(text) + 1)):
        before = text
        text = _one_pass(text, removed)
        if text == before:
            return _cleaned(text, removed)
    removed["text that never settled"] += 1
    return _cleaned(without_invisible(_MARKUP.sub("", text), removed), removed)


def _cleaned(text: str, removed: Counter[str]) -> Cleaned:
    kinds = sorted(kind for kind, count in removed.items() if count)
    return Cleaned(text=text, removed={kind: removed[kind] for kind in kinds})


def _one_pass(text: str, removed: Counter[str]) -> str:
    text = without_invisible(text, removed)
    text = outside_code(_ENTITY, _decoded, text)
    text = outside_code(_COMMENT, _Dropped("HTML comment", removed), text)
    text = outside_code(_DECLARATION, _Dropped("markup declaration", removed), text)
    text = drop_elements(text, removed)
    text = outside_code(_LINK_TITLE, _Dropped("link title", removed, keep=r"\1)"), text)
    text = outside_code(_IMAGE, _Dropped("image description", removed, keep="![]"), text)
    text = _drop_labels(text, removed)
    text = _drop_footnotes(text, removed)
    return _drop_lines(text, removed)


@dataclass(frozen=True, slots=True)
class _Dropped:
    """Replaces a match, and counts it."""

    kind: str
    removed: Counter[str]
    keep: str = ""

    def __call__(self, found: re.Match[str]) -> Replacement:
        self.removed[self.kind] += 1
        return Replacement(found.expand(self.keep), found.end())


def _decoded(found: re.Match[str]) -> Replacement:
    return Replacement(html.unescape(found.group(0)), found.end())


def _drop_labels(text: str, removed: Counter[str]) -> str:
    """Write the address into links that name it by a label, which the page does not show."""
    if "][" not in text:
        return text
    known = {item.label: item.address for item in structure_of(text).definitions}

    def addressed(found: re.Match[str]) -> Replacement:
        address = known.get(label_key(found.group(1)))
        if address is None:
            return Replacement(found.group(0), found.end())
        removed["link label"] += 1
        return Replacement(f"](<{address}>)", found.end())

    return outside_code(_REFERENCE, addressed, text)


def _drop_footnotes(text: str, removed: Counter[str]) -> str:
    """Remove notes that nothing refers to, and all but the first of one name."""
    if "[^" not in text:
        return text
    wanted = _noted(text)

    def kept_if_used(found: re.Match[str]) -> Replacement:
        label = found.group(1).casefold()
        if label in wanted:
            wanted.remove(label)
            return Replacement(found.group(0), found.end())
        removed["unused footnote"] += 1
        return Replacement("", found.end())

    return outside_code(_FOOTNOTE, kept_if_used, text)


def _noted(text: str) -> set[str]:
    """Return the labels of the notes that the text refers to."""
    structure = structure_of(text)
    definitions = {found.end() for found in _DEFINED.finditer(text)}
    return {
        found.group(1).casefold()
        for found in _NOTED.finditer(text)
        if found.start() not in definitions and structure.code_end(found.start()) is None
    }


def _drop_lines(text: str, removed: Counter[str]) -> str:
    """Rewrite whole lines that the parser knows better than a pattern does, last ones first."""
    structure = structure_of(text)
    rows = text.split("\n")
    new: dict[tuple[int, int], tuple[str, str | None]] = {
        (line, line + 1): ("extra table cell", shown) for line, shown in structure.long_rows.items()
    }
    for (first, last), language in structure.drawings.items():
        new |= dict(_unshown(rows, first + 1, last, language))
    for item in structure.definitions:
        if item.label not in structure.used_labels:
            new[item.lines] = ("unused link definition", None)
        elif item.has_title:
            new[item.lines] = ("link title", _DEFINITION.sub(r"\1", _joined(text, item.lines)))
    for line in structure.labelled_fences:
        lines = (line, line + 1)
        new[lines] = ("code block label", _FENCE.sub(r"\1", _joined(text, lines)))
    for lines, shown in structure.odd_lines.items() if not new else ():
        new[lines] = ("link title", shown)
    for (first, last), (kind, replacement) in sorted(new.items(), reverse=True):
        rows[first:last] = [] if replacement is None else replacement.split("\n")
        removed[kind] += 1
    return "\n".join(rows)


def _unshown(
    rows: Sequence[str], first: int, last: int, language: str
) -> Iterator[tuple[tuple[int, int], tuple[str, None]]]:
    """Yield the lines that the picture of a code block does not show, and what they are."""
    kind = "aside in a drawing" if language == "mermaid" else "source of a map or model"
    is_described = False
    for number, row in enumerate(rows[first:last], first):
        if _FENCE_END.fullmatch(row):
            return
        opens = _DESCRIPTION.match(row) is not None
        if language != "mermaid" or is_described or opens or _ASIDE.match(row):
            yield (number, number + 1), (kind, None)
        is_described = (is_described or opens) and "}" not in row


def _joined(text: str, lines: tuple[int, int]) -> str:
    return "\n".join(text.split("\n")[slice(*lines)])
