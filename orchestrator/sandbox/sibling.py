"""Walls out of a container beside ours: one for each tree, without a network.

Source of the flags: measurements with engines 20.10 and 28.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import Toolchain, cell_environment
from orchestrator.sandbox.docker_engine import Bounds, ContainerPlan, Mount
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.keeper import KEEPER
from orchestrator.sandbox.ownership import claim_tree
from orchestrator.sandbox.removal import remove_tree
from orchestrator.sandbox.sandbox import Access, Command, SelfTest
from orchestrator.sandbox.self_test import try_walls
from orchestrator.sandbox.sibling_cell import Inside, SiblingCell
from orchestrator.sandbox.slots import Slots
from orchestrator.sandbox.watchdog import CellLimits

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.docker_engine import DockerEngine
    from orchestrator.sandbox.neighbourhood import Neighbourhood

NAME = "sibling"
# Apart from those of `slots`: without user namespaces, walls on the host itself kill by user id,
# and would reach into containers.
_FIRST_USER = 65_100
_USERS = 400
_CPUS = 2
_TRIED = ("bash", "-c", "sh -c true && env true && git --version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What containers of this run are made of."""

    image: str
    run: str
    """The label of the run's containers."""
    toolchain: Toolchain
    mounts: tuple[Mount, ...] = ()
    """The host's own programs, to be read."""


class Sibling:
    """Starts commands in containers beside the orchestrator's own; needs root."""

    def __init__(
        self,
        engine: DockerEngine,
        neighbourhood: Neighbourhood,
        programs: Programs,
        *,
        limits: CellLimits | None = None,
    ) -> None:
        """Keep what containers are made of; nothing is started yet."""
        self._engine = engine
        self._neighbourhood = neighbourhood
        self._programs = programs
        self._limits = limits or CellLimits()
        self._homes = Homes(neighbourhood.folder)
        self._slots = Slots(_FIRST_USER, _USERS)

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        """Folders outside its tree that a setup has filled, and that later cells can read."""
        return self._homes.of_setup

    def self_test(self) -> SelfTest:
        """Try the walls once, with real commands."""
        gaps: tuple[str, ...] = ()
        failures = self._try_programs()
        if failures and self._programs.mounts:
            gaps = tuple(f"The host's own programs are not used. {text}" for text in failures)
            self._programs = replace(self._programs, mounts=())
            failures = self._try_programs()
        failures = failures or try_walls(self, self._neighbourhood.folder)
        return SelfTest(backend=NAME, is_confined=not failures, gaps=gaps, failures=failures)

    def open(self, tree: Path, *, access: Access, network: bool = False) -> SiblingCell:
        """Return a cell around `tree`, which becomes the cell's user's own when it may write.

        Raises:
            SandboxError: The engine refused, the tree is somebody else's, or the engine's host
                cannot see it.
        """
        uid, gid = claim_tree(tree, access, self._slots)
        home = self._homes.make(network=network, owner=(uid, gid))
        beside = self._neighbourhood.beside
        plan = ContainerPlan(
            image=self._programs.image,
            entrypoint=(str(beside / "tini"), "-s", "--", "/bin/sh", "-c", KEEPER),
            run=self._programs.run,
            bounds=self._bounds(),
            mounts=(
                *self._programs.mounts,
                self._neighbourhood.mount(beside),
                *map(self._neighbourhood.mount, () if network else self._homes.of_setup),
                self._neighbourhood.mount(home, is_writable=True),
                self._neighbourhood.mount(tree, is_writable=access is Access.WRITE),
            ),
            network=network,
        )
        inside = Inside(
            user=f"{uid}:{gid}",
            walls=filter_words(beside),
            environment=cell_environment(
                home, self._programs.toolchain, is_guest=access is Access.READ
            ),
        )
        return SiblingCell(
            self._engine,
            plan,
            tree=tree,
            home=home,
            homes=self._homes,
            inside=inside,
            limits=self._limits,
        )

    def _bounds(self) -> Bounds:
        limits = self._limits
        return Bounds(
            memory_bytes=limits.memory_bytes,
            processes=limits.processes,
            open_files=limits.open_files,
            file_bytes=limits.file_bytes,
            cpus=min(_CPUS, os.cpu_count() or 1),
        )

    def _try_programs(self) -> tuple[str, ...]:
        tree = self._homes.make(network=False)
        try:
            with contextlib.closing(self.open(tree, access=Access.READ)) as cell:
                result = cell.run(Command(argv=_TRIED))
        except SandboxError as exc:
            return (f"Programs do not run in the container: {exc}",)
        finally:
            remove_tree(tree)
        if result.exit_code != 0:
            return (f"Programs do not run in the container: {result.output.strip()}",)
        return ()


def filter_words(beside: Path) -> tuple[str, ...]:
    """Return the words that close what an engine's own filter may leave open."""
    return (
        *(str(beside / "loader"), "--library-path", str(beside / "lib")),
        *(str(beside / "setpriv"), "--no-new-privs"),
        *("--seccomp-filter", str(beside / "sibling.bpf"), "--"),
    )
