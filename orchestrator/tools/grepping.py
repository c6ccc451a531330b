"""Grep: lines, files or counts that match a regular expression."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.ripgrep import (
    SearchTool,
    among,
    is_name,
    of_name,
    place,
    search,
)
from orchestrator.tools.text import RESULT_CHARS, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec
    from orchestrator.tools.ripgrep import Found

_DEFAULT_HEAD = 250
_NUMBERED = re.compile(r"(?P<number>\d{1,18})(?P<sign>[:-])")
_IN_BINARY: Final = ": binary file matches"
_ALSO: Final = {"context": "-C"}
"""Names that models know besides those that they are shown."""


class OutputMode(StrEnum):
    """What Grep answers with."""

    FILES = "files_with_matches"
    CONTENT = "content"
    COUNT = "count"


class GrepArguments(Arguments):
    """A search, in ripgrep's words."""

    pattern: str = Field(description="Regular expression, ripgrep syntax.", min_length=1)
    path: str | None = Field(default=None, description="File or folder to search in.")
    glob: str | None = Field(default=None, description="Only these files, such as `*.{ts,tsx}`.")
    type: str | None = Field(default=None, description="Only this file type, such as `py`.")
    output_mode: OutputMode = Field(default=OutputMode.FILES)
    ignore_case: bool = Field(default=False, alias="-i", description="Ignore case.")
    numbers: bool = Field(default=True, alias="-n", description="Line numbers (content).")
    after: int | None = Field(default=None, alias="-A", ge=0, description="Lines after (content).")
    before: int | None = Field(
        default=None, alias="-B", ge=0, description="Lines before (content)."
    )
    around: int | None = Field(
        default=None, alias="-C", ge=0, description="Lines around (content)."
    )
    multiline: bool = Field(default=False, description="Let `.` and the pattern span lines.")
    head_limit: int | None = Field(
        default=None, ge=0, description="Entries to show, 250 unless given; 0 for all."
    )
    offset: int = Field(default=0, ge=0, description="Entries to skip.")


GREP: Final = describe(
    "Grep",
    "Search file contents with ripgrep. It answers with the matching files, or with"
    " output_mode `content` the lines, or `count` the matches per file, in path order. Files that"
    " git ignores are left out. Escape braces and dots that you mean literally. Start here to find"
    " where something is defined or used, then Read around the lines.",
    GrepArguments,
    strict=False,
)


class GrepTool(SearchTool):
    """Searches the tree in the agent's cell."""

    spec: ToolSpec = GREP

    def call(self, arguments: JsonObject) -> str:
        """Return the wanted page of results, or a sentence that there are none.

        Raises:
            ToolError: No sandbox, no ripgrep, a bad pattern, or a search that took too long.
        """
        known = {_ALSO.get(name, name): value for name, value in arguments.items()}
        wanted = parse(GREP, GrepArguments, known)
        path = place(self._workspace, wanted.path)
        found = search(self._cell, *_options(wanted), *_chosen(wanted), path=path)
        lines = tuple(_entries(_of_glob(found.lines, wanted), wanted))
        return _page(replace(found, lines=lines), wanted) + found.note


def _options(wanted: GrepArguments) -> list[str]:
    options = ["--no-heading", "--with-filename", f"--regexp={wanted.pattern}"]
    match wanted.output_mode:
        case OutputMode.FILES:
            options.append("--files-with-matches")
        case OutputMode.COUNT:
            options += ["--count-matches", "--null"]
        case OutputMode.CONTENT:
            options += ["--line-number", "--null", "--no-context-separator"]
            options += ["--max-columns=500", "--max-columns-preview", *_context(wanted)]
    if wanted.ignore_case:
        options.append("--ignore-case")
    if wanted.multiline:
        options += ["--multiline", "--multiline-dotall"]
    return options


def _chosen(wanted: GrepArguments) -> Iterator[str]:
    """Yield the options that choose files, as far as ripgrep can without what git ignores.

    A glob of what is wanted would bring that back.
    """
    glob = wanted.glob or ""
    if glob.startswith("!"):
        yield f"--glob={glob}"
    if wanted.type is not None:
        yield f"--type={wanted.type}"
    elif is_name(name := glob.rpartition("/")[2]) and not glob.startswith("!"):
        yield from of_name(name)


def _of_glob(lines: Sequence[str], wanted: GrepArguments) -> Sequence[str]:
    """Leave out lines of files that the glob does not cover, where ripgrep could not."""
    glob = wanted.glob
    if glob is None or glob.startswith("!"):
        return lines
    if wanted.type is None and is_name(glob.removeprefix("**/")):
        return lines
    paths = [_path(line) for line in lines]
    kept = among(frozenset(paths), glob.removeprefix("/") if "/" in glob else f"**/{glob}")
    return [line for line, path in zip(lines, paths, strict=True) if path in kept]


def _path(line: str) -> str:
    # Of a binary file ripgrep says in a sentence that it matches.
    return line.partition("\0")[0].partition(_IN_BINARY)[0]


def _context(wanted: GrepArguments) -> list[str]:
    flags = (
        ("--after-context", wanted.after),
        ("--before-context", wanted.before),
        ("--context", wanted.around),
    )
    return [f"{flag}={lines}" for flag, lines in flags if lines is not None]


def _entries(lines: Sequence[str], wanted: GrepArguments) -> Iterator[str]:
    """Write ripgrep's lines as it writes them itself without `--null`."""
    has_gaps = any((wanted.after, wanted.before, wanted.around))
    behind: tuple[str, int] | None = None
    for line in lines:
        path, nul, rest = line.partition("\0")
        found = _NUMBERED.match(rest) if wanted.output_mode is OutputMode.CONTENT else None
        if found is None:
            yield plain(f"{path}:{rest}" if nul else line)
            continue
        at = (path, int(found["number"]))
        if has_gaps and behind not in {None, at}:
            yield "--"
        behind = (path, at[1] + 1)
        sign, text = found["sign"], rest if wanted.numbers else rest[found.end() :]
        yield plain(f"{path}{sign}{text}")


def _page(found: Found, wanted: GrepArguments) -> str:
    lines = found.lines
    if not lines:
        return f"No match for `{wanted.pattern}`" + (
            " (a path, glob or type was given; widen it if you expected one)."
            if wanted.path or wanted.glob or wanted.type
            else "."
        )
    if wanted.offset >= len(lines):
        return f"No entries at this offset: there are {found.count}."
    most = _DEFAULT_HEAD if wanted.head_limit is None else wanted.head_limit or len(lines)
    end = min(len(lines), wanted.offset + most)
    shown: list[str] = []
    size = 0
    for line in lines[wanted.offset : end]:
        size += len(line) + 1
        if shown and size > RESULT_CHARS:
            break
        shown.append(line)
    last = wanted.offset + len(shown)
    text = "\n".join(shown)
    if last == len(lines) and found.is_all:
        return text
    return (
        f"{text}\n\n[Entries {wanted.offset + 1}-{last} of {found.count}. Narrow the pattern, path"
        f" or glob, or go on with offset {last}.]"
    )
