"""Commands with a model's words in them, on their way into the agent's cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import ToolError

if TYPE_CHECKING:
    from orchestrator.sandbox.sandbox import Cell, Command, CommandResult

_NO_CELL: Final = (
    "No command can run here, because this machine offers no sandbox. Read the files you need"
    " with Read, starting with those named in your task."
)
_MOST_BYTES: Final = 120_000
"""Of one word: a program can be given 131,072 at most, less what the walls add."""


def run_worded(cell: Cell | None, command: Command) -> CommandResult:
    """Run a command in the agent's cell.

    Raises:
        ToolError: There is no cell, or no program can be started with these words.
        CommandUnavailableError: The program is not installed.
        SandboxError: The sandbox broke.
    """
    if cell is None:
        raise ToolError(_NO_CELL)
    for word in command.argv:
        _check(word)
    return cell.run(command)


def _check(word: str) -> None:
    if "\0" in word:
        raise ToolError(
            "Nothing was run: a NUL character cannot be part of a command."
            " Write it as an escape, such as `\\x00`."
        )
    size_bytes = len(word.encode())
    if size_bytes > _MOST_BYTES:
        raise ToolError(
            f"Nothing was run: the command has {size_bytes:,} bytes, and {_MOST_BYTES:,} is the"
            " most. Put the text into a file with Write, and name that file."
        )
