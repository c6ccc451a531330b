"""Why a process could not be started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError, SandboxError

if TYPE_CHECKING:
    from pathlib import Path


def unstartable(program: str, cwd: Path, exc: OSError | ValueError) -> SandboxError:
    """Return what a failed start means, and what a person can do about it."""
    if isinstance(exc, ValueError):
        return SandboxError(
            f"The command {program!r} could not be started: {exc}.",
            hint="Leave NUL characters out of arguments and environment.",
        )
    if str(exc.filename) == str(cwd):
        return SandboxError(
            f"The folder {str(cwd)!r} cannot be entered: {exc.strerror}.",
            hint="Check that it exists and may be entered by this user.",
        )
    if isinstance(exc, FileNotFoundError | PermissionError | NotADirectoryError):
        return CommandUnavailableError(
            f"The program {program!r} cannot be run: {exc.strerror}.",
            hint="Install it, or correct its name or its executable bit.",
        )
    return SandboxError(
        f"The command {program!r} could not be started: {exc.strerror}.",
        hint="Make its arguments shorter, or free memory and process slots on this machine.",
    )
