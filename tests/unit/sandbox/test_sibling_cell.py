"""What a cell in a container beside ours makes of what commands say, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import CommandUnavailableError, SandboxError
from orchestrator.sandbox.docker_engine import Bounds, ContainerPlan, DockerEngine
from orchestrator.sandbox.homes import Homes
from orchestrator.sandbox.sandbox import Command, LimitKind
from orchestrator.sandbox.sibling_cell import Inside, SiblingCell
from orchestrator.sandbox.watchdog import CellLimits
from tests.doubles.engine import EngineClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEEPER = 'while read -r asked; do echo "$asked 0 0"; done'
"""Ends nobody: on this machine the real one would."""
WALL = """
command -v -- "$1" >/dev/null || { echo "setpriv: failed to execute $1: No such file"; exit 127; }
exec "$@"
"""
BROKEN = "echo 'setpriv: no permission'; exit 127"


def _cell(client: EngineClient, folder: Path, *, wall: str = WALL) -> SiblingCell:
    homes = Homes(folder)
    tree = folder / "tree"
    tree.mkdir()
    environment = {"PATH": "/usr/bin:/bin"}
    return SiblingCell(
        DockerEngine(client),
        ContainerPlan(
            image="none",
            entrypoint=("/bin/sh", "-c", KEEPER),
            run="test",
            bounds=Bounds(memory_bytes=1, processes=1, open_files=1, file_bytes=1, cpus=1),
        ),
        tree=tree,
        home=homes.make(network=False),
        homes=homes,
        inside=Inside(user="1:1", walls=("/bin/sh", "-c", wall, "sh"), environment=environment),
        limits=CellLimits(),
    )


@pytest.fixture
def client() -> Iterator[EngineClient]:
    """Return an engine without walls, for commands of these tests alone."""
    with EngineClient() as opened:
        yield opened


def test_run__names_a_program_that_is_missing(client: EngineClient, tmp_path: Path) -> None:
    """It is looked for, by name and by path."""
    cell = _cell(client, tmp_path)

    for name in ("no-such-tool", "./gradlew", "/opt/none/such"):
        with pytest.raises(CommandUnavailableError, match=f"'{name}' is not installed"):
            cell.run(Command(argv=(name,)))


def test_run__believes_no_command_that_says_it_is_missing(
    client: EngineClient, tmp_path: Path
) -> None:
    """What a command prints does not become what is told of the sandbox."""
    said = "setpriv: failed to execute sh: No such file or directory"

    result = _cell(client, tmp_path).run(Command(argv=("sh", "-c", f"echo '{said}'; exit 127")))

    assert (result.exit_code, result.output) == (127, f"{said}\n")


def test_run__says_that_walls_cannot_be_built(client: EngineClient, tmp_path: Path) -> None:
    """A command that never began is no failed command, and no missing program either."""
    cell = _cell(client, tmp_path, wall=BROKEN)

    with pytest.raises(SandboxError, match="could not be built: setpriv: no permission"):
        cell.run(Command(argv=("no-such-tool",)))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"], ids=["NUL", "half of a pair"])
def test_run__refuses_what_no_argument_can_hold(
    client: EngineClient, tmp_path: Path, text: str
) -> None:
    """An argument that cannot be passed on is an error of ours, and nothing is run."""
    cell = _cell(client, tmp_path)

    with pytest.raises(SandboxError, match="NUL"):
        cell.run(Command(argv=("echo", text)))

    assert cell.run(Command(argv=("echo", "on"))).output == "on\n"


def test_run__says_that_what_came_late_was_cut(client: EngineClient, tmp_path: Path) -> None:
    """What a busy engine sends after the command's end is held to the same bound."""
    late = "(sleep 0.7; head -c 5000 /dev/zero | tr '\\0' x) & exit 0"

    result = _cell(client, tmp_path).run(
        Command(argv=("sh", "-c", late), output_bytes=1_000, timeout_s=20)
    )

    assert (result.output, result.limit, result.exit_code) == ("x" * 1_000, LimitKind.OUTPUT, None)
