"""Programs put where every cell can reach them, without opening the folder they came from."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_FOR_OTHERS = stat.S_IROTH | stat.S_IXOTH


def stock_shelf(folder: Path, names: Iterable[str], *, path: Sequence[Path]) -> tuple[str, ...]:
    """Put programs that must stand alone into `folder`, a folder for `Toolchain.path`.

    A virtual environment may lie in a private home, and holds more than cells should have.
    Programs that the system has are left out: cells find those by themselves.

    Args:
        folder: Made if it is not there; everybody may read it.
        names: Programs that are one file each, such as `rg`.
        path: Where to look for them.

    Returns:
        The names that were found in neither place.

    Raises:
        SandboxError: The folder cannot be filled.
    """
    missing: list[str] = []
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.chmod(0o755)
        for name in names:
            if find_program(name) is not None:
                continue
            found = find_program(name, path=path)
            if found is None:
                missing.append(name)
            elif not (folder / name).exists():
                _put(found.resolve(), folder / name)
    except OSError as exc:
        raise SandboxError(
            f"Programs for cells cannot be put into {str(folder)!r}: {exc.strerror}.",
            hint="Choose a folder that this user may write and programs may run from.",
        ) from exc
    return tuple(missing)


def _put(program: Path, place: Path) -> None:
    try:
        os.link(program, place)
    except OSError:
        # Another disk, or a file that is not ours.
        shutil.copy(program, place)
    if place.stat().st_mode & _FOR_OTHERS != _FOR_OTHERS:
        place.unlink()
        shutil.copy(program, place)
        place.chmod(0o755)
