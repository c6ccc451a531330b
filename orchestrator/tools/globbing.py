"""Glob: files by the shape of their path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import ToolError, UsageError
from orchestrator.domain.globs import matches
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.ripgrep import SearchTool, place, search, without_ignored
from orchestrator.tools.text import plain

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec
    from orchestrator.tools.ripgrep import Found

_MAX_FILES = 100


class GlobArguments(Arguments):
    """A pattern and where it begins."""

    pattern: str = Field(description="Glob such as `src/**/*.ts`.", min_length=1)
    path: str | None = Field(default=None, description="Folder the pattern is relative to.")


GLOB: Final = describe(
    "Glob",
    "Find files by a path pattern: `*` stays within a folder, `**` crosses folders. It answers"
    " with at most 100 paths, the most recently changed first. Files that git ignores are shown"
    " only when nothing else matches. Use it to learn the layout or to find a file by name; use"
    " Grep to search in files.",
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
        found = self._found(folder, pattern)
        if not found.lines:
            found = self._found(folder, _literal(pattern, "[]"))
        if found.is_all:
            found = without_ignored(self._cell, found, path=folder)
        else:
            found = self._among_shown(found, folder, pattern)
        note = ""
        if not found.lines:
            found = self._found(folder, pattern, "--no-ignore")
            note = "\n\n[Git ignores all of these.]" if found.lines else ""
        modified_ns = self._workspace.files.modified_ns(found.lines)
        newest_first = sorted(found.lines, key=lambda path: -modified_ns.get(path, 0))
        listed = _listed(replace(found, lines=tuple(newest_first)), wanted.pattern)
        return listed + note + found.note

    def _found(self, folder: str, pattern: str, *options: str) -> Found:
        anchored = "/".join(("", *filter(None, (_literal(folder, "*?[]{}!"), pattern))))
        wanted = ("--files", f"--glob={anchored}", *options)
        return search(self._cell, *wanted, path=folder)

    def _among_shown(self, found: Found, folder: str, pattern: str) -> Found:
        """Look through what git does not ignore, where all together is too much to take."""
        shown = search(self._cell, "--files", path=folder)
        if not shown.is_all:
            return found
        below = f"{folder}/" if folder else ""
        try:
            lines = [line for line in shown.lines if matches(line.removeprefix(below), (pattern,))]
        except UsageError as error:
            raise ToolError(f"{error} {error.hint}") from error
        return replace(shown, lines=tuple(lines))


def _literal(text: str, signs: str) -> str:
    """Return the text with these signs meaning themselves: frameworks name folders `[id]`."""
    return "".join(f"\\{char}" if char in signs else char for char in text)


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
