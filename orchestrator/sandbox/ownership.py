"""Whose a worktree is while a cell is around it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.programs import need_program
from orchestrator.sandbox.sandbox import Access

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.slots import Slots

_CHOWN_S = 120.0


def claim_tree(tree: Path, access: Access, slots: Slots) -> tuple[int, int]:
    """Return the user and group of a new cell, and make the tree theirs as far as they need it.

    A cell that may write owns the tree; one that may only read shares its group.

    Raises:
        SandboxError: The tree is a person's, or its file system knows no owners.
    """
    owner = tree.stat(follow_symlinks=False)
    if owner.st_uid != 0 and owner.st_uid not in slots:
        raise SandboxError(
            f"The folder {str(tree)!r} belongs to user {owner.st_uid}, not to a cell.",
            hint="Open a worktree of the run; a person's own folder is never handed over.",
        )
    fresh = slots.take()
    gid = owner.st_gid if owner.st_gid in slots else fresh
    if access is Access.WRITE:
        uid = owner.st_uid if owner.st_uid in slots else fresh
        if uid != owner.st_uid:
            hand_over(tree, uid, gid)
    else:
        uid = fresh
        os.chown(tree, -1, gid, follow_symlinks=False)
    tree.chmod(0o750)
    return uid, gid


def hand_over(tree: Path, uid: int, gid: int) -> None:
    """Give a folder and everything in it to a user; links are given, not followed.

    Raises:
        SandboxError: Its file system knows no owners.
    """
    ending = launch(
        Launch(
            argv=(str(need_program("chown")), "-hR", f"{uid}:{gid}", "--", str(tree)),
            timeout_s=_CHOWN_S,
            output_bytes=1_000,
        )
    )
    if ending.exit_code != 0:
        said = ending.stderr.decode(errors="replace").strip()
        raise SandboxError(
            f"{str(tree)!r} could not be given to user {uid}: {said}",
            hint="Keep the run's folder on a file system that knows owners.",
        )
