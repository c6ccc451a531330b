"""Which backend is chosen, and what is said about those that are not."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import SandboxError, UsageError
from orchestrator.sandbox.cell import Toolchain, make_scratch
from orchestrator.sandbox.container_local import ContainerLocal
from orchestrator.sandbox.lending import SiblingPlace
from orchestrator.sandbox.sandbox import Access, SelfTest
from orchestrator.sandbox.selection import Policy, choose
from orchestrator.sandbox.self_test import try_walls
from orchestrator.sandbox.slots import Slots, claim_slots
from orchestrator.sandbox.unconfined import Unconfined
from orchestrator.sandbox.walls import Walls, find_walls

if TYPE_CHECKING:
    from orchestrator.sandbox.sandbox import Cell, Command, CommandResult

_TOOLCHAIN = Toolchain()
_ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")


def test_choose__unconfined_needs_the_command_line(tmp_path: Path) -> None:
    """No configuration alone can take the walls away."""
    with pytest.raises(UsageError, match="command line"):
        choose(Policy.UNCONFINED, scratch=tmp_path, toolchain=_TOOLCHAIN)


def test_choose__unconfined_says_what_is_missing(tmp_path: Path) -> None:
    """Whoever takes the walls away reads what that means."""
    choice = choose(
        Policy.UNCONFINED, scratch=tmp_path, toolchain=_TOOLCHAIN, allow_unconfined=True
    )

    assert choice.verdict is not None
    assert not choice.verdict.is_confined
    assert any("network" in gap for gap in choice.verdict.gaps)


def test_choose__auto_never_ends_without_walls(tmp_path: Path) -> None:
    """Without permission the choice is a backend with walls or nothing at all."""
    choice = choose(Policy.AUTO, scratch=tmp_path, toolchain=_TOOLCHAIN)

    assert (choice.sandbox is None) == all(verdict.failures for verdict in choice.verdicts)
    assert choice.verdict is None or choice.verdict.is_confined


def test_choose__auto_ends_unconfined_only_when_allowed(tmp_path: Path) -> None:
    """With permission there is always a backend."""
    choice = choose(Policy.AUTO, scratch=tmp_path, toolchain=_TOOLCHAIN, allow_unconfined=True)

    assert choice.sandbox is not None


def test_choose__nothing_says_why(tmp_path: Path) -> None:
    """A backend that cannot work names its reasons, and nobody else steps in."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    scratch = private / "scratch"

    choice = choose(Policy.LOCAL, scratch=scratch, toolchain=_TOOLCHAIN)

    assert choice.sandbox is None
    assert choice.verdict is None
    assert choice.verdicts[0].failures


@_ROOT_ONLY
def test_local__refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """A person's own folder is never handed to a cell's user."""
    sandbox = ContainerLocal(tmp_path / "scratch", toolchain=_TOOLCHAIN)
    if sandbox.self_test().failures and find_walls(None).missing:
        pytest.skip("no walls on this machine")
    tree = Path("/tmp") / f"owned-{os.getpid()}"
    tree.mkdir()
    try:
        os.chown(tree, 1234, 1234)
        with pytest.raises(SandboxError, match="belongs to user 1234"):
            sandbox.open(tree, access=Access.WRITE)
        assert tree.stat().st_uid == 1234
    finally:
        tree.rmdir()


@_ROOT_ONLY
def test_local__says_which_folder_cannot_be_passed(tmp_path: Path) -> None:
    """A run's folder below a private home is refused by name."""
    sandbox = ContainerLocal(tmp_path / "scratch", toolchain=_TOOLCHAIN)
    if find_walls(None).missing:
        pytest.skip("no walls on this machine")
    tree = tmp_path / "private" / "tree"
    tree.mkdir(parents=True)
    tree.parent.chmod(0o700)

    with pytest.raises(SandboxError, match="cannot pass through"):
        sandbox.open(tree, access=Access.WRITE)


@_ROOT_ONLY
def test_local__closes_its_moat(tmp_path: Path) -> None:
    """Folders that hold the runner's files are closed before any command runs."""
    moat = tmp_path / "github"
    moat.mkdir(mode=0o755)

    ContainerLocal(tmp_path / "scratch", toolchain=_TOOLCHAIN, moat=(moat,))

    assert moat.stat().st_mode & 0o777 == 0o700


def test_walls__without_a_closed_network_are_none() -> None:
    """Neither a filter nor a namespace: the backend fails closed."""
    walls = Walls(
        setpriv=Path("/usr/bin/setpriv"), has_landlock=True, no_network=(), seccomp_filter=None
    )

    assert len(walls.missing) == 1
    assert "network" in walls.missing[0]


def test_walls__without_setpriv_are_none() -> None:
    """Without the program that drops privileges nothing is attempted."""
    walls = Walls(setpriv=None, has_landlock=False, no_network=("unshare",), seccomp_filter=None)

    assert walls.missing == ("setpriv is not installed.",)


def test_walls__words_hold_every_wall() -> None:
    """User, groups, privileges, capabilities, files and network are all named."""
    walls = Walls(
        setpriv=Path("/usr/bin/setpriv"),
        has_landlock=True,
        no_network=(),
        seccomp_filter=Path("/opt/nonet.bpf"),
    )

    closed = walls.words(
        uid=7, gid=8, network=False, writable=(Path("/var"),), readable=(Path("/absent"),)
    )
    opened = walls.words(uid=7, gid=8, network=True, writable=(), readable=())

    assert closed[:7] == (
        "/usr/bin/setpriv",
        "--reuid=7",
        "--regid=8",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--inh-caps=-all",
    )
    assert "path-beneath::/var" in closed
    assert "path-beneath:execute,read-file,read-dir:/usr" in closed
    assert not any("/absent" in word for word in closed)
    assert closed[-3:] == ("--seccomp-filter", "/opt/nonet.bpf", "--")
    assert "--seccomp-filter" not in opened


def test_find_walls__does_not_believe_in_a_filter_it_cannot_load(tmp_path: Path) -> None:
    """A missing or broken filter file counts as none."""
    assert find_walls(tmp_path / "absent.bpf").seccomp_filter is None


def test_slots__come_in_turn() -> None:
    """Every cell gets the next user, and the block is used again from its start."""
    slots = Slots(100, 2)

    assert [slots.take() for _ in range(3)] == [100, 101, 100]
    assert 101 in slots
    assert 102 not in slots


def test_slots__begin_where_they_are_told() -> None:
    """Two runs with one block begin at different places, and still use all of it."""
    slots = Slots(100, 3, skip=2)

    assert [slots.take() for _ in range(4)] == [102, 100, 101, 102]


def test_claim_slots__stay_away_from_people_and_the_runner() -> None:
    """Users of cells lie where no person, runner or remapped container has one."""
    slots = claim_slots()

    assert all(60_100 <= slots.take() < 65_534 for _ in range(100))


def test_make_scratch__says_when_it_cannot(tmp_path: Path) -> None:
    """A file in the way ends in a sentence."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SandboxError, match="cannot be made"):
        make_scratch(tmp_path / "file" / "scratch")


@dataclass
class _SparseCell:
    """A cell in which few programs are found."""

    cell: Cell
    programs: Path

    def run(self, command: Command) -> CommandResult:
        environment = {**command.environment, "PATH": str(self.programs)}
        return self.cell.run(replace(command, environment=environment))

    def close(self) -> None:
        self.cell.close()


@dataclass
class _SparseSandbox:
    """No walls, and few programs that could show it."""

    sandbox: Unconfined

    @property
    def left_by_setup(self) -> tuple[Path, ...]:
        return ()

    def self_test(self) -> SelfTest:
        return self.sandbox.self_test()

    def open(self, tree: Path, *, access: Access, network: bool = False) -> _SparseCell:
        programs = tree / "programs"
        programs.mkdir()
        for name in ("cat", "grep"):
            (programs / name).symlink_to(f"/usr/bin/{name}")
        return _SparseCell(self.sandbox.open(tree, access=access, network=network), programs)


def test_try_walls__trusts_no_wall_that_nothing_could_try(tmp_path: Path) -> None:
    """An image without the programs that attack has not withstood them."""
    scratch = tmp_path / "scratch"

    failures = try_walls(_SparseSandbox(Unconfined(scratch, toolchain=_TOOLCHAIN)), scratch)

    assert len(failures) == 1
    assert "There is no sha256sum." in failures[0]


def test_try_walls__notices_that_there_are_none(tmp_path: Path) -> None:
    """The self-test is able to fail: without walls nearly every attempt works."""
    scratch = tmp_path / "scratch"

    failures = try_walls(Unconfined(scratch, toolchain=_TOOLCHAIN), scratch)

    assert "A command could change a file outside its tree." in failures
    assert "A command could reach a service on this machine." in failures
    assert "A command could write to a tree that it may only read." in failures
    assert list(Path("/etc").glob("orchestrator-self-test-*")) == []
    assert list(scratch.iterdir()) == []


def test_choose__sibling_without_a_place_says_why(tmp_path: Path) -> None:
    """Outside a job's container a sibling is refused by name, and nobody steps in."""
    choice = choose(Policy.SIBLING, scratch=tmp_path, toolchain=_TOOLCHAIN)

    assert choice.sandbox is None
    assert choice.verdicts[0].backend == "sibling"
    assert "No Docker engine" in choice.verdicts[0].failures[0]


def test_choose__auto_tries_a_sibling_first_where_one_can_be(tmp_path: Path) -> None:
    """In a job the order is sibling, then local; an engine that is not there is said aloud."""
    place = SiblingPlace(
        folder=tmp_path / "cells",
        beside=tmp_path / "beside",
        run="test",
        socket=str(tmp_path / "none.sock"),
    )

    choice = choose(Policy.AUTO, scratch=tmp_path / "own", toolchain=_TOOLCHAIN, sibling=place)

    assert [verdict.backend for verdict in choice.verdicts] == ["sibling", "local"]
    assert choice.verdicts[0].failures
    assert choice.folder == tmp_path / "own"


def test_local__refuses_to_go_without_a_required_landlock(tmp_path: Path) -> None:
    """Whoever requires Landlock gets it or no commands."""
    sandbox = ContainerLocal(tmp_path / "own", toolchain=_TOOLCHAIN, require_landlock=True)

    missing = "Landlock is missing, and the configuration requires it."
    assert (missing in sandbox.self_test().failures) is not find_walls(None).has_landlock


@_ROOT_ONLY
def test_local__whose_moat_stays_open_is_no_choice(tmp_path: Path) -> None:
    """What the runner mounts has to be closed before a command runs; if it cannot be, none does."""
    with pytest.raises(SandboxError, match="cannot be closed"):
        ContainerLocal(tmp_path / "cells", toolchain=_TOOLCHAIN, moat=(Path("/proc/self"),))
