"""What a project's setup command made, passed on to every later worktree."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.homes import copy_into
from orchestrator.sandbox.sandbox import Command
from orchestrator.sandbox.tree_paths import FileRefusedError, checked_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.sandbox.sandbox import Cell

# Apart from the list, which a warning would change, and yet told when git fails.
_LIST = """
exec 3>&1
said=$(git status --porcelain=v1 -z --ignored=traditional --untracked-files=normal 2>&1 >&3) && exit
ended=$?; printf %s "$said"; exit $ended
"""
_LIST_S = 120.0
_LIST_BYTES = 8_000_000
_IGNORED = "!! "
_NEW = "?? "
_REWRITTEN_BYTES = 1_000_000
_VENV_FILES = (
    *("pyvenv.cfg", "bin/*", "lib/python*/site-packages/*.pth"),
    *("lib/python*/site-packages/__editable__*", "lib/python*/site-packages/*.egg-link"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The folder in which setup ran, and which parts of it later worktrees get."""

    tree: Path
    ignored: tuple[str, ...]
    """Paths that git ignores, dependencies mostly; whole folders where all of it is ignored."""
    new: tuple[str, ...]
    """Paths that git does not ignore. They are left out: they would become part of a change."""

    def fill(self, root: Path) -> None:
        """Copy what git ignores into a fresh worktree that no cell has been in yet.

        Raises:
            SandboxError: There is no room for it.
        """
        for path in self.ignored:
            source, target = self.tree / path, root / path
            # Setup runs strangers' code, and the worktree's commit may be an agent's: nothing is
            # read through the links of the one, or written through those of the other.
            if _is_behind_link(self.tree, path) or not os.path.lexists(source):
                continue
            if not os.path.lexists(target) and _make_folders(root, PurePosixPath(path).parent):
                copy_into(source.parent, target.parent, [source.name])
                _move_environment(target, self.tree, root)


def look_at(cell: Cell, tree: Path) -> Preparation:
    """Find out what setup has left in its tree.

    Args:
        cell: One around the tree, to list files in.
        tree: Where setup ran.

    Raises:
        SandboxError: Git could not list it.
    """
    words = ("sh", "-c", _LIST)
    result = cell.run(Command(argv=words, timeout_s=_LIST_S, output_bytes=_LIST_BYTES))
    if result.limit is not None:
        raise SandboxError(
            f"What setup made could not be listed: git was ended at its {result.limit} limit.",
            hint="Ignore what `project.commands.setup` makes in .gitignore, as whole folders.",
        )
    if result.exit_code != 0:
        raise SandboxError(
            f"What setup made could not be listed: {result.output[-500:]}",
            hint="Let `project.commands.setup` leave the repository's `.git` alone.",
        )
    entries = result.output.split("\0")
    return Preparation(
        tree=tree,
        ignored=tuple(_paths(entries, _IGNORED)),
        new=tuple(_paths(entries, _NEW)),
    )


def _paths(entries: Iterable[str], kind: str) -> Iterator[str]:
    for entry in entries:
        if entry.startswith(kind):
            with contextlib.suppress(FileRefusedError):
                yield "/".join(checked_parts(entry.removeprefix(kind).rstrip("/")))


def _is_behind_link(root: Path, path: str) -> bool:
    return any((root / parent).is_symlink() for parent in PurePosixPath(path).parents)


def _make_folders(root: Path, parent: PurePosixPath) -> bool:
    folder = root
    for part in parent.parts:
        folder /= part
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o755)
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return False
    return True


def _move_environment(folder: Path, before: Path, after: Path) -> None:
    """Let a Python environment name its new place: its scripts begin with its own path."""
    if folder.is_symlink() or not (folder / "pyvenv.cfg").is_file():
        return
    for pattern in _VENV_FILES:
        for file in folder.glob(pattern):
            if not _is_behind_link(folder, str(file.relative_to(folder))):
                _rewrite(file, bytes(before), bytes(after))


def _rewrite(file: Path, before: bytes, after: bytes) -> None:
    facts = file.lstat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _REWRITTEN_BYTES:
        return
    content = file.read_bytes()
    if before in content and b"\0" not in content:
        file.write_bytes(content.replace(before, after))
