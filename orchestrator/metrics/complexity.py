"""Cyclomatic complexity of the functions that a change touches, before and after it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias, cast

from orchestrator.config.process import OUR_FOLDER, interpreter_environment, interpreter_words
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.measures import FunctionChange
from orchestrator.sandbox.command import Launch, launch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orchestrator.domain.patch import FilePatch

LONGEST_FILE = 300_000
"""Characters; what is longer was made by a program."""
_MOST_CHARACTERS = 6_000_000
"""Of both sides of all files."""
_TIMEOUT_S = 60.0
_OUTPUT_BYTES = 20_000_000
_UNNAMED = re.compile(r"\(?anonymous\)?|\*global\*|")
_ENDING = re.compile(r"\.\w{1,12}", re.ASCII)
_CLASS = re.compile(r"(\s*)class\s+(\w+)")

_Found: TypeAlias = "list[tuple[str, int, int, int]] | None"
"""Name, first and last line and complexity of each function; nothing for what is no code."""


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


def touched_functions(
    files: Iterable[FileText], *, timeout_s: float = _TIMEOUT_S
) -> tuple[FunctionChange, ...] | None:
    """Return the functions with a changed line, in order of path and name.

    Functions are matched by qualified name, in the same file first and then, for what is left,
    across files: a function that moved with its file is neither new nor gone. Those of one name
    are paired in the order in which they stand. Functions without a name are left out, and so are
    files of which one side alone can be read as code.

    Args:
        files: Of one change.
        timeout_s: How long reading all of them may take.

    Returns:
        `None` when there is no file that can be read as code, or reading them takes too long.
    """
    pairs: list[tuple[_Function | None, _Function | None]] = []
    gone: list[_Function] = []
    new: list[_Function] = []
    read = tuple(_read(tuple(files), timeout_s))
    for old, now in read:
        matched = _paired(old, now)
        pairs += [pair for pair in matched if None not in pair]
        gone += [one for one, other in matched if one is not None and other is None]
        new += [other for one, other in matched if one is None and other is not None]
    if not read:
        return None
    found = [_change(*pair) for pair in (*pairs, *_paired(gone, new)) if _is_touched(*pair)]
    return tuple(sorted(found, key=lambda one: (one.path, one.name)))


def _read(
    files: Sequence[FileText], timeout_s: float
) -> Iterator[tuple[Sequence[_Function], Sequence[_Function]]]:
    """Yield the functions of both sides of each file that can be read."""
    texts = [_sent(file, text) for file in files for text in (file.before, file.after)]
    found = _found(texts, timeout_s)
    for file, old, now in zip(files, found[::2], found[1::2], strict=False):
        sides = ((file.before, old), (file.after, now))
        is_whole = all(text is None or there is not None for text, there in sides)
        if is_whole and (old is not None or now is not None):
            yield (
                tuple(_functions(file.patch, file.before or "", old or [], "-")),
                tuple(_functions(file.patch, file.after or "", now or [], "+")),
            )


def _sent(file: FileText, text: str | None) -> tuple[str, str]:
    """Return the ending of a file's name and its text; nothing of either for what is not read."""
    ending = PurePosixPath(file.patch.path).suffix
    if text is None or len(text) > LONGEST_FILE or not _ENDING.fullmatch(ending):
        return "", ""
    return ending, text


def _found(texts: Sequence[tuple[str, str]], timeout_s: float) -> list[_Found]:
    """Return what stands in each text; an empty list if that takes too long or cannot be done."""
    if sum(len(text) for _, text in texts) > _MOST_CHARACTERS:
        return []
    program = Launch(
        argv=(*interpreter_words(), "-m", "orchestrator.metrics.complexity_program"),
        environment=interpreter_environment(),
        cwd=OUR_FOLDER,
        stdin=json.dumps(texts).encode(),
        timeout_s=timeout_s,
        output_bytes=_OUTPUT_BYTES,
    )
    try:
        ending = launch(program)
    except (SandboxError, OSError):
        # A machine without room for it costs no finished change.
        return []
    return cast("list[_Found]", json.loads(ending.stdout)) if ending.exit_code == 0 else []


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
    patch: FilePatch, text: str, found: Iterable[tuple[str, int, int, int]], side: str
) -> Iterator[_Function]:
    rows, changed = text.split("\n"), patch.numbers(side)
    for name, first, last, complexity in found:
        if not _UNNAMED.fullmatch(name):
            yield _Function(
                path=patch.path,
                name=_qualified(name, rows, first),
                complexity=complexity,
                is_touched=any(first <= line <= last for line in changed),
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
