"""Homes of cells: each its own, beginning with what the project's setup left in its own."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.ownership import hand_over
from orchestrator.sandbox.programs import need_program
from orchestrator.sandbox.removal import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COPY_S = 600.0
_SETUP = "home-setup"


class Homes:
    """Makes homes in one folder."""

    def __init__(self, scratch: Path) -> None:
        """Keep homes in `scratch`."""
        self._scratch = scratch

    @property
    def of_setup(self) -> tuple[Path, ...]:
        """The home that setup used, if it is over: programs installed there name that path."""
        folder = self._scratch / _SETUP
        return (folder,) if folder.exists() else ()

    def make(self, *, network: bool, owner: tuple[int, int] | None = None) -> Path:
        """Make a home with a `tmp` in it.

        Args:
            network: Whether it is the home of setup, which stays.
            owner: User and group it is given to.
        """
        kept = self.of_setup
        home = self._scratch / (_SETUP if network else f"home-{secrets.token_hex(8)}")
        home.mkdir(mode=0o700, exist_ok=network)
        if kept and not network:
            copy_into(kept[0], home, [path.name for path in kept[0].iterdir()])
            home.chmod(0o700)
        (home / "tmp").mkdir(mode=0o700, exist_ok=True)
        if owner is not None:
            hand_over(home, *owner)
        return home

    def end(self, home: Path) -> None:
        """Delete a home; that of setup is kept, for everybody to read and nobody to change."""
        if home.name != _SETUP:
            remove_tree(home)
            return
        remove_tree(home / "tmp")
        if home.exists():
            if os.geteuid() == 0:
                hand_over(home, 0, 0)
            _call("chmod", "-R", "a+rX,go-w", "--", str(home))


def copy_into(source: Path, target: Path, names: Iterable[str]) -> None:
    """Copy files and folders with their modes and times; links are copied as links.

    Raises:
        SandboxError: There is no room, or something cannot be read.
    """
    paths = [str(source / name) for name in names]
    if paths:
        _call("cp", "-a", "--reflink=auto", "-t", str(target), "--", *paths)


def _call(program: str, *arguments: str) -> None:
    ending = launch(
        Launch(
            argv=(str(need_program(program)), *arguments), timeout_s=_COPY_S, output_bytes=10_000
        )
    )
    if ending.exit_code != 0:
        raise SandboxError(
            f"What setup made cannot be passed on: {ending.stderr.decode(errors='replace')}",
            hint="Free space on this machine's disk.",
        )
