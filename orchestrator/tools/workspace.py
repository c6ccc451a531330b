"""One agent's view of its worktree: paths, what it has read, what it may write."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from orchestrator.domain.errors import SandboxError, ToolError, ToolRefusedError

if TYPE_CHECKING:
    from orchestrator.tools.write_rules import WriteRules

SCRATCH_PREFIX: Final = ".orchestrator-scratch/"
"""Names under it are not files: they are long outputs kept for Read."""
_KEPT_OUTPUTS = 20


class Files(Protocol):
    """The tree, reached without following a link; `sandbox.files.TreeFiles` is the real one."""

    def read(self, path: str) -> bytes:
        """Return a regular file's bytes."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Set a regular file's bytes, making its folders."""
        ...


@dataclass(slots=True, kw_only=True)
class Workspace:
    """The worktree as one agent knows it; it remembers what the agent has seen."""

    files: Files
    rules: WriteRules
    roots: tuple[str, ...] = ()
    """Absolute paths by which commands may name the tree; never shown, only understood."""
    _seen: dict[str, str] = field(default_factory=dict)
    _outputs: dict[str, str] = field(default_factory=dict)
    _output_count: int = 0

    def relative(self, file_path: str) -> str:
        """Return the path relative to the repository root.

        Raises:
            ToolError: It is empty, leaves the repository or is inside `.git`.
        """
        path = self.without_roots(file_path.strip().replace("\\", "/"))
        if not path:
            raise ToolError("file_path is empty. Give a path relative to the repository root.")
        if path.startswith(("/", "~")):
            raise ToolError(
                f"`{path}` is outside the repository. Give a path relative to its root,"
                " such as `src/main.py`."
            )
        plain = posixpath.normpath(path)
        if plain == ".." or plain.startswith("../"):
            raise ToolError(f"`{path}` leaves the repository, which is all you can see.")
        if any(part.casefold() == ".git" for part in plain.split("/")):
            raise ToolError(
                "The `.git` folder is not yours to read or change; use git commands in Bash to"
                " look at the history."
            )
        return plain

    def without_roots(self, text: str) -> str:
        """Return the text with the tree's absolute paths made relative."""
        for root in self.roots:
            text = text.replace(f"{root.rstrip('/')}/", "")
            text = "." if text == root.rstrip("/") else text
        return text

    def read(self, path: str) -> bytes:
        """Return a file's bytes; `path` as `relative` returns it.

        Raises:
            ToolError: There is no such regular file.
        """
        try:
            return self.files.read(path)
        except FileNotFoundError as error:
            raise ToolError(
                f"`{path}` does not exist. Use Glob to find the file's path."
            ) from error
        except IsADirectoryError as error:
            raise ToolError(
                f"`{path}` is a folder. List it with Glob: pattern `{path}/*`."
            ) from error
        except SandboxError as error:
            raise ToolError(f"{error} {error.hint}") from error

    def current(self, path: str) -> bytes | None:
        """Return a file's bytes, or `None` when there is no such file yet.

        Raises:
            ToolError: Something that is not a regular file stands there.
        """
        try:
            return self.files.read(path)
        except FileNotFoundError:
            return None
        except (IsADirectoryError, SandboxError):
            return self.read(path)

    def write(self, path: str, content: bytes) -> None:
        """Store a file and remember it as seen.

        Raises:
            ToolRefusedError: The rules do not let this agent write there.
            ToolError: The path cannot be written.
        """
        self.check_may_write(path)
        try:
            self.files.write(path, content)
        except IsADirectoryError as error:
            raise ToolError(f"`{path}` is a folder; choose a file name in it.") from error
        except (FileExistsError, NotADirectoryError) as error:
            raise ToolError(
                f"`{path}` cannot be made: a part of its path is a file, not a folder."
            ) from error
        except SandboxError as error:
            raise ToolError(f"{error} {error.hint}") from error
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


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
