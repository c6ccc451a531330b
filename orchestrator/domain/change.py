"""What a task or a run changed, as git says."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.domain.frozen import Frozen


class FileStatus(StrEnum):
    """How a path differs."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    MODE_CHANGED = "mode_changed"


class FileChange(Frozen):
    """One changed path; renames appear as a deletion and an addition."""

    path: str
    status: FileStatus
    added_lines: int
    """0 for binary files."""
    removed_lines: int
    is_binary: bool = False


class Change(Frozen):
    """The difference between two commits of the run's own repository."""

    base: str
    head: str
    tree: str
    files: tuple[FileChange, ...]
    diff: str = ""
    """Unified diff; bytes that are not UTF-8 appear as U+FFFD."""

    @property
    def lines(self) -> int:
        """Added plus removed lines over all files."""
        return sum(file.added_lines + file.removed_lines for file in self.files)
