"""Write: a whole file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import ToolError
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.editing import new_problem
from orchestrator.tools.text_file import TextFile
from orchestrator.tools.workspace import FileTool

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec


class WriteArguments(Arguments):
    """A file and its whole text."""

    file_path: str = Field(description="Path relative to the repository root.")
    content: str = Field(description="The whole text of the file.")


WRITE: Final = describe(
    "Write",
    "Create a file, or set the whole text of an existing one. Folders are made as needed. Read an"
    " existing file before you overwrite it; prefer Edit for a change to a part. Write only files"
    " of your task.",
    WriteArguments,
    strict=True,
)


class WriteTool(FileTool):
    """Sets whole files."""

    spec: ToolSpec = WRITE
    is_read_only = False

    def call(self, arguments: JsonObject) -> str:
        """Write the file and say how many lines it has.

        Raises:
            ToolError: The existing file was not read or has changed since, or nothing changes.
            ToolRefusedError: This agent may not write or create the file.
        """
        wanted = parse(WRITE, WriteArguments, arguments)
        path = self._workspace.relative(wanted.file_path)
        self._workspace.check_may_write(path)
        content = self._workspace.current(path)
        before = self._known(path, content)
        after = before.with_text(wanted.content)
        if content is not None and after.text == before.text:
            raise ToolError(f"`{path}` already has exactly this text: nothing would change.")
        self._workspace.write(path, after.encode())
        verb = "created" if content is None else "overwritten"
        lines = len(after.text.removesuffix("\n").split("\n")) if after.text else 0
        problem = new_problem(path, before.text, after.text)
        return f"`{path}` {verb}, {lines} lines." + (f"\n{problem}" if problem else "")

    def _known(self, path: str, content: bytes | None) -> TextFile:
        if content is None:
            return TextFile(text="")
        if not self._workspace.has_seen(path):
            raise ToolError(f"`{path}` exists. Read it before you overwrite it.")
        if not self._workspace.is_as_seen(path, content):
            raise ToolError(f"`{path}` has changed since you read it. Read it again first.")
        return TextFile.decode(path, content)
