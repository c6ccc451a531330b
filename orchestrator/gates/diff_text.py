"""A unified diff as lines per file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

if TYPE_CHECKING:
    from unidiff.patch import PatchedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What was added to and removed from one file."""

    path: str
    added: tuple[tuple[int, str], ...]
    """(line in the new file, text)."""
    removed: tuple[tuple[int, str], ...]
    """(line in the old file, text)."""
    is_new: bool
    is_deleted: bool
    header: str
    """Modes, similarity and object ids, as git prints them."""

    @property
    def added_text(self) -> str:
        """All added lines."""
        return "\n".join(text for _, text in self.added)


@lru_cache(maxsize=4)
def parse_diff(diff: str) -> tuple[FileDiff, ...] | None:
    """Return the files of a diff, `None` when it is not one."""
    try:
        return tuple(_file(patched) for patched in PatchSet(diff))
    except UnidiffParseError:
        return None


def _file(patched: PatchedFile) -> FileDiff:
    lines = [line for hunk in patched for line in hunk]
    return FileDiff(
        path=patched.path,
        added=tuple(
            (line.target_line_no or 0, line.value.rstrip("\r\n")) for line in lines if line.is_added
        ),
        removed=tuple(
            (line.source_line_no or 0, line.value.rstrip("\r\n"))
            for line in lines
            if line.is_removed
        ),
        is_new=patched.is_added_file,
        is_deleted=patched.is_removed_file,
        header=str(patched.patch_info or ""),
    )
