"""Ripgrep in the agent's cell: how Grep and Glob look at the tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError, ToolError, UsageError
from orchestrator.domain.globs import matches
from orchestrator.sandbox.sandbox import Command, LimitKind
from orchestrator.tools.running import run_worded
from orchestrator.tools.text import plain
from orchestrator.tools.workspace import SCRATCH_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.json import JsonObject
    from orchestrator.sandbox.sandbox import Cell, CommandResult
    from orchestrator.tools.workspace import Workspace

_TROUBLE = 2
_REFUSALS = ("rg: ", "error: ")
"""How ripgrep's own words begin; what it finds begins with `./`."""
_NO_GIT = "--glob=!.git"
"""The last glob wins: no wish of the model brings `.git` back."""
_THREADS = "--threads=8"
"""Listing waits for the kernel more than it reckons: as many as cores leave these idle."""
_NAME = re.compile(r"(?:[^\[\]{}\\:/]|\{[^\[\]{}\\:/]*\})+")
_TIMEOUT_S = 60.0
_OUTPUT_BYTES = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The lines of a search."""

    lines: tuple[str, ...]
    is_all: bool
    """Whether there are no others behind them."""
    has_unread: bool = False
    """Whether something could not be looked into."""

    @property
    def count(self) -> str:
        """How many there are, as far as that is known."""
        return str(len(self.lines)) if self.is_all else f"more than {len(self.lines)}"

    @property
    def note(self) -> str:
        """What has to be said below an answer, if anything."""
        return "\n\n[Some files or folders could not be read.]" if self.has_unread else ""


class SearchTool:
    """What the tools have in common that look for a pattern in the agent's cell."""

    is_read_only = False
    """A cell serves one command at a time."""

    def __init__(self, workspace: Workspace, cell: Cell | None) -> None:
        """Search this worktree; without a cell every call is refused with the reason."""
        self._workspace = workspace
        self._cell = cell

    def subject(self, arguments: JsonObject) -> str:
        """Return the pattern."""
        return str(arguments.get("pattern", ""))


def search(cell: Cell | None, *options: str, path: str) -> Found:
    """Run ripgrep below `path`, as `place` returns it, and return its lines in path order.

    The path, without `./`, is a whole line or ends at a NUL; nothing is made plain yet.

    Raises:
        ToolError: Ripgrep is not there, refused the pattern, or took too long.
        SandboxError: The sandbox broke.
    """
    found = _taken(cell, *options, _NO_GIT, path=path)
    # Sorted here: ripgrep searches with one thread where it has to keep an order.
    return replace(found, lines=tuple(sorted(found.lines, key=path_order)))


def list_files(cell: Cell | None, *options: str, name: str, path: str) -> Found:
    """List files below `path`, as `place` returns it, in any order.

    Args:
        cell: Where it is run.
        options: More of ripgrep's.
        name: A glob of the last part of their paths; see `is_name`.
        path: Relative to the root.

    Raises:
        ToolError: As `search`, and its other errors.
    """
    # That `.git` is left out ripgrep would hold against each path, a quarter of its time.
    found = _taken(cell, "--files", _THREADS, *options, *of_name(name), path=path)
    return replace(found, lines=tuple(line for line in found.lines if not _is_gits(line)))


def is_name(glob: str) -> bool:
    """Tell whether ripgrep can look for a glob among files' own names, and takes it as we do."""
    return _NAME.fullmatch(glob) is not None


def of_name(name: str) -> tuple[str, ...]:
    """Return the options that leave files of other names out.

    With a type, not a glob: that would bring back what git ignores.
    """
    return (f"--type-add=wanted:{name}", "--type=wanted") if name.strip("*") else ()


def _taken(cell: Cell | None, *options: str, path: str) -> Found:
    found = _printed(_run(cell, *options, path=path))
    if found.is_all:
        return found
    # Too much to take: what is taken has to be the same each time.
    return _printed(_run(cell, "--sort=path", *options, path=path))


def _printed(result: CommandResult) -> Found:
    is_all = result.limit is not LimitKind.OUTPUT
    if result.limit is not None and is_all:
        raise ToolError(
            f"The search met the {result.limit} limit. Narrow it: give a path or a glob."
        )
    output = result.output.replace("\r\n", "\n")
    if output.startswith(_REFUSALS):
        raise ToolError(f"ripgrep refused the search:\n{plain(output).strip()}")
    *lines, last = output.split("\n")
    if last and is_all:
        lines.append(last)
    return Found(
        lines=tuple(line.removeprefix("./") for line in lines),
        is_all=is_all,
        has_unread=result.exit_code == _TROUBLE,
    )


def _is_gits(path: str) -> bool:
    # A folder, or the file that stands for it in a submodule.
    return ".git" in path and "/.git/" in f"/{path}/"


def among(paths: Iterable[str], pattern: str) -> frozenset[str]:
    """Return the paths that a glob covers.

    Raises:
        ToolError: It stands for too many others.
    """
    try:
        return frozenset(path for path in paths if matches(path, (pattern,)))
    except UsageError as error:
        raise ToolError(f"{error} {error.hint}") from error


def path_order(line: str) -> str:
    """Return what sorts lines as ripgrep sorts their paths: folder by folder."""
    return line.partition("\0")[0].replace("/", "\0")


def _run(cell: Cell | None, *options: str, path: str) -> CommandResult:
    # What git ignores is left out, and nothing that only ripgrep would ignore.
    ignores = ("--hidden", "--no-ignore-dot")
    fixed = ("--no-config", "--color=never", "--no-messages", *ignores)
    command = Command(
        argv=("rg", *fixed, *options, "--", f"./{path}"),
        timeout_s=_TIMEOUT_S,
        output_bytes=_OUTPUT_BYTES,
    )
    try:
        return run_worded(cell, command)
    except CommandUnavailableError as error:
        raise ToolError(
            "Searching needs ripgrep (`rg`), which is not installed in this sandbox. Use Bash with"
            " `grep -rn` or `find` instead."
        ) from error


def place(workspace: Workspace, path: str | None) -> str:
    """Return where to search, relative to the repository root.

    Raises:
        ToolError: The path is outside the repository, absent, or names a kept output.
    """
    if path is None or path.strip() in {"", ".", "./", "/"}:
        return ""
    relative = workspace.relative(path)
    if f"{relative}/".startswith(SCRATCH_PREFIX):
        raise ToolError("Kept outputs are not files: Read them, with offset and limit.")
    if not workspace.has(relative):
        raise ToolError(
            f"`{relative}` does not exist, so nothing was searched. Use Glob to find the right"
            " path."
        )
    return relative
