"""What all commands of a run may use together, whichever backend starts them.

Time and output add up, so they are counted here. Memory, processes and disk are given back when
a command ends; that the machine keeps some of each is the watchdog's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.sandbox.sandbox import CommandResult, LimitKind

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.sandbox import Access, Cell, Command, Sandbox, SelfTest
    from orchestrator.telemetry.clock import Clock

_OUTPUT_BYTES = 1 << 30
_NO_TIME = "The time for this whole run is over: no command runs any longer."
_NO_OUTPUT = "The commands of this run have printed as much as they may: none runs any longer."


@dataclass(slots=True, kw_only=True)
class Allowance:
    """What is left."""

    clock: Clock
    deadline_s: float
    """On the clock's monotonic scale."""
    output_bytes: int = _OUTPUT_BYTES
    _printed: list[int] = field(default_factory=list)
    """One number for each command: a list can be added to by several threads at once."""

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.deadline_s - self.clock.monotonic()

    @property
    def left_bytes(self) -> int:
        """Output that may still come."""
        return self.output_bytes - sum(self._printed)

    def charge(self, result: CommandResult) -> None:
        """Count what a command has printed."""
        self._printed.append(len(result.output.encode(errors="replace")))


class BoundedSandbox:
    """Any sandbox, whose cells stay within one allowance."""

    def __init__(self, sandbox: Sandbox, allowance: Allowance) -> None:
        """Count what all cells opened from now on use."""
        self._sandbox = sandbox
        self._allowance = allowance

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        """Folders outside its tree that a setup has filled, and that later cells can read."""
        return self._sandbox.left_by_setup

    def self_test(self) -> SelfTest:
        """Try the walls once, with a real command."""
        return self._sandbox.self_test()

    def open(self, tree: Path, *, access: Access, network: bool = False) -> BoundedCell:
        """Return a cell around `tree`, an existing directory.

        Raises:
            SandboxError: The backend cannot serve this tree.
        """
        return BoundedCell(
            self._sandbox.open(tree, access=access, network=network), self._allowance
        )


class BoundedCell:
    """Any cell, whose commands end when the run's allowance is used up."""

    def __init__(self, cell: Cell, allowance: Allowance) -> None:
        """Take over the cell."""
        self._cell = cell
        self._allowance = allowance

    def run(self, command: Command) -> CommandResult:
        """Run to the end or to a limit, the command's or the run's; the output says which.

        Raises:
            CommandUnavailableError: The program is not installed.
            SandboxError: The rules could not be applied; nothing was run.
        """
        left_s, left_bytes = self._allowance.left_s, self._allowance.left_bytes
        if left_s <= 0:
            return _not_run(LimitKind.TIME, _NO_TIME)
        if left_bytes <= 0:
            return _not_run(LimitKind.OUTPUT, _NO_OUTPUT)
        result = self._cell.run(
            replace(
                command,
                timeout_s=min(command.timeout_s, left_s),
                output_bytes=min(command.output_bytes, left_bytes),
            )
        )
        self._allowance.charge(result)
        if result.limit is LimitKind.TIME and left_s < command.timeout_s:
            return replace(result, output=f"{result.output}\n{_NO_TIME}")
        if result.limit is LimitKind.OUTPUT and left_bytes < command.output_bytes:
            return replace(result, output=f"{result.output}\n{_NO_OUTPUT}")
        return result

    def close(self) -> None:
        """End everything the cell started; a second call does nothing."""
        self._cell.close()


def _not_run(limit: LimitKind, text: str) -> CommandResult:
    return CommandResult(exit_code=None, output=text, limit=limit, duration_s=0.0)
