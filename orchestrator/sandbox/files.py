"""Reading and writing inside a tree that somebody hostile may change at the same time.

Every path is walked component by component with descriptors that follow no link, so what was
checked is what is used. Nothing here looks at a path twice.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.hostile_names import name_problem
from orchestrator.sandbox.tree_paths import FileRefusedError, Refusal, checked_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


DEEPEST = 100
"""Folders in folders that are still entered: each one more takes longer than the one before, and
a command can make thousands in a second."""


class FileKind(StrEnum):
    """What a directory entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """One entry of the tree; a link is described itself, not where it leads."""

    path: str
    kind: FileKind
    size_bytes: int


_SENTENCES = {
    errno.ENOENT: (Refusal.ABSENT, "there is no such file or folder"),
    errno.ELOOP: (Refusal.LINK, "it is a symbolic link, which is not followed"),
    errno.ENOTDIR: (Refusal.NOT_A_FOLDER, "a part of the path is a file or a symbolic link"),
    errno.EISDIR: (Refusal.FOLDER, "it is a folder"),
    errno.ENAMETOOLONG: (Refusal.BAD_NAME, "the name is too long"),
    errno.EACCES: (Refusal.FORBIDDEN, "its permissions forbid it"),
    errno.EPERM: (Refusal.FORBIDDEN, "its permissions forbid it"),
    errno.ENXIO: (Refusal.SPECIAL, "it is not a regular file"),
}


class TreeFiles:
    """The files below one folder; `.git` is out of bounds."""

    def __init__(self, root: Path, *, file_bytes: int = 5_000_000) -> None:
        """Remember the folder; larger files are neither read nor written."""
        self._root = root
        self._file_bytes = file_bytes

    def read(self, path: str) -> bytes:
        """Return a regular file's bytes.

        Raises:
            FileRefusedError: It is anything else, too large, or not there.
        """
        *folders, name = checked_parts(path)
        with self._opened(path, folders) as folder, translated(path):
            descriptor = open_file(folder, name)
            with os.fdopen(descriptor, "rb") as file:
                self._check_regular(path, os.fstat(descriptor))
                content = file.read(self._file_bytes + 1)
        self._check_size(path, len(content))
        return content

    def write(self, path: str, content: bytes) -> None:
        """Put a regular file in place as a whole, with the folders above it.

        An existing file keeps its mode; new ones belong to whom the tree belongs to.

        Raises:
            FileRefusedError: Something else is there, or it would be too large.
        """
        self._check_size(path, len(content))
        *folders, name = checked_parts(path)
        with self._opened(path, folders, creates=True) as folder, translated(path):
            mode = 0o644
            with contextlib.suppress(FileNotFoundError):
                facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
                self._check_regular(path, facts)
                mode = stat.S_IMODE(facts.st_mode) & 0o777
            self._replace(folder, name, content, mode)

    def facts(self, path: str) -> FileFacts:
        """Return what stands at a path.

        Raises:
            FileRefusedError: There is nothing, or the path leads through a link.
        """
        *folders, name = checked_parts(path)
        with self._opened(path, folders) as folder, translated(path):
            return _facts(path, os.stat(name, dir_fd=folder, follow_symlinks=False))

    def exists(self, path: str) -> bool:
        """Return whether anything stands at a path.

        Raises:
            FileRefusedError: The path itself is not acceptable, or leads through a link.
        """
        try:
            self.facts(path)
        except FileRefusedError as refused:
            if refused.refusal is Refusal.ABSENT:
                return False
            raise
        return True

    def modified_ns(self, paths: Iterable[str]) -> Mapping[str, int]:
        """Return when files were changed last; what no tool will open is left out."""
        when: dict[str, int] = {}
        for folder, group in groupby(paths, lambda path: path.rpartition("/")[0]):
            with contextlib.suppress(FileRefusedError), self.folder(folder) as at:
                for path in group:
                    name = path.rpartition("/")[2]
                    with contextlib.suppress(OSError):
                        if not name_problem(name):
                            when[path] = os.stat(name, dir_fd=at, follow_symlinks=False).st_mtime_ns
        return when

    def entries(self, path: str = ".") -> tuple[FileFacts, ...]:
        """Return the entries of a folder by name, without `.git` and hostile names.

        Raises:
            FileRefusedError: It is not a folder, or not there.
        """
        prefix = "" if path in {"", "."} else "/".join(checked_parts(path)) + "/"
        found: list[FileFacts] = []
        with self.folder(path) as folder:
            for name in names_in(folder):
                if name_problem(name):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    entry = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    found.append(_facts(prefix + name, entry))
        return tuple(found)

    def walk(self, path: str = ".") -> Iterator[FileFacts]:
        """Yield every file, link and special file below a folder, in path order per folder.

        What vanishes or turns into something else on the way is left out, and so is what lies
        more than `DEEPEST` folders deep.

        Raises:
            FileRefusedError: The folder to begin with cannot be used.
        """
        waiting = [self.entries(path)]
        while waiting:
            for entry in waiting.pop():
                if entry.kind is not FileKind.FOLDER:
                    yield entry
                elif entry.path.count("/") < DEEPEST:
                    with contextlib.suppress(FileRefusedError):
                        waiting.append(self.entries(entry.path))

    def is_foreign(self, entry: os.stat_result) -> bool:
        """Return whether a file is another name of somebody else's: that leads out of the tree."""
        owner = self._root.stat(follow_symlinks=False).st_uid
        return entry.st_nlink > 1 and entry.st_uid != owner

    @contextlib.contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """Open a folder and yield its descriptor, for several looks at what is in it.

        Raises:
            FileRefusedError: It is not a folder, or not there.
        """
        parts = () if path in {"", "."} else checked_parts(path)
        with self._opened(path, parts) as descriptor, translated(path):
            yield descriptor

    @contextlib.contextmanager
    def _opened(self, path: str, folders: Sequence[str], *, creates: bool = False) -> Iterator[int]:
        with translated(path):
            descriptor = os.open(self._root, _FOLDER)
        try:
            for name in folders:
                with translated(path):
                    below = self._step(descriptor, name, creates=creates)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _step(self, folder: int, name: str, *, creates: bool) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=folder)
        except FileNotFoundError:
            if not creates:
                raise
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=folder)
        below = os.open(name, _FOLDER, dir_fd=folder)
        self._give_back(below)
        return below

    def _replace(self, folder: int, name: str, content: bytes, mode: int) -> None:
        draft = f".draft-{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, _NEW, 0o600, dir_fd=folder), "wb") as file:
            try:
                file.write(content)
                file.flush()
                self._give_back(file.fileno())
                os.fchmod(file.fileno(), mode)
                os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(draft, dir_fd=folder)
                raise

    def _give_back(self, descriptor: int) -> None:
        # Only root can give files away, and only root needs to: cells run as somebody else.
        owner = self._root.stat(follow_symlinks=False)
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)

    def _check_regular(self, path: str, entry: os.stat_result) -> None:
        kind = kind_of(entry)
        if kind is FileKind.FOLDER:
            raise FileRefusedError(path, Refusal.FOLDER, "it is a folder")
        if kind is FileKind.LINK:
            raise FileRefusedError(path, *_SENTENCES[errno.ELOOP])
        if kind is FileKind.SPECIAL or self.is_foreign(entry):
            raise FileRefusedError(path, *_SENTENCES[errno.ENXIO])
        self._check_size(path, entry.st_size)

    def _check_size(self, path: str, size_bytes: int) -> None:
        if size_bytes > self._file_bytes:
            why = f"it has more than {self._file_bytes:,} bytes"
            raise FileRefusedError(path, Refusal.TOO_LARGE, why)


def names_in(folder: int) -> tuple[str, ...]:
    """Return all names in an open folder, sorted; bytes that are not UTF-8 as lone surrogates."""
    with os.scandir(folder) as scan:
        return tuple(sorted(entry.name for entry in scan))


def open_file(folder: int, name: str) -> int:
    """Open what stands in an open folder for reading, without following or waiting."""
    return os.open(name, _FILE, dir_fd=folder)


def kind_of(entry: os.stat_result) -> FileKind:
    """Return what an entry is, a link being a link."""
    if stat.S_ISREG(entry.st_mode):
        return FileKind.FILE
    if stat.S_ISDIR(entry.st_mode):
        return FileKind.FOLDER
    if stat.S_ISLNK(entry.st_mode):
        return FileKind.LINK
    return FileKind.SPECIAL


def _facts(path: str, entry: os.stat_result) -> FileFacts:
    return FileFacts(path=path, kind=kind_of(entry), size_bytes=entry.st_size)


@contextlib.contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn what the operating system says about `path` into refusals and errors of ours.

    Raises:
        FileRefusedError: It says something about the path.
        SandboxError: It says something about the machine.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno in _SENTENCES:
            raise FileRefusedError(path, *_SENTENCES[exc.errno]) from exc
        raise SandboxError(
            f"{path!r} could not be read or written: {exc.strerror}.",
            hint="Look for a full or failing disk on this machine.",
        ) from exc
