"""What all commands of a run may use together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from orchestrator.sandbox.allowance import Allowance, BoundedSandbox
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.sandbox import Access, Command, LimitKind
from orchestrator.sandbox.unconfined import Unconfined
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.sandbox import CommandResult


def _run(folder: Path, allowance: Allowance, *texts: str) -> list[CommandResult]:
    sandbox = BoundedSandbox(Unconfined(folder / "own", toolchain=Toolchain()), allowance)
    with contextlib.closing(sandbox.open(folder, access=Access.WRITE)) as cell:
        return [cell.run(Command(argv=("sh", "-c", text), timeout_s=60)) for text in texts]


def test_allowance__lets_ordinary_commands_be(tmp_path: Path) -> None:
    """A command that stays within everything is told nothing of it."""
    (result,) = _run(
        tmp_path, Allowance(clock=SteppingClock(), deadline_s=100), "echo hello; exit 3"
    )

    assert (result.exit_code, result.output, result.limit) == (3, "hello\n", None)


def test_allowance__ends_a_command_at_the_end_of_the_run(tmp_path: Path) -> None:
    """A command that asked for longer is ended, and told that it was not its own limit."""
    allowance = Allowance(clock=SteppingClock(), deadline_s=0.2)

    (result,) = _run(tmp_path, allowance, "echo begun; sleep 60")

    assert result.limit is LimitKind.TIME
    assert result.output.splitlines() == [
        "begun",
        "",
        "The time for this whole run is over: no command runs any longer.",
    ]


def test_allowance__starts_nothing_after_the_end_of_the_run(tmp_path: Path) -> None:
    """A command that comes too late is not begun, and its caller is told why."""
    clock = SteppingClock()
    clock.advance(101)

    (result,) = _run(tmp_path, Allowance(clock=clock, deadline_s=100), "touch begun")

    assert (result.exit_code, result.limit) == (None, LimitKind.TIME)
    assert "whole run" in result.output
    assert not (tmp_path / "begun").exists()


def test_allowance__adds_up_what_commands_print(tmp_path: Path) -> None:
    """Many modest commands are bounded as one great one is."""
    allowance = Allowance(clock=SteppingClock(), deadline_s=100, output_bytes=10)

    first, second, third = _run(tmp_path, allowance, "echo 123456", "echo 123456", "touch begun")

    assert (first.limit, first.output) == (None, "123456\n")
    assert (second.limit, second.output.splitlines()[0]) == (LimitKind.OUTPUT, "123")
    assert third.limit is LimitKind.OUTPUT
    assert "of this run" in second.output
    assert "of this run" in third.output
    assert not (tmp_path / "begun").exists()
