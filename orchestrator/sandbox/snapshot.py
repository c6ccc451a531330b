"""From an agent's tree to a git tree, without ever running git where the agent could wait for it.

The tree is walked with descriptors. What is not a plain file or a harmless link is skipped and
reported, and keeps the value it had in the base commit, if it had one.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox import trees
from orchestrator.sandbox.files import (
    DEEPEST,
    FileKind,
    TreeFiles,
    kind_of,
    names_in,
    open_file,
    translated,
)
from orchestrator.sandbox.hostile_names import folds_to_gitmodules, name_problem
from orchestrator.sandbox.sandbox import Command
from orchestrator.sandbox.tree_paths import FileRefusedError, Refusal
from orchestrator.sandbox.trees import TreeEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.sandbox import Cell

_LISTING_BYTES = 32_000_000
_LISTING_S = 120.0
_CHUNK_BYTES = 1 << 20
# An index and a configuration of its own: what the agent did to its `.git` and its home has no
# say in what is ignored. A warning of git's would hide the first file behind it.
_LIST_NEW_FILES = """
folder=$(mktemp -d 2>/dev/null || mktemp -d /tmp/list-XXXXXX) || exit
said=$(git init --quiet --bare "$folder" 2>&1) || { printf %s "$said"; exit 1; }
git --git-dir="$folder" --work-tree=. ls-files -z --others --exclude-standard 2>/dev/null
ended=$?; rm -rf "$folder"; exit $ended
"""
_NOT_LISTED = "its permissions keep what is in it from being listed"
_LISTABLE = stat.S_IRUSR | stat.S_IXUSR


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotLimits:
    """How much may change in one tree."""

    file_bytes: int = 10_000_000
    total_bytes: int = 200_000_000
    files: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A path that was left as it was in the base commit."""

    path: str
    """Bytes that are not UTF-8 appear as U+FFFD."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotReport:
    """What was taken and what was not."""

    tree: str
    skipped: tuple[Skipped, ...]


def take_snapshot(
    git: Git,
    *,
    base: str,
    root: Path,
    cell: Cell | None,
    limits: SnapshotLimits | None = None,
) -> SnapshotReport:
    """Write the tree of `root` into the run's repository.

    Args:
        git: The run's repository.
        base: The commit that `root` was filled from.
        root: The agent's folder.
        cell: Where git may list ignored files; without one, no file counts as ignored.
        limits: Bounds of what may be new or different.

    Raises:
        SandboxError: The tree could not be listed.
        GitError: Objects could not be written.
    """
    kept = {entry.path: entry for entry in trees.read_entries(git.plumbing, git.bare, base)}
    fresh = _listed(cell) if cell else None
    walk = _Walk(
        git=git,
        files=TreeFiles(root),
        base=kept,
        fresh=fresh,
        limits=limits or SnapshotLimits(),
    )
    walk.run()
    return SnapshotReport(
        tree=git.write_tree_from(walk.taken.values()), skipped=tuple(walk.skipped)
    )


def _listed(cell: Cell) -> frozenset[str]:
    result = cell.run(
        Command(
            argv=("sh", "-c", _LIST_NEW_FILES),
            timeout_s=_LISTING_S,
            output_bytes=_LISTING_BYTES,
            environment={"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
        )
    )
    if result.exit_code != 0:
        met = f"at its {result.limit.value} limit" if result.limit else result.output[:500]
        raise SandboxError(
            f"The new files of a task could not be listed: {met}",
            hint="Ignore generated folders in .gitignore, so that there are fewer new files.",
        )
    return frozenset(path for path in result.output.split("\0") if path)


def _folders_of(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        folder = posixpath.dirname(path.rstrip("/"))
        while folder:
            yield folder
            folder = posixpath.dirname(folder)


@dataclass(slots=True, kw_only=True)
class _Walk:
    git: Git
    files: TreeFiles
    base: dict[str, TreeEntry]
    fresh: frozenset[str] | None
    limits: SnapshotLimits
    taken: dict[str, TreeEntry] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    _worthwhile: frozenset[str] = frozenset()
    _bytes_left: int = 0
    _files_left: int = 0

    def run(self) -> None:
        self._bytes_left = self.limits.total_bytes
        self._files_left = self.limits.files
        self._worthwhile = frozenset(_folders_of((*self.base, *(self.fresh or ()))))
        self.taken |= {path: entry for path, entry in self.base.items() if not _is_walked(entry)}
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                waiting += self._visit(folder)
            except FileRefusedError as refused:
                self._skip(folder, str(refused))

    def _visit(self, folder: str) -> list[str]:
        below: list[str] = []
        with self.files.folder(folder or ".") as descriptor:
            if not self._was_listed(os.fstat(descriptor)):
                raise FileRefusedError(folder or ".", Refusal.FORBIDDEN, _NOT_LISTED)
            for name in names_in(descriptor):
                path = f"{folder}/{name}" if folder else name
                if path == ".git":
                    continue
                if problem := name_problem(name):
                    self._skip(path, problem)
                elif self._entry(descriptor, name, path):
                    below.append(path)
        return below

    def _entry(self, folder: int, name: str, path: str) -> bool:
        """Take one entry; return whether it is a folder to visit."""
        try:
            with translated(path):
                facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
                kind = kind_of(facts)
                if kind is FileKind.FOLDER:
                    return self._is_worth_a_visit(path, facts)
                if kind is FileKind.SPECIAL or self._is_wanted(path):
                    self._take(folder, name, path, kind)
        except FileRefusedError as refused:
            self._skip(path, str(refused))
        return False

    def _is_wanted(self, path: str) -> bool:
        return self.fresh is None or path in self.fresh or path in self.base

    def _was_listed(self, folder: os.stat_result) -> bool:
        """Whether git could look into a folder: it runs as its owner, and says nothing if not."""
        return self.fresh is None or folder.st_mode & _LISTABLE == _LISTABLE

    def _is_worth_a_visit(self, path: str, facts: os.stat_result) -> bool:
        if path in self.base and not _is_walked(self.base[path]):
            return False
        if self.fresh is not None and f"{path}/" in self.fresh:
            self._skip(path, "it is a repository of its own; without its .git it would be taken")
        is_wanted = self.fresh is None or path in self._worthwhile or not self._was_listed(facts)
        if is_wanted and path.count("/") >= DEEPEST:
            self._skip(path, f"it lies more than {DEEPEST} folders deep")
            return False
        return is_wanted

    def _take(self, folder: int, name: str, path: str, kind: FileKind) -> None:
        if kind is FileKind.LINK:
            self._take_link(path, os.readlink(name, dir_fd=folder))
        elif kind is FileKind.FILE:
            self._take_file(path, open_file(folder, name))
        else:
            self._skip(path, "it is neither a file nor a folder nor a link")

    def _take_link(self, path: str, target: str) -> None:
        content = os.fsencode(target)
        known = self.base.get(path)
        if known is not None and known.mode == trees.SYMLINK and known.object_id == _id(content):
            self.taken[path] = known
        elif problem := _link_problem(path, target):
            self._skip(path, problem)
        elif self._has_room(path, len(content)):
            self._put(path, trees.SYMLINK, content)

    def _take_file(self, path: str, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if kind_of(facts) is not FileKind.FILE:
                self._skip(path, "it changed while it was read")
                return
            if self.files.is_foreign(facts):
                self._skip(path, "it is another name of somebody else's file")
                return
            content = file.read(self.limits.file_bytes + 1)
            is_whole = len(content) <= self.limits.file_bytes
            digest = hashlib.sha1(usedforsecurity=False)
            digest.update(f"blob {len(content) if is_whole else facts.st_size}\0".encode())
            digest.update(content)
            while not is_whole and (chunk := file.read(_CHUNK_BYTES)):
                digest.update(chunk)
        mode = trees.EXECUTABLE if facts.st_mode & stat.S_IXUSR else trees.REGULAR
        known = self.base.get(path)
        if known is not None and known.object_id == digest.hexdigest():
            self.taken[path] = TreeEntry(mode=mode, object_id=known.object_id, path=path)
        elif not is_whole:
            self._skip(path, f"it has more than {self.limits.file_bytes:,} bytes")
        elif self._has_room(path, len(content)):
            self._put(path, mode, content)

    def _put(self, path: str, mode: str, content: bytes) -> None:
        self.taken[path] = TreeEntry(mode=mode, object_id=self.git.write_blob(content), path=path)

    def _has_room(self, path: str, size_bytes: int) -> bool:
        self._files_left -= 1
        self._bytes_left -= size_bytes
        if self._files_left < 0:
            self._skip(path, f"more than {self.limits.files:,} files are new or different")
        elif self._bytes_left < 0:
            self._skip(path, f"more than {self.limits.total_bytes:,} bytes are new or different")
        return self._files_left >= 0 and self._bytes_left >= 0

    def _skip(self, path: str, reason: str) -> None:
        shown = os.fsencode(path or ".").decode(errors="replace")
        self.skipped.append(Skipped(path=shown, reason=reason))
        if path in self.base:
            self.taken[path] = self.base[path]
        elif not path or path in self._worthwhile:
            self._keep_below(path)

    def _keep_below(self, folder: str) -> None:
        prefix = f"{folder}/" if folder else ""
        self.taken |= {path: entry for path, entry in self.base.items() if path.startswith(prefix)}


def _is_walked(entry: TreeEntry) -> bool:
    return entry.mode != trees.GITLINK and not any(map(name_problem, entry.path.split("/")))


def _id(content: bytes) -> str:
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _link_problem(path: str, target: str) -> str:
    if target.startswith("/"):
        return "it is a link to an absolute path"
    if folds_to_gitmodules(posixpath.basename(path)):
        return "git takes no link of this name"
    parts = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)).split("/")
    if parts[0] == "..":
        return "it is a link that leads out of the repository"
    return next((problem for part in parts if (problem := name_problem(part))), "")
