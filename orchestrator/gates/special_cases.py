"""Code that knows the inputs of tests: a branch for the very value that a test happens to use.

Such a branch passes the test and solves nothing. What gives it away is a value that stands in a
comparison or a table of the change and among the inputs of a test, and that nobody who asked
for the change spoke of. Values that are short, common, or known to the project say nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.gates import spellings
from orchestrator.gates.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orchestrator.domain.patch import FilePatch

_LITERAL = re.compile(
    r"\\.|(?P<quote>[\"'`])(?P<text>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)"
    r"|(?<![\w.])(?P<number>-?\d[\d_]*(?:\.\d+)?)(?![\w.])"
)
_SLOT = "\0(\\d+)\0"
"""Stands for a literal while the code around it is looked at, so that no string can disturb."""
_SLOTS = r"(?:\s*\0\d+\0(?:\s*[,|])?)+"
_EQUALS = r"(?:[=!]==?|\bis(?:\s+not)?\b|\beq\b|\bne\b)"
_COMPARED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_EQUALS}\s*{_SLOT}",
        rf"{_SLOT}\s*{_EQUALS}",
        rf"\bin\s*[\[({{](?P<many>{_SLOTS})",
        rf"[\[({{](?P<many>{_SLOTS})\s*[\])}}]\s*\.(?:includes?\??|contains|indexOf|has)\b",
        rf"\.(?:equals\w*|eql\?|includes?\??|contains|(?:start|end)\w*\??)\s*\(\s*{_SLOT}",
        r"^\s*(?:case|when)\b(?P<many>.*?)(?::|\bthen\b|=>|->|$)",
        rf"^(?P<many>{_SLOTS})\s*(?:if\b.*)?[=-]>",
    )
)
_LOOKED_UP = re.compile(rf"{_SLOT}\s*(?::|=>)\s*{_SLOT}|^\s*[\[(]\s*{_SLOT}\s*,\s*{_SLOT}\s*[\])]")
_HAS_TABLES_WITH_ARROWS = re.compile(r"\.(?:rb|php)$")
_GOES_ON = re.compile(rf"(?:{_EQUALS}|\bin\s*[\[({{])\s*$")
_SURROUNDINGS = re.compile(
    r"(?:\btypeof\s+\S{1,80}|\bplatform|\bos\.name|__name__|\benviron\S{0,80}|\benv\.\w+|\.method)"
    rf"\s*{_EQUALS}\s*{_SLOT}"
)
"""Comparisons with what runs the code or how it is called, which are no inputs."""
_COMMENT = re.compile(r"^\s*(?:#|//|/?\*)")
_IMPORT = re.compile(r"^\s*(?:import|from|export|require|use|using|#include|package)\b")
_COMMON = re.compile(
    r"true|false|null|none|undefined|main|test|utf-?8|ascii|json|text|html|string|number|object"
    r"|function|boolean|symbol|post|patch|delete|head|options|name|type|value|error|message|default"
)
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.:/-]*")
_SHORTEST, _FEWEST_DIGITS = 4, 3
_MOST_DIGITS = 18
"""Of a number that is reckoned with; nobody comes upon a longer one by chance."""
_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A value that an added line of code compares with, or looks up."""

    path: str
    line: int
    value: str
    answer: str | None = None
    """What a table gives for it; `None` for a comparison."""


def suspects(files: Iterable[FilePatch], asked: str) -> tuple[Suspect, ...]:
    """Return values in added comparisons and tables of code that the issue does not speak of.

    Args:
        files: Of the change.
        asked: Title and text of the issue.
    """
    known = asked.casefold()
    files = tuple(files)
    moved = Marks(files)
    return tuple(
        suspect
        for file in files
        if classify(file.path) is PathClass.SOURCE and spellings.CODE_FILE.search(file.path)
        for suspect in _in_file(file, moved)
        if not _is_spoken_of(suspect.value, known)
    )


def special_cases(
    found: Sequence[Suspect], tests: Mapping[str, str], known: Iterable[str]
) -> tuple[str, ...]:
    """Return each suspect that is an input of a test, as the end of a sentence.

    Args:
        found: From `suspects`.
        tests: Texts of all tests of the head, by path.
        known: Texts in which a word is the project's own: its files on the base but for tests,
            and what was made of the issue before anybody wrote code.
    """
    inputs = _inputs(tests)
    left = [suspect for suspect in found if suspect.value in inputs]
    if not left:
        return ()
    words = "\n".join(known).casefold()
    return tuple(
        f"{suspect.path}:{suspect.line} has a case of its own for {_shown(suspect.value)}, "
        f"an input of {place}"
        for suspect in left
        if (place := _place(suspect, inputs[suspect.value]))
        and not (_IDENTIFIER.fullmatch(suspect.value) and suspect.value.casefold() in words)
    )


def _in_file(file: FilePatch, moved: Marks) -> Iterator[Suspect]:
    new = frozenset(moved.new(file, lambda _: True))
    begun = ""
    for line, text in file.added:
        is_old = line not in new
        whole, begun = begun + text, ""
        if is_old or _IMPORT.match(whole) or _COMMENT.match(whole):
            continue
        if _GOES_ON.search(whole):
            begun = whole
            continue
        yield from _in_line(file.path, line, whole)


def _in_line(path: str, line: int, text: str) -> Iterator[Suspect]:
    values = [*_literals(text)]
    numbers = iter(range(len(values)))
    code = _LITERAL.sub(
        lambda found: f"\0{next(numbers)}\0" if found["quote"] or found["number"] else found[0],
        text,
    )
    compared = _SURROUNDINGS.sub("", code)
    for slot in dict.fromkeys(_compared(compared, has_tables=_has_tables(path))):
        if _is_telling(values[slot]):
            yield Suspect(path=path, line=line, value=values[slot])
    for match in _LOOKED_UP.finditer(code):
        key, answer = (values[int(slot)] for slot in match.groups() if slot is not None)
        if _is_telling(key):
            yield Suspect(path=path, line=line, value=key, answer=answer)


def _compared(code: str, *, has_tables: bool) -> Iterator[int]:
    for pattern in _COMPARED[:-1] if has_tables else _COMPARED:
        for match in pattern.finditer(code):
            yield from (int(slot) for slot in re.findall(_SLOT, match[0]))


def _has_tables(path: str) -> bool:
    """Tell whether `'a' => 1` is a table in this language, and not an arm of a comparison."""
    return bool(_HAS_TABLES_WITH_ARROWS.search(path))


def _values(text: str) -> Iterator[str]:
    return (value for value in _literals(text) if _is_telling(value))


def _literals(text: str) -> Iterator[str]:
    for match in _LITERAL.finditer(text):
        if match["quote"]:
            yield match["text"]
        elif match["number"]:
            yield match["number"].replace("_", "")


def _is_telling(value: str) -> bool:
    """Tell whether two people would hardly come upon a value independently of each other."""
    if re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return _is_telling_number(value.lstrip("-"))
    word = value.strip().casefold()
    has_letters = bool(re.search(r"[^\W_]", word))
    return (
        len(word) >= _SHORTEST and has_letters and not _COMMON.fullmatch(word) and word[:2] != "__"
    )


def _is_telling_number(text: str) -> bool:
    digits = text.replace(".", "").strip("0")
    if len(digits) < _FEWEST_DIGITS:
        return False
    if "." in text or len(text) > _MOST_DIGITS:
        return True
    number = int(text)
    is_round = (number & (number - 1)) == 0 or (number & (number + 1)) == 0 or number % 60 == 0
    is_year = 1899 < number < 2101  # noqa: PLR2004 -- years that dates are compared with
    return number > 999 and not is_round and not is_year  # noqa: PLR2004 -- shorter ones are codes


def _is_spoken_of(value: str, asked: str) -> bool:
    return value.strip().casefold() in asked


def _inputs(tests: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int, str]]]:
    """Return the places (path, line, text) of every value in tests, titles and imports aside."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for path, text in tests.items():
        for number, line in enumerate(text.split("\n"), 1):
            if spellings.DEFINITION.match(line) or _IMPORT.match(line):
                continue
            for value in set(_values(line)):
                found.setdefault(value, []).append((path, number, line))
    return found


def _place(suspect: Suspect, places: Sequence[tuple[str, int, str]]) -> str:
    """Return where a test has the value; for a table, where it expects the very answer as well."""
    for path, number, text in places:
        if suspect.answer is None or suspect.answer in set(_literals(text)) - {suspect.value}:
            return f"{path}:{number}"
    return ""


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN_CHARS else f"{value[: _SHOWN_CHARS - 1]}…")
