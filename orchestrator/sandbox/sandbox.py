"""The port onto processes that run on a stranger's behalf.

A sandbox is a set of rules for starting processes; a cell is those rules applied to one
tree. Trusted programs (our own git) do not come through here, see `sandbox.git`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class LimitKind(StrEnum):
    """Which bound a command met."""

    TIME = "time"
    OUTPUT = "output"
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"


class Access(StrEnum):
    """What a cell may do with its tree."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to run in a cell."""

    argv: tuple[str, ...]
    """For shell text: `("bash", "-c", text)`."""
    cwd: str = "."
    """Relative to the tree."""
    timeout_s: float = 120.0
    output_bytes: int = 1_000_000
    """Standard output and error together; more is cut and ends the command."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to the sandbox's own small environment; nothing is inherited. It may hold secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a command ended."""

    exit_code: int | None
    """`None` when it was killed at a limit."""
    output: str
    """Both streams as they came; bytes that are not UTF-8 appear as U+FFFD."""
    limit: LimitKind | None
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What a backend found when it tried its own walls."""

    backend: str
    is_confined: bool
    gaps: tuple[str, ...]
    """What is not held back, one sentence each; shown to the user."""
    failures: tuple[str, ...] = ()
    """Why the backend cannot be used at all; empty when it can."""


class Cell(Protocol):
    """One tree with the sandbox's rules around it; not for several threads at once."""

    def run(self, command: Command) -> CommandResult:
        """Run to the end or to a limit; the whole process tree is gone afterwards.

        Raises:
            CommandUnavailableError: The program is not installed.
            SandboxError: The rules could not be applied; nothing was run.
        """
        ...

    def close(self) -> None:
        """End everything the cell started; a second call does nothing."""
        ...


class Sandbox(Protocol):
    """A way to start processes that can do no harm."""

    def self_test(self) -> SelfTest:
        """Try the walls once, with a real command."""
        ...

    def open(self, tree: Path, *, access: Access, network: bool = False) -> Cell:
        """Return a cell around `tree`, an existing directory.

        Args:
            tree: Below the folder that the backend was chosen for.
            access: What commands may do with it.
            network: For a project's setup only, before an agent has said anything. What it
                leaves in its home is what the homes of later cells begin with.

        Raises:
            SandboxError: The backend cannot serve this tree.
        """
        ...

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        """Folders outside its tree that a setup has filled, and that later cells can read."""
        ...
