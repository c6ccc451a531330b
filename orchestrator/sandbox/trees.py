"""Reading and writing git trees, path by path."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import GitError
from orchestrator.sandbox.refnames import checked_object_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.sandbox.plumbing import Plumbing

REGULAR = "100644"
EXECUTABLE = "100755"
SYMLINK = "120000"
GITLINK = "160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One path of a tree."""

    mode: str
    object_id: str
    path: str
    """Relative, with slashes; bytes that are not UTF-8 appear as lone surrogates."""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode in {REGULAR, EXECUTABLE}


def read_entries(git: Plumbing, bare: Path, treeish: str) -> tuple[TreeEntry, ...]:
    """Return every path of a commit or tree, in git's order.

    Raises:
        GitError: There is no such object.
    """
    listing = git.call("ls-tree", "-r", "-z", checked_object_id(treeish), git_dir=bare).stdout
    return tuple(_parsed(line) for line in listing.split(b"\0") if line)


def find_entry(git: Plumbing, bare: Path, treeish: str, path: str) -> TreeEntry | None:
    """Return the entry of one path, or `None`; a folder has no entry.

    Raises:
        GitError: There is no such object.
    """
    operands = (checked_object_id(treeish), "--", path)
    listing = git.call("ls-tree", "-r", "-z", *operands, git_dir=bare).stdout
    entries = (_parsed(line) for line in listing.split(b"\0") if line)
    return next((entry for entry in entries if entry.path == path), None)


def read_blob(git: Plumbing, bare: Path, object_id: str) -> bytes:
    """Return a blob's bytes.

    Raises:
        GitError: There is no such blob.
    """
    return git.call("cat-file", "blob", checked_object_id(object_id), git_dir=bare).stdout


def write_blob(git: Plumbing, bare: Path, content: bytes) -> str:
    """Store bytes exactly as they are and return the blob's id."""
    ending = git.call("hash-object", "-w", "--no-filters", "--stdin", git_dir=bare, stdin=content)
    return ending.stdout.decode().strip()


def write_entries(git: Plumbing, bare: Path, entries: Iterable[TreeEntry]) -> str:
    """Write a tree with exactly these paths and return its id.

    Raises:
        GitError: Git refuses a path (`.git` in any disguise, `..`), or an object is missing.
    """
    lines = b"".join(
        f"{entry.mode} {entry.object_id}\t".encode()
        + entry.path.encode(errors="surrogateescape")
        + b"\0"
        for entry in entries
    )
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.call("read-tree", "--empty", git_dir=bare, environment=index)
        ending = git.call(
            "update-index", "-z", "--index-info", git_dir=bare, environment=index, stdin=lines
        )
        if ending.stderr:
            # Git leaves out a path that it finds dangerous, and ends well all the same.
            raise GitError(
                f"Git refused a path: {ending.stderr.decode(errors='replace').strip()}",
                hint="Remove or rename the path; it would be dangerous to check out.",
            )
        return git.call("write-tree", git_dir=bare, environment=index).stdout.decode().strip()


def _parsed(line: bytes) -> TreeEntry:
    facts, _, path = line.partition(b"\t")
    mode, _, object_id = facts.decode().split(" ")
    return TreeEntry(mode=mode, object_id=object_id, path=path.decode(errors="surrogateescape"))
