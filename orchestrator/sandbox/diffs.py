"""What differs between two commits, as the domain's `Change`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.change import Change, FileChange, FileStatus
from orchestrator.domain.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.sandbox.plumbing import Plumbing

_OPTIONS = (
    *("-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    added: int
    removed: int
    is_binary: bool


def read_change(git: Plumbing, bare: Path, *, base: str, head: str, tree: str) -> Change:
    """Return the difference from `base` to `head`, both full commit ids.

    Raises:
        GitError: There is no such commit.
    """
    facts = git.call("diff-tree", "-z", "--raw", "--numstat", *_OPTIONS, base, head, git_dir=bare)
    patch = git.call("diff-tree", "-p", *_OPTIONS, base, head, git_dir=bare)
    return Change(
        base=base,
        head=head,
        tree=tree,
        files=tuple(_file_changes(facts.stdout)),
        diff=patch.stdout.decode(errors="replace"),
    )


def _file_changes(output: bytes) -> Iterator[FileChange]:
    # First all raw records (`:old new id id status NUL path NUL`), then all counts.
    fields = output.split(b"\0")
    statuses: dict[bytes, FileStatus] = {}
    position = 0
    while fields[position].startswith(b":"):
        statuses[fields[position + 1]] = _status(fields[position])
        position += 2
    counts: dict[bytes, _Count] = {}
    for record in fields[position:]:
        if record:
            added, removed, path = record.split(b"\t", 2)
            counts[path] = _counted(added, removed)
    for path, status in statuses.items():
        count = counts[path]
        yield FileChange(
            path=path.decode(errors="replace"),
            status=status,
            added_lines=count.added,
            removed_lines=count.removed,
            is_binary=count.is_binary,
        )


def _counted(added: bytes, removed: bytes) -> _Count:
    if added == b"-":
        return _Count(added=0, removed=0, is_binary=True)
    return _Count(added=int(added), removed=int(removed), is_binary=False)


def _status(record: bytes) -> FileStatus:
    _, _, old_id, new_id, letter = record.split(b" ")
    match letter[:1]:
        case b"A":
            return FileStatus.ADDED
        case b"D":
            return FileStatus.DELETED
        case b"M" if old_id == new_id:
            return FileStatus.MODE_CHANGED
        case b"M" | b"T":
            return FileStatus.MODIFIED
        case _:
            raise GitError(
                f"Git reported a difference of an unknown kind: {record!r}.",
                hint="Report this with the version of git on this machine.",
            )
