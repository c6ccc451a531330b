"""One agent's view of its worktree: paths, what it has read, what it may write."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import ToolError, ToolRefusedError
from orchestrator.sandbox.tree_paths import FileRefusedError, Refusal, checked_parts

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.sandbox.files import TreeFiles
    from orchestrator.tools.write_rules import WriteRules

SCRATCH_PREFIX: Final = ".orchestrator-scratch/"
"""Names under it are not files: they are long outputs kept for Read."""
_KEPT_OUTPUTS = 20
_ADVICE: Final = {
    Refusal.ABSENT: " Use Glob to find the right path.",
    Refusal.FOLDER: " List it with Glob, pattern `*` and this path.",
    Refusal.TOO_LARGE: " Use Grep to find the part you need.",
}


@dataclass(slots=True, kw_only=True)
class Workspace:
    """The worktree as one agent knows it; it remembers what the agent has seen."""

    files: TreeFiles
    rules: WriteRules
    roots: tuple[str, ...] = ()
    """Absolute paths by which commands may name the tree; never shown, only understood."""
    _seen: dict[str, str] = field(default_factory=dict)
    _outputs: dict[str, str] = field(default_factory=dict)
    _output_count: int = 0

    def relative(self, file_path: str) -> str:
        """Return the path relative to the repository root.

        Raises:
            ToolError: It is empty, leaves the repository or belongs to git.
        """
        path = self.without_roots(file_path.strip().replace("\\", "/"))
        if not path:
            raise ToolError("file_path is empty. Give a path relative to the repository root.")
        if path.startswith(("/", "~")):
            raise ToolError(
                f"`{path}` is outside the repository. Give a path relative to its root,"
                " such as `src/main.py`."
            )
        return "/".join(checked_parts(path))

    def without_roots(self, text: str) -> str:
        """Return the text with the tree's absolute paths made relative."""
        for root in filter(None, (root.rstrip("/") for root in self.roots)):
            text = re.sub(rf"{re.escape(root)}(/|(?![\w.-]))", _relative_part, text)
        return text

    def read(self, path: str) -> bytes:
        """Return a file's bytes; `path` as `relative` returns it.

        Raises:
            ToolError: There is no such regular file, or it is too large.
        """
        try:
            return self.files.read(path)
        except FileRefusedError as error:
            raise ToolError(f"{error}{_ADVICE.get(error.refusal, '')}") from error

    def current(self, path: str) -> bytes | None:
        """Return a file's bytes, or `None` when there is no such file yet.

        Raises:
            ToolError: Something that is not a regular file stands there.
        """
        try:
            return self.files.read(path)
        except FileRefusedError as error:
            if error.refusal is Refusal.ABSENT:
                return None
            raise

    def has(self, path: str) -> bool:
        """Tell whether anything stands at a path, be it a link; `path` as `relative` returns it."""
        try:
            return self.files.exists(path)
        except FileRefusedError:
            return True

    def write(self, path: str, content: bytes) -> None:
        """Store a file and remember it as seen.

        Raises:
            ToolRefusedError: The rules do not let this agent write there.
            ToolError: The path cannot be written.
        """
        self.check_may_write(path)
        self.files.write(path, content)
        self.remember(path, content)

    def check_may_write(self, path: str) -> None:
        """Refuse a path that this agent may not write.

        Raises:
            ToolRefusedError: Names the rule and what to do instead.
        """
        reason = self.may_write(path)
        if reason is not None:
            raise ToolRefusedError(reason)

    def may_write(self, path: str) -> str | None:
        """Return why this agent may not write the path, or `None`."""
        if path.startswith(SCRATCH_PREFIX):
            return "Kept outputs can only be read. Choose a path of your task."
        return self.rules.refusal(path, is_new=self.current(path) is None)

    def remember(self, path: str, content: bytes) -> None:
        """Note that the agent knows these bytes of the file."""
        self._seen[path] = _digest(content)

    def has_seen(self, path: str) -> bool:
        """Tell whether the agent has read or written the file at all."""
        return path in self._seen

    def is_as_seen(self, path: str, content: bytes) -> bool:
        """Tell whether the file still is what the agent last saw."""
        return self._seen.get(path) == _digest(content)

    def keep_output(self, label: str, text: str) -> str:
        """Keep a long text for Read and return the path to read it by; the oldest go first."""
        self._output_count += 1
        path = f"{SCRATCH_PREFIX}{label}-{self._output_count}.txt"
        self._outputs[path] = text
        while len(self._outputs) > _KEPT_OUTPUTS:
            del self._outputs[next(iter(self._outputs))]
        return path

    def output(self, path: str) -> str | None:
        """Return a kept text, or `None` when the path does not name one.

        Raises:
            ToolError: It was one, and is no longer kept.
        """
        if not path.startswith(SCRATCH_PREFIX):
            return None
        if path not in self._outputs:
            kept = ", ".join(self._outputs) or "none"
            raise ToolError(f"`{path}` is no longer kept (kept: {kept}). Run the command again.")
        return self._outputs[path]


class FileTool:
    """What the tools have in common that work on one file of the worktree."""

    def __init__(self, workspace: Workspace) -> None:
        """Work in this worktree."""
        self._workspace = workspace

    def subject(self, arguments: JsonObject) -> str:
        """Return the path."""
        return str(arguments.get("file_path", ""))


def _relative_part(found: re.Match[str]) -> str:
    return "" if found[1] else "."


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
