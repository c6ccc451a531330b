"""Walls out of namespaces, for laptops: the system's programs, one tree, nothing else."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import (
    HostCell,
    Rules,
    cell_environment,
    make_scratch,
    resource_limits,
)
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.programs import find_program
from orchestrator.sandbox.sandbox import Access, SelfTest
from orchestrator.sandbox.self_test import try_walls
from orchestrator.sandbox.watchdog import MARKER, CellLimits, descendants, kill_marked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.sandbox.cell import Toolchain

_NAME = "bubblewrap"
_SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SETTINGS = (
    *("alternatives", "ca-certificates", "group", "hosts", "ld.so.cache", "ld.so.conf"),
    *("ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "passwd", "pki", "ssl"),
)
_NETWORK_SETTINGS = ("resolv.conf",)


class Bubblewrap:
    """Starts commands in namespaces of their own."""

    def __init__(
        self, scratch: Path, *, toolchain: Toolchain, limits: CellLimits | None = None
    ) -> None:
        """Keep homes of cells in `scratch`."""
        self._scratch = make_scratch(scratch)
        self._homes = Homes(self._scratch)
        self._toolchain = toolchain
        self._limits = limits or CellLimits()
        self._program = find_program("bwrap")

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        """Folders outside its tree that a setup has filled, and that later cells can read."""
        return self._homes.of_setup

    def self_test(self) -> SelfTest:
        """Try the walls once, with a real command."""
        if self._program is None:
            return SelfTest(
                backend=_NAME,
                is_confined=False,
                gaps=(),
                failures=("bwrap is not installed.",),
            )
        failures = try_walls(self, self._scratch)
        return SelfTest(backend=_NAME, is_confined=not failures, gaps=(), failures=failures)

    def open(self, tree: Path, *, access: Access, network: bool = False) -> HostCell:
        """Return a cell around `tree`, an existing directory.

        Raises:
            SandboxError: There is no bwrap on this machine.
        """
        if self._program is None:
            raise SandboxError(
                "bwrap is not installed.", hint="Install bubblewrap, or choose another backend."
            )
        home = self._homes.make(network=network)
        marker = secrets.token_hex(16)
        walls = (
            *resource_limits(self._limits, counts_processes=False),
            str(self._program),
            *_WALLS,
            *(("--share-net",) if network else ()),
            *_system(network=network),
            *_bound((*self._toolchain.path, *self._toolchain.readable, *self._homes.of_setup)),
            *("--bind" if access is Access.WRITE else "--ro-bind", str(tree), str(tree)),
            *("--bind", str(home), str(home)),
            *("--remount-ro", "/"),
        )
        return HostCell(
            tree,
            home=home,
            homes=self._homes,
            rules=Rules(
                prefix=lambda cwd: (*walls, "--chdir", str(tree / cwd), "--"),
                start_in=lambda _: Path("/"),
                census=descendants,
                # The namespace's first process dies with bwrap, the rest with it: a moment later.
                sweep=lambda _: kill_marked(marker),
                environment={
                    **cell_environment(home, self._toolchain, is_guest=False),
                    MARKER: marker,
                },
                builders=("bwrap: ", "prlimit: "),
                toolchain=self._toolchain,
                limits=self._limits,
            ),
        )


_WALLS = (
    *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    *("--hostname", "cell", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 -- a new /tmp inside the walls
)


def _system(*, network: bool) -> tuple[str, ...]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM_FOLDERS:
        folder = Path(name)
        if folder.is_symlink():
            words += ["--symlink", str(folder.readlink()), name]
        elif folder.is_dir():
            words += ["--ro-bind", name, name]
    for name in (*_SETTINGS, *(_NETWORK_SETTINGS if network else ())):
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return tuple(words)


def _bound(folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(word for folder in folders for word in ("--ro-bind-try", str(folder), str(folder)))
