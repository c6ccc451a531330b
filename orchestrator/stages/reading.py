"""What agents are told about the repository, read from the base commit and nowhere else."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.domain.globs import matches
from orchestrator.rendering.contexts import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.trees import TreeEntry

_LARGEST_BYTES = 200_000
_AGENTS = ".claude/agents/**/*.md"


class CommitFiles:
    """The files of one commit; the only place where settings and instructions come from."""

    def __init__(self, *, git: Git, commit: str) -> None:
        """Look at nothing yet; the paths are listed once."""
        self._git = git
        self._commit = commit

    @cached_property
    def _entries(self) -> Mapping[str, TreeEntry]:
        return {entry.path: entry for entry in self._git.list_paths(self._commit)}

    def read(self, path: str) -> bytes | None:
        """Return a regular file's bytes, or `None`; links are not followed."""
        entry = self._entries.get(path)
        return None if entry is None else self._git.content(entry)

    def paths(self) -> tuple[str, ...]:
        """Return every path, in git's order."""
        return tuple(self._entries)

    def text(self, path: str) -> str | None:
        """Return a file as text, or `None` for what is missing, large or not UTF-8."""
        content = self.read(path)
        if content is None or len(content) > _LARGEST_BYTES:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None


def read_conventions(files: CommitFiles, globs: Sequence[str]) -> tuple[Page, ...]:
    """Return the pages with the project's rules, in the order of the globs."""
    return tuple(Page(path=path, text=text) for path, text in read_texts(files, globs))


def read_agent_files(files: CommitFiles) -> dict[str, str]:
    """Return path → text of the repository's own agents."""
    return dict(read_texts(files, (_AGENTS,)))


def read_texts(files: CommitFiles, globs: Sequence[str]) -> list[tuple[str, str]]:
    """Return (path, text) of each text file that a glob covers, in the order of the globs."""
    paths = files.paths()
    wanted = dict.fromkeys(path for glob in globs for path in paths if matches(path, (glob,)))
    texts = ((path, files.text(path)) for path in wanted)
    return [(path, text) for path, text in texts if text is not None]
