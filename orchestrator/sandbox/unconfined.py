"""Commands without walls: only for somebody who asked for it on the command line.

What remains is what is true of every command: a small environment, bounds, and an end that
takes the whole process tree along.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from orchestrator.sandbox.cell import (
    HostCell,
    Rules,
    cell_environment,
    make_scratch,
    resource_limits,
)
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.sandbox import SelfTest
from orchestrator.sandbox.watchdog import MARKER, CellLimits, descendants, kill_marked

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.cell import Toolchain
    from orchestrator.sandbox.sandbox import Access

_GAPS = (
    "Commands run as this user: they can read and change everything that this user can.",
    "Commands can reach the network and this machine's services.",
    "Trees that should only be read can be written.",
)


class Unconfined:
    """Starts commands as the user that the orchestrator runs as."""

    def __init__(
        self, scratch: Path, *, toolchain: Toolchain, limits: CellLimits | None = None
    ) -> None:
        """Keep homes of cells in `scratch`."""
        self._homes = Homes(make_scratch(scratch))
        self._toolchain = toolchain
        self._limits = limits or CellLimits()

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        """Folders outside its tree that a setup has filled, and that later cells can read."""
        return self._homes.of_setup

    def self_test(self) -> SelfTest:
        """Say what is missing: everything."""
        return SelfTest(backend="unconfined", is_confined=False, gaps=_GAPS)

    def open(self, tree: Path, *, access: Access, network: bool = False) -> HostCell:  # noqa: ARG002 -- the port's signature; nothing here can enforce it
        """Return a cell; neither `access` nor `network` is enforced."""
        home = self._homes.make(network=network)
        marker = secrets.token_hex(16)
        environment = cell_environment(home, self._toolchain, is_guest=True)
        return HostCell(
            tree,
            home=home,
            homes=self._homes,
            rules=Rules(
                prefix=lambda _: resource_limits(self._limits, counts_processes=False),
                start_in=lambda cwd: tree / cwd,
                census=descendants,
                sweep=lambda _: kill_marked(marker),
                environment={**environment, MARKER: marker},
                builders=("prlimit: ",),
                toolchain=self._toolchain,
                limits=self._limits,
            ),
        )
