"""Walls out of user ids, for root without another engine: the action's container, mostly.

Each cell runs as a user of its own without capabilities or new privileges; where the machine
has it, Landlock closes the file system besides. The network is closed by a system call filter
or by an empty network namespace. If neither is there the backend refuses to work.

Source of the flags and the order of programs: measurements on util-linux 2.38 and 2.41.
"""

from __future__ import annotations

import os
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
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.ownership import claim_tree
from orchestrator.sandbox.programs import need_program
from orchestrator.sandbox.sandbox import Access, SelfTest
from orchestrator.sandbox.self_test import try_walls
from orchestrator.sandbox.slots import Slots, claim_slots
from orchestrator.sandbox.walls import find_walls
from orchestrator.sandbox.watchdog import CellLimits, kill_until_gone, of_user, read_processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.sandbox.cell import Toolchain

_NAME = "local"
_SWEEP_S = 10.0
_GAPS = (
    "Commands see the command lines of other processes.",
    "Commands can speak to Unix sockets that every user may write to.",
    "There is no loopback network, so tests that start a local server fail.",
    "Commands share /tmp and /dev/shm: what one leaves there, a later one can read.",
)
_NO_LANDLOCK = "Landlock is missing: files that every user may read can be read."


class ContainerLocal:
    """Starts commands as users that exist for one cell only; needs root."""

    def __init__(
        self,
        scratch: Path,
        *,
        toolchain: Toolchain,
        limits: CellLimits | None = None,
        seccomp_filter: Path | None = None,
        moat: Sequence[Path] = (),
        require_landlock: bool = False,
        slots: Slots | None = None,
    ) -> None:
        """Look at what this machine offers and close the moat.

        Args:
            scratch: Where homes of cells lie; every folder above must let other users pass.
            toolchain: What commands may use beside the system's programs.
            limits: What one command may use.
            seccomp_filter: A compiled filter without a network, if there is one.
            moat: Folders that only root may enter from now on; in a container of an action,
                where the runner mounts its files.
            require_landlock: Whether to refuse to work without it.
            slots: The user ids to use; a block nobody uses when left out.

        Raises:
            SandboxError: The scratch folder cannot be made, or the moat cannot be closed.
        """
        self._scratch = make_scratch(scratch)
        self._homes = Homes(self._scratch)
        self._toolchain = toolchain
        self._limits = limits or CellLimits()
        self._is_root = os.geteuid() == 0
        self._require_landlock = require_landlock
        self._slots = slots or claim_slots()
        self._walls = find_walls(seccomp_filter)
        if self._is_root:
            for folder in filter(Path.exists, moat):
                _close(folder)

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        """Folders outside its tree that a setup has filled, and that later cells can read."""
        return self._homes.of_setup

    def self_test(self) -> SelfTest:
        """Try the walls once, with real commands."""
        failures = self._missing() or try_walls(self, self._scratch)
        gaps = _GAPS if self._walls.has_landlock else (*_GAPS, _NO_LANDLOCK)
        return SelfTest(backend=_NAME, is_confined=not failures, gaps=gaps, failures=failures)

    def open(self, tree: Path, *, access: Access, network: bool = False) -> HostCell:
        """Return a cell around `tree`, which becomes the cell's user's own when it may write.

        Raises:
            SandboxError: Something is missing on this machine, the tree is somebody else's, or
                other users cannot reach it.
        """
        if missing := self._missing():
            raise SandboxError(
                f"The backend {_NAME!r} cannot work here: {' '.join(missing)}",
                hint="Choose another backend.",
            )
        _check_passable(tree)
        uid, gid = claim_tree(tree, access, self._slots)
        home = self._homes.make(network=network, owner=(uid, gid))
        walls = (
            *self._walls.words(
                uid=uid,
                gid=gid,
                network=network,
                writable=(home, tree) if access is Access.WRITE else (home,),
                readable=(
                    tree,
                    *self._toolchain.path,
                    *self._toolchain.readable,
                    *self._homes.of_setup,
                ),
            ),
            *resource_limits(self._limits, counts_processes=True),
        )
        return HostCell(
            tree,
            home=home,
            homes=self._homes,
            rules=Rules(
                prefix=lambda cwd: (*walls, *_entered(cwd)),
                start_in=lambda _: tree,
                census=of_user(uid),
                sweep=lambda _: self._sweep(uid),
                environment=cell_environment(home, self._toolchain, is_guest=access is Access.READ),
                builders=("setpriv: ", "unshare: ", "prlimit: "),
                toolchain=self._toolchain,
                limits=self._limits,
            ),
        )

    def _missing(self) -> tuple[str, ...]:
        found = list(self._walls.missing)
        if not self._is_root:
            found.append("It needs root.")
        if self._require_landlock and not self._walls.has_landlock:
            found.append("Landlock is missing, and the configuration requires it.")
        return tuple(found)

    def _sweep(self, uid: int) -> None:
        words = (*self._walls.identity(uid=uid, gid=uid), "/bin/sh", "-c", "kill -9 -1")

        def kill(_: Sequence[int]) -> None:
            # One call that the kernel applies to all at once: no fork can slip through.
            launch(Launch(argv=words, timeout_s=_SWEEP_S, output_bytes=1_000))

        kill_until_gone(
            kill,
            lambda: [
                process.pid
                for process in read_processes()
                if process.uid == uid and not process.is_zombie
            ],
        )


def _close(folder: Path) -> None:
    try:
        folder.chmod(0o700)
    except OSError as exc:
        raise SandboxError(
            f"The folder {str(folder)!r} cannot be closed to commands: {exc.strerror}.",
            hint="Choose another backend, or mount the folder where its owner may change it.",
        ) from exc


def _entered(cwd: str) -> tuple[str, ...]:
    # Entered with the cell's rights, not root's: a link in the tree could lead anywhere.
    return () if cwd == "." else (str(need_program("env")), f"--chdir={cwd}", "--")


def _check_passable(tree: Path) -> None:
    for folder in tree.parents:
        if not folder.stat().st_mode & 0o001:
            raise SandboxError(
                f"Other users cannot pass through {str(folder)!r} to reach {str(tree)!r}.",
                hint="Keep the run's folder somewhere passable, such as below /var/lib.",
            )
