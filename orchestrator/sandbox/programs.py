"""Where trusted programs are found."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

SYSTEM_PATH = tuple(
    Path(folder)
    for folder in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/opt/homebrew/bin")
)
"""Where trusted programs are looked for; never a folder that a repository could fill."""


def find_program(name: str, *, path: Sequence[Path] = SYSTEM_PATH) -> Path | None:
    """Return the absolute path of an executable, or `None`; the environment is not asked."""
    found = shutil.which(name, path=os.pathsep.join(str(folder) for folder in path))
    return Path(found) if found else None


def need_program(name: str, *, path: Sequence[Path] = SYSTEM_PATH) -> Path:
    """Return the absolute path of a program that must be there.

    Raises:
        CommandUnavailableError: It is in none of the folders.
    """
    found = find_program(name, path=path)
    if found is None:
        raise CommandUnavailableError(
            f"The program {name!r} is not installed.",
            hint=f"Install {name!r} in one of: {', '.join(str(folder) for folder in path)}.",
        )
    return found
