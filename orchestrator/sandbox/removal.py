"""Deleting what an agent may have filled: any depth, any mode, never through a link."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.programs import need_program

if TYPE_CHECKING:
    from pathlib import Path

_REMOVAL_S = 120.0
_SAID_BYTES = 2_000


def remove_tree(folder: Path) -> None:
    """Delete a folder with everything in it; nothing happens when it is not there.

    A link in its place is deleted itself.

    Raises:
        SandboxError: Something in it cannot be deleted.
    """
    if not os.path.lexists(folder):
        return
    # The programs walk by descriptors and without recursion; Python 3.11's rmtree does not.
    if not folder.is_symlink():
        # Of the links that it meets, chmod follows the one it is given.
        _run("chmod", "-R", "u+rwX", "--", str(folder))
    said = _run("rm", "-rf", "--", str(folder))
    if os.path.lexists(folder):
        raise SandboxError(
            f"The folder {str(folder)!r} could not be deleted: {said}",
            hint="Delete it by hand; nothing of it is needed any more.",
        )


def _run(program: str, *arguments: str) -> str:
    ending = launch(
        Launch(
            argv=(str(need_program(program)), *arguments),
            timeout_s=_REMOVAL_S,
            output_bytes=_SAID_BYTES,
        )
    )
    return ending.stderr.decode(errors="replace").strip()
