"""Ripgrep in the agent's cell: how Grep and Glob look at the tree."""

from __future__ import annotations

from dataclasses import dataclass
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

_REFUSALS = ("rg: ", "error: ")
"""How ripgrep's own words begin; what it finds begins with `./`."""
_TIMEOUT_S = 60.0
_OUTPUT_BYTES = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The lines of a search, in path order."""

    lines: tuple[str, ...]
    is_all: bool
    """Whether there are no others behind them."""

    @property
    def count(self) -> str:
        """How many there are, as far as that is known."""
        return str(len(self.lines)) if self.is_all else f"more than {len(self.lines)}"


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
    """Run ripgrep below `path`, as `place` returns it, and return what it printed.

    The path, without `./`, is a whole line or ends at a NUL; nothing is made plain yet.

    Raises:
        ToolError: Ripgrep is not there, refused the pattern, or took too long.
        SandboxError: The sandbox broke.
    """
    result = _run(cell, *options, path=path)
    if result.limit is LimitKind.OUTPUT:
        # Too much to take: what is taken has to be the same each time.
        result = _run(cell, "--sort=path", *options, path=path)
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
    # Sorted here: ripgrep searches with one thread where it has to keep an order.
    shown = sorted((line.removeprefix("./") for line in lines), key=_path_order)
    return Found(lines=tuple(shown), is_all=is_all)


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
