"""What a cell on this machine says when its walls cannot be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import HostCell, Rules, make_scratch
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.sandbox import Command
from tests.contract.cells import toolchain

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = "echo 'bwrap: no permission'; exit 1"


def _cell(tmp_path: Path, prefix: tuple[str, ...]) -> HostCell:
    homes = Homes(make_scratch(tmp_path / "scratch"))
    tree = tmp_path / "tree"
    tree.mkdir()
    rules = Rules(
        prefix=lambda _: prefix,
        start_in=lambda cwd: tree / cwd,
        census=lambda _: (),
        sweep=lambda _: None,
        environment={},
        builders=("bwrap: ",),
        toolchain=toolchain(),
    )
    return HostCell(tree, home=homes.make(network=False), homes=homes, rules=rules)


def test_run__says_that_walls_cannot_be_built(tmp_path: Path) -> None:
    """A command that never began is no failed command: the run learns that its walls are gone."""
    cell = _cell(tmp_path, ("/bin/sh", "-c", BROKEN, "sh"))

    with pytest.raises(SandboxError, match="could not be built: bwrap: no permission"):
        cell.run(Command(argv=("true",)))


def test_run__keeps_what_a_command_says_in_their_place(tmp_path: Path) -> None:
    """Where another command runs, the walls stand, whatever this one has printed."""
    cell = _cell(tmp_path, ())

    result = cell.run(Command(argv=("sh", "-c", BROKEN)))

    assert (result.exit_code, result.output) == (1, "bwrap: no permission\n")


def test_run__in_a_tree_that_is_gone_says_so(tmp_path: Path) -> None:
    """Without walls a command can take away the folder it runs in: the next one is told."""
    cell = _cell(tmp_path, ())
    cell.run(Command(argv=("sh", "-c", 'cd / && rm -r "$1"', "sh", str(tmp_path / "tree"))))

    with pytest.raises(SandboxError, match="is there no more: No such file"):
        cell.run(Command(argv=("true",)))
