"""Glob: files by the shape of their path."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import ToolError
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.ripgrep import (
    SearchTool,
    among,
    is_name,
    list_files,
    path_order,
    place,
)
from orchestrator.tools.text import plain

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec
    from orchestrator.tools.ripgrep import Found

_MAX_FILES = 100
_PLAIN: Final = re.compile(r"[^*?\[\]{}\\]+")
"""A folder that means itself alone."""


class GlobArguments(Arguments):
    """A pattern and where it begins."""

    pattern: str = Field(description="Glob such as `src/**/*.ts`.", min_length=1)
    path: str | None = Field(default=None, description="Folder the pattern is relative to.")


GLOB: Final = describe(
    "Glob",
    "Find files by a path pattern: `*` stays within a folder, `**` crosses folders. It answers"
    " with the paths, the most recently changed first; of more than 100 with the first 100 by"
    " name. Files that git ignores are shown only when nothing else matches. Use it to learn the"
    " layout or to find a file by name; use Grep to search in files.",
    GlobArguments,
    strict=False,
)


class GlobTool(SearchTool):
    """Lists files in the agent's cell."""

    spec: ToolSpec = GLOB

    def call(self, arguments: JsonObject) -> str:
        """Return paths, newest first, or a sentence that there are none.

        Raises:
            ToolError: The pattern leaves the repository, no sandbox, or no ripgrep.
        """
        wanted = parse(GLOB, GlobArguments, arguments)
        folder = place(self._workspace, wanted.path)
        pattern = self._workspace.without_roots(wanted.pattern.strip()).removeprefix("./")
        if pattern.startswith(("/", "~")) or ".." in pattern.split("/"):
            raise ToolError(
                f"The pattern `{pattern}` leaves the repository. Give one relative to its root."
            )
        shape = _shape(pattern)
        found = self._found(folder, shape)
        note = ""
        if not found.lines:
            found = self._found(folder, shape, "--no-ignore")
            note = "\n\n[Git ignores all of these.]" if found.lines else ""
        listed = _listed(replace(found, lines=self._ordered(found)), wanted.pattern)
        return listed + note + found.note

    def _ordered(self, found: Found) -> tuple[str, ...]:
        """Put what changed last first, of more than can be shown what comes first by name."""
        by_name = sorted(found.lines, key=path_order)
        if len(by_name) > _MAX_FILES:
            return tuple(by_name)
        changed_ns = self._workspace.files.modified_ns(by_name)
        return tuple(sorted(by_name, key=lambda path: -changed_ns.get(path, 0)))

    def _found(self, folder: str, shape: _Shape, *options: str) -> Found:
        depth = () if shape.depth is None else (f"--max-depth={shape.depth}",)
        found = list_files(self._cell, *depth, *options, name=shape.name, path=folder)
        below = "".join(f"{part}/" for part in (folder, *shape.lead) if part)
        lines = [line for line in found.lines if line.startswith(below)]
        if shape.rest is not None:
            kept = among((line[len(below) :] for line in lines), shape.rest)
            lines = [line for line in lines if line[len(below) :] in kept]
        return replace(found, lines=tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A pattern in parts that are quickly looked for, and what they leave open of it."""

    lead: tuple[str, ...]
    """Folders in which all lies that it covers."""
    depth: int | None
    """How many folders deep that can lie, these included; `None` for any."""
    name: str
    """A glob of the files' own names, in ripgrep's words."""
    rest: str | None
    """What has to be held against the path in those folders besides."""


def _shape(pattern: str) -> _Shape:
    parts = [part for part in pattern.split("/") if part not in {"", "."}]
    *folders, name = parts or [""]
    lead = (*takewhile(_PLAIN.fullmatch, folders),)
    inner = folders[len(lead) :]
    is_known = is_name(name)
    is_flat = is_known and not inner and name != "**"
    return _Shape(
        lead=lead,
        depth=len(lead) + 1 if is_flat else None,
        name=name if is_known else "*",
        rest=None if is_known and inner in ([], ["**"]) else "/".join((*inner, name)),
    )


def _listed(found: Found, pattern: str) -> str:
    if not found.lines:
        return f"No file matches `{pattern}`. Try `**/` in front of it, or a shorter pattern."
    text = "\n".join(map(plain, found.lines[:_MAX_FILES]))
    if len(found.lines) <= _MAX_FILES and found.is_all:
        return text
    return (
        f"{text}\n\n[Truncated: the first {_MAX_FILES} of {found.count} files. Use a narrower"
        " pattern or a path.]"
    )
