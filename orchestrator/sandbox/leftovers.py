"""Looks for texts in what a command has left behind, byte for byte and through no link."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_CHUNK_BYTES = 4_000_000
_SMALL_BYTES = 64_000
_DEEPEST = 3
"""Folders from the top: `.config/gh/hosts.yml` is seen, what a cache unpacks below is not."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def find_left(folder: Path, texts: Collection[str]) -> str | None:
    """Return the first path below a folder that holds one of the texts, relative to it.

    Contents of files, names, and where links lead to are searched; what is packed or encrypted
    is not opened. No link is followed, and nothing but a plain file is read.

    Args:
        folder: Where to look.
        texts: What to look for, none of them empty.

    Raises:
        SandboxError: Something in it cannot be read, so nothing can be said about it.
    """
    needles = tuple(text.encode("utf-8", "surrogatepass") for text in texts)
    overlap = max(map(len, needles), default=1) - 1

    def is_in(content: bytes) -> bool:
        return any(needle in content for needle in needles)

    try:
        for path, name, parent in _walk(folder):
            if is_in(os.fsencode(name)) or _holds(name, parent, is_in, overlap):
                return path
    except (OSError, RecursionError) as exc:
        raise _unsearchable(folder, exc) from exc
    return None


def small_files(folder: Path, *, besides: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of each small file near the top of a folder, whatever bytes it holds.

    No link is followed, and nothing but a plain file is read.

    Args:
        folder: Where to look.
        besides: Names of folders that are left out.

    Raises:
        SandboxError: Something in it cannot be read, so nothing can be said about it.
    """
    try:
        for parent, folders, files, descriptor in os.fwalk(folder, onerror=_refuse):
            depth = len(Path(parent).relative_to(folder).parts)
            folders[:] = [name for name in folders if name not in besides and depth < _DEEPEST]
            for name in files:
                path = os.path.relpath(os.path.join(parent, name), folder)  # noqa: PTH118 -- names may be bytes that no text is
                content = _small(name, descriptor)
                if content:
                    shown = path.encode(errors="surrogateescape").decode(errors="replace")
                    yield shown, content.decode(errors="replace")
    except OSError as exc:
        raise _unsearchable(folder, exc) from exc


def _small(name: str, parent: int) -> bytes:
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode) or found.st_size > _SMALL_BYTES:
        return b""
    with open(os.open(name, _FLAGS, dir_fd=parent), "rb") as file:  # noqa: PTH123 -- by descriptor
        return file.read(_SMALL_BYTES)


def _unsearchable(folder: Path, exc: OSError | RecursionError) -> SandboxError:
    # Older Pythons: there `os.fwalk` calls itself for each folder in a folder.
    why = exc.strerror if isinstance(exc, OSError) else "folders lie in folders without end"
    return SandboxError(
        f"{str(folder)!r} cannot be searched: {why}.",
        hint="Let the command leave only files that its user may read.",
    )


def _walk(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Yield everything below a folder: its path, its name, and its open parent."""
    for parent, folders, files, descriptor in os.fwalk(folder, onerror=_refuse):
        for name in (*folders, *files):
            path = os.path.relpath(os.path.join(parent, name), folder)  # noqa: PTH118 -- names may be bytes that no text is
            yield path.encode(errors="surrogateescape").decode(errors="replace"), name, descriptor


def _refuse(error: OSError) -> None:
    raise error


def _holds(name: str, parent: int, is_in: Callable[[bytes], bool], overlap: int) -> bool:
    kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    if stat.S_ISLNK(kind):
        return is_in(os.fsencode(os.readlink(name, dir_fd=parent)))
    if not stat.S_ISREG(kind):
        return False
    with open(os.open(name, _FLAGS, dir_fd=parent), "rb") as file:  # noqa: PTH123 -- by descriptor
        tail = b""
        while chunk := file.read(_CHUNK_BYTES):
            if is_in(tail + chunk):
                return True
            tail = (tail + chunk)[-overlap:] if overlap else b""
    return False
