"""Cyclomatic complexity of the functions that a change touches, before and after it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import lizard

from orchestrator.domain.measures import FunctionChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.domain.patch import FilePatch

LONGEST_FILE = 300_000
"""Characters; what is longer was made by a program, or takes lizard minutes."""
_UNNAMED = re.compile(r"\(?anonymous\)?|\*global\*|")
_ENDING = re.compile(r"\.\w{1,12}", re.ASCII)
_CLASS = re.compile(r"(\s*)class\s+(\w+)")
_BREAKS = (
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What lizard raises on text that is not the language its name promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """One changed file on both sides; `None` where it does not exist or is no text."""

    patch: FilePatch
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    path: str
    name: str
    complexity: int
    is_touched: bool


def touched_functions(files: Iterable[FileText]) -> tuple[FunctionChange, ...] | None:
    """Return the functions with a changed line, in order of path and name.

    Functions are matched by qualified name, in the same file first and then, for what is left,
    across files: a function that moved with its file is neither new nor gone. Those of one name
    are paired in the order in which they stand. Functions without a name are left out.

    Returns:
        `None` when there is no file that can be read as code.
    """
    pairs: list[tuple[_Function | None, _Function | None]] = []
    gone: list[_Function] = []
    new: list[_Function] = []
    is_code = False
    for file in files:
        old = _functions(file.patch.path, file.before, file.patch.numbers("-"))
        now = _functions(file.patch.path, file.after, file.patch.numbers("+"))
        is_code = is_code or old is not None or now is not None
        matched = _paired(old or (), now or ())
        pairs += [pair for pair in matched if None not in pair]
        gone += [one for one, other in matched if one is not None and other is None]
        new += [other for one, other in matched if one is None and other is not None]
    if not is_code:
        return None
    found = [_change(*pair) for pair in (*pairs, *_paired(gone, new)) if _is_touched(*pair)]
    return tuple(sorted(found, key=lambda one: (one.path, one.name)))


def _paired(
    old: Sequence[_Function], new: Sequence[_Function]
) -> list[tuple[_Function | None, _Function | None]]:
    """Pair functions of the same name in the order in which they stand."""
    before, after = _by_name(old), _by_name(new)
    pairs: list[tuple[_Function | None, _Function | None]] = []
    for name in {**before, **after}:
        ones, others = before.get(name, []), after.get(name, [])
        common = min(len(ones), len(others))
        pairs += zip(ones[:common], others[:common], strict=True)
        pairs += [(one, None) for one in ones[common:]]
        pairs += [(None, other) for other in others[common:]]
    return pairs


def _by_name(functions: Iterable[_Function]) -> Mapping[str, list[_Function]]:
    names: dict[str, list[_Function]] = defaultdict(list)
    for function in functions:
        names[function.name].append(function)
    return names


def _is_touched(old: _Function | None, new: _Function | None) -> bool:
    """Tell whether a line of either side changed; of moved code, whether the code did."""
    if old is not None and new is not None and old.path != new.path:
        return old.complexity != new.complexity
    return any(one is not None and one.is_touched for one in (old, new))


def _change(old: _Function | None, new: _Function | None) -> FunctionChange:
    named = new or old
    if named is None:
        raise AssertionError("a pair has at least one side")
    return FunctionChange(
        path=named.path,
        name=named.name,
        before=old.complexity if old else None,
        after=new.complexity if new else None,
    )


def _functions(
    path: str, text: str | None, changed: frozenset[int]
) -> tuple[_Function, ...] | None:
    # Only the ending of the name goes in: lizard may print the name.
    ending = PurePosixPath(path).suffix
    if text is None or len(text) > LONGEST_FILE or not _ENDING.fullmatch(ending):
        return None
    if lizard.get_reader_for(ending) is None:
        return None
    try:
        found = lizard.analyze_file.analyze_source_code(f"file{ending}", text).function_list
    except _BREAKS:
        return None
    rows = text.split("\n")
    return tuple(
        _Function(
            path=path,
            name=_qualified(one.name, rows, one.start_line),
            complexity=one.cyclomatic_complexity,
            is_touched=any(one.start_line <= line <= one.end_line for line in changed),
        )
        for one in found
        if not _UNNAMED.fullmatch(one.name)
    )


def _qualified(name: str, rows: Sequence[str], line: int) -> str:
    """Put the class before a method where lizard leaves it out: in languages that indent."""
    first = rows[line - 1] if 0 < line <= len(rows) else ""
    depth = len(first) - len(first.lstrip())
    if not first.lstrip().startswith(("def ", "async def ")) or not depth:
        return name
    for row in reversed(rows[: line - 1]):
        found = _CLASS.match(row)
        if found and len(found[1]) < depth:
            return f"{found[2]}.{name}"
        if row.strip() and not row[0].isspace():
            break
    return name
