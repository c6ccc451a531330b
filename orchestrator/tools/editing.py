"""Edit and MultiEdit: exact replacements in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import ToolError
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.replacing import Replaced, excerpt, replace
from orchestrator.tools.text import as_stored
from orchestrator.tools.text_file import TextFile, syntax_problem
from orchestrator.tools.workspace import FileTool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec
    from orchestrator.tools.workspace import Workspace


class Replacement(Arguments):
    """One replacement."""

    old_string: str = Field(description="Exact text to replace, with its white space.")
    new_string: str = Field(description="The text to put there.")
    replace_all: bool = Field(default=False, description="Replace every occurrence.")


class EditArguments(Arguments):
    """One replacement in one file."""

    file_path: str = Field(description="Path relative to the repository root.")
    old_string: str = Field(description="Exact text to replace, with its white space.")
    new_string: str = Field(description="The text to put there.")
    replace_all: bool = Field(default=False, description="Replace every occurrence.")


class MultiEditArguments(Arguments):
    """Several replacements in one file."""

    file_path: str = Field(description="Path relative to the repository root.")
    edits: tuple[Replacement, ...] = Field(
        description="Applied in order, all or none.", min_length=1
    )


EDIT: Final = describe(
    "Edit",
    "Replace text in a file. old_string must be in the file exactly once, white space included;"
    " add surrounding lines to make it unique, or set replace_all. Read the file first, and leave"
    " out the line numbers that Read shows. The answer shows the changed lines. Change only files"
    " of your task.",
    EditArguments,
    strict=True,
)
MULTI_EDIT: Final = describe(
    "MultiEdit",
    "Make several replacements in one file at once. The edits are applied in order, each to the"
    " result of the one before; if one fails, none is made. Each follows the rules of Edit."
    " Prefer it to several Edit calls on the same file.",
    MultiEditArguments,
    strict=True,
)


class EditTool(FileTool):
    """Makes one replacement."""

    spec: ToolSpec = EDIT
    is_read_only = False

    def call(self, arguments: JsonObject) -> str:
        """Replace and show the changed lines.

        Raises:
            ToolError: The text is absent, not unique, or the file is not readable or unread.
            ToolRefusedError: This agent may not write the file.
        """
        wanted = parse(EDIT, EditArguments, arguments)
        edit = Replacement(
            old_string=wanted.old_string,
            new_string=wanted.new_string,
            replace_all=wanted.replace_all,
        )
        return _edited(self._workspace, wanted.file_path, (edit,))


class MultiEditTool(FileTool):
    """Makes several replacements, or none."""

    spec: ToolSpec = MULTI_EDIT
    is_read_only = False

    def call(self, arguments: JsonObject) -> str:
        """Replace in order and show the changed lines of the last edit.

        Raises:
            ToolError: One edit does not apply, its number is named; nothing was changed.
            ToolRefusedError: This agent may not write the file.
        """
        wanted = parse(MULTI_EDIT, MultiEditArguments, arguments)
        return _edited(self._workspace, wanted.file_path, wanted.edits)


def _edited(workspace: Workspace, file_path: str, edits: Sequence[Replacement]) -> str:
    path = workspace.relative(file_path)
    content = workspace.current(path)
    if content is None:
        raise ToolError(
            f"`{path}` does not exist. Use Write to create it, or Glob to find the right path."
        )
    workspace.check_may_write(path)
    if not workspace.has_seen(path):
        raise ToolError(f"Read `{path}` before you edit it.")
    before = TextFile.decode(path, content)
    is_stale = not workspace.is_as_seen(path, content)
    done = _replaced(before, edits, path=path, is_stale=is_stale)
    after = before.with_text(done.text)
    workspace.write(path, after.encode())
    shown = excerpt(after.text, done.first_line, edits[-1].new_string.count("\n") + 1)
    made = f"{len(edits)} edits made" if len(edits) > 1 else f"{done.count} replaced"
    parts = [f"`{path}`: {made}.", shown]
    if is_stale:
        parts.append("Note: the file had changed since you read it; the edit fitted all the same.")
    problem = new_problem(path, before.text, after.text)
    return "\n".join([*parts, *([problem] if problem else [])])


def _replaced(
    before: TextFile, edits: Sequence[Replacement], *, path: str, is_stale: bool
) -> Replaced:
    text = before.text
    done = None
    for number, edit in enumerate(edits, start=1):
        old = before.with_text(edit.old_string).text
        new = before.with_text(edit.new_string).text
        if old not in text and as_stored(old) in text:
            old, new = as_stored(old), as_stored(new)
        try:
            done = replace(text, old, new, everywhere=edit.replace_all)
        except ToolError as error:
            which = f"Edit {number} of {len(edits)}: " if len(edits) > 1 else ""
            stale = f" `{path}` has changed since you read it: Read it again." if is_stale else ""
            none = " No edit was made." if len(edits) > 1 else ""
            raise ToolError(f"{which}{error}{stale}{none}") from error
        text = done.text
    if done is None or text == before.text:
        raise ToolError("The edits cancel each other out: nothing would change.")
    return done


def new_problem(path: str, before: str, after: str) -> str | None:
    """Return a warning when text that could be read as Python or JSON no longer can."""
    problem = syntax_problem(path, after)
    if problem is None or (before and syntax_problem(path, before) is not None):
        return None
    return f"WARNING: `{path}` is no longer valid, {problem}. It was written; correct it now."
