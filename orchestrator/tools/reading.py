"""Read: a file with line numbers, one part at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import ToolError
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.text import RESULT_CHARS, numbered_line
from orchestrator.tools.text_file import TextFile
from orchestrator.tools.workspace import FileTool

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec


class ReadArguments(Arguments):
    """Which part of which file."""

    file_path: str = Field(description="Path relative to the repository root.")
    offset: int | None = Field(default=None, ge=0, description="First line to show, from 1.")
    limit: int | None = Field(default=None, ge=1, description="How many lines to show.")


READ: Final = describe(
    "Read",
    "Show a text file with line numbers. Without offset and limit it shows the whole file; of a"
    " long file the first part, with a notice how to go on. Read what you are about to change,"
    " and the nearest similar code. Call it for several files in one turn when you need them all."
    " The number and tab in front of a line are not part of the file. Folders: use Glob.",
    ReadArguments,
    strict=False,
)


class ReadTool(FileTool):
    """Shows files, and remembers that the agent has seen them."""

    spec: ToolSpec = READ
    is_read_only = True

    def call(self, arguments: JsonObject) -> str:
        """Return the numbered lines, or a notice why there are none.

        Raises:
            ToolError: No such text file, or the wanted range is too long to show.
        """
        wanted = parse(READ, ReadArguments, arguments)
        path = self._workspace.relative(wanted.file_path)
        text = self._workspace.output(path)
        if text is None:
            content = self._workspace.read(path)
            text = TextFile.decode(path, content).text
            self._workspace.remember(path, content)
        return _shown(path, text, wanted)


def _shown(path: str, text: str, wanted: ReadArguments) -> str:
    if not text:
        return f"`{path}` exists and is empty (0 lines)."
    lines = text.removesuffix("\n").split("\n")
    first = wanted.offset or 1
    if first > len(lines):
        return f"`{path}` has {len(lines)} lines; line {first} is past its end."
    last = len(lines) if wanted.limit is None else min(len(lines), first + wanted.limit - 1)
    shown, used = _fitting(lines, first, last)
    if used < last and wanted.limit is not None:
        raise ToolError(
            f"Lines {first}-{last} of `{path}` are more than {RESULT_CHARS} characters. Ask for a"
            f" smaller limit ({used - first + 1} lines fit), or Grep for the part you need."
        )
    if used < last:
        return (
            f"{shown}\n\n[PARTIAL view of `{path}`: lines {first}-{used} of {len(lines)}. Go on"
            f" with offset {used + 1}, or Grep for the part you need.]"
        )
    return shown


def _fitting(lines: list[str], first: int, last: int) -> tuple[str, int]:
    """Return numbered lines up to the size limit, at least one, and the last one's number."""
    shown: list[str] = []
    size = 0
    for number in range(first, last + 1):
        line = numbered_line(lines[number - 1], number)
        size += len(line) + 1
        if shown and size > RESULT_CHARS:
            return "\n".join(shown), number - 1
        shown.append(line)
    return "\n".join(shown), last
