"""Ripgrep in the agent's cell: how Grep and Glob look at the tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError, ToolError
from orchestrator.sandbox.sandbox import Command, LimitKind
from orchestrator.tools.running import run_worded
from orchestrator.tools.text import plain
from orchestrator.tools.workspace import SCRATCH_PREFIX

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.sandbox.sandbox import Cell, CommandResult
    from orchestrator.tools.workspace import Workspace

_TROUBLE = 2
_REFUSALS = ("rg: ", "error: ")
"""How ripgrep's own words begin; what it finds begins with `./`."""
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
    found = _printed(_run(cell, *options, path=path))
    if not found.is_all:
        # Too much to take: what is taken has to be the same each time.
        found = _printed(_run(cell, "--sort=path", *options, path=path))
    # Sorted here: ripgrep searches with one thread where it has to keep an order.
    return replace(found, lines=tuple(sorted(found.lines, key=_path_order)))


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


def without_ignored(cell: Cell | None, found: Found, *, path: str) -> Found:
    """Leave out of a search with a glob what git ignores: to ripgrep the glob goes before that.

    More than can be taken is left as it is.

    Raises:
        ToolError: As `search`, and its other errors.
    """
    if not found.lines or not found.is_all:
        return found
    shown = _printed(_run(cell, "--files", path=path))
    if not shown.is_all:
        return found
    kept = frozenset(shown.lines)
    return replace(found, lines=tuple(line for line in found.lines if _is_of(line, kept)))


def _is_of(line: str, paths: frozenset[str]) -> bool:
    path = line.partition("\0")[0]
    # Of a binary file ripgrep says in a sentence that it matches.
    return path in paths or path.partition(": ")[0] in paths


def _path_order(line: str) -> list[str]:
    """Return what sorts lines as ripgrep sorts their paths: folder by folder."""
    return line.partition("\0")[0].split("/")


def _run(cell: Cell | None, *options: str, path: str) -> CommandResult:
    # What git ignores is left out, and nothing that only ripgrep would ignore.
    ignores = ("--hidden", "--no-ignore-dot")
    fixed = ("--no-config", "--color=never", "--no-messages", *ignores)
    command = Command(
        # The last glob wins: no wish of the model brings `.git` back.
        argv=("rg", *fixed, *options, "--glob=!.git", "--", f"./{path}"),
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
