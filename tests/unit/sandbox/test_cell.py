"""What a cell on this machine says when its walls cannot be built."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import HostCell, Rules, make_scratch
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.programs import find_program
from orchestrator.sandbox.sandbox import Command
from tests.contract.cells import toolchain

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


_BOUNDED = """
from orchestrator.sandbox.cell import resource_limits
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.watchdog import CellLimits
words = resource_limits(CellLimits(), counts_processes=True)
ending = launch(Launch(argv=(*words, "/bin/sh", "-c", "ulimit -n"), timeout_s=10, output_bytes=900))
print(ending.stdout.decode(), ending.stderr.decode())
"""


@pytest.mark.skipif(find_program("prlimit") is None, reason="there is no prlimit here")
def test_resource_limits__ask_for_no_more_than_the_machine_gives() -> None:
    """Where few files may be open at all, commands run with those few, and not never."""
    powerless = ("setpriv", "--bounding-set=-sys_resource") if os.geteuid() == 0 else ()
    bound = ("--nofile=512:512", "--nproc=300:300", "--fsize=100000:100000")
    argv = ("prlimit", *bound, *powerless, sys.executable, "-c", _BOUNDED)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())}

    ending = launch(
        Launch(
            argv=("/usr/bin/env", *argv),
            environment=environment,
            timeout_s=20,
            output_bytes=9_000,
        )
    )

    assert ending.stdout.decode().strip() == "512", ending
