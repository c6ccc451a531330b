"""Bounds for a whole tree of processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.sandbox import LimitKind
from orchestrator.sandbox.watchdog import (
    CellLimits,
    ProcessFacts,
    Reserve,
    Watchdog,
    descendants,
    kill_until_gone,
    of_user,
    read_processes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def _process(pid: int, memory_bytes: int) -> ProcessFacts:
    return ProcessFacts(pid=pid, parent=1, uid=7, is_zombie=False, memory_bytes=memory_bytes)


def test_watchdog__adds_up_all_processes() -> None:
    """The sum counts, not the largest."""
    census = [_process(1, 60), _process(2, 60)]
    watch = Watchdog(CellLimits(memory_bytes=100), folder=Path("/"), census=lambda _: census)

    assert watch(1) is LimitKind.MEMORY
    census.pop()
    assert watch(1) is None


@pytest.mark.parametrize(
    ("reserve", "met"),
    [
        (Reserve(memory_bytes=1 << 60), LimitKind.MEMORY),
        (Reserve(disk_bytes=1 << 60), LimitKind.DISK),
        (Reserve(processes=1 << 60), LimitKind.PROCESSES),
        (Reserve(memory_bytes=0, disk_bytes=0, processes=-(1 << 60)), None),
    ],
)
def test_watchdog__keeps_a_reserve_of_the_machine(reserve: Reserve, met: LimitKind | None) -> None:
    """Commands that are modest one by one cannot use a machine up together."""
    watch = Watchdog(CellLimits(reserve=reserve), folder=Path("/"), census=lambda _: ())

    assert watch(1) is met


def test_watchdog__counts_processes() -> None:
    """As many processes as allowed are one too many to go on."""
    census = [_process(1, 0), _process(2, 0)]
    watch = Watchdog(CellLimits(processes=2), folder=Path("/"), census=lambda _: census)

    assert watch(1) is LimitKind.PROCESSES


def test_watchdog__sees_the_disk_shrink(tmp_path: Path) -> None:
    """Space that vanishes while a command runs is held against it."""
    watch = Watchdog(CellLimits(disk_bytes=1 << 20), folder=tmp_path, census=lambda _: [])

    (tmp_path / "fill").write_bytes(os.urandom(64 << 20))

    assert watch(1) is LimitKind.DISK


def test_read_processes__knows_this_one() -> None:
    """Our own entry has our parent, our user and some memory."""
    (mine,) = [process for process in read_processes() if process.pid == os.getpid()]

    assert (mine.parent, mine.uid, mine.is_zombie) == (os.getppid(), os.getuid(), False)
    assert mine.memory_bytes > 1 << 20


def test_census__by_user_and_by_descent_hold_this_process() -> None:
    """Both ways to count find what they are asked for."""
    assert os.getpid() in {process.pid for process in of_user(os.getuid())(0)}
    assert os.getpid() in {process.pid for process in descendants(os.getppid())}


def test_kill_until_gone__repeats_until_nothing_lives() -> None:
    """What was born during the killing is killed as well."""
    generations: list[Sequence[int]] = [[1, 2], [3], []]
    killed: list[int] = []

    kill_until_gone(killed.extend, lambda: generations.pop(0))

    assert killed == [1, 2, 3]


def test_kill_until_gone__gives_up_at_last() -> None:
    """What cannot be killed does not hold up the run for ever."""
    rounds: list[Sequence[int]] = []

    kill_until_gone(rounds.append, lambda: [1])

    assert len(rounds) > 10


def test_watchdog__of_a_folder_that_is_gone_keeps_the_other_bounds(tmp_path: Path) -> None:
    """Without walls a command can delete the folder it runs in; it is watched all the same."""
    folder = tmp_path / "tree"
    folder.mkdir()
    census = [_process(1, 60)]
    watch = Watchdog(CellLimits(memory_bytes=100), folder=folder, census=lambda _: census)
    folder.rmdir()

    assert watch(1) is None
    census.append(_process(2, 60))
    assert watch(1) is LimitKind.MEMORY


_FORGER = """
import ctypes, os, time
prctl = ctypes.CDLL(None).prctl
if os.fork() == 0:
    prctl(15, bytes([int(os.environ["ENDS_A_LINE"])]) + b"VmSwap:x", 0, 0, 0)
    os._exit(0)
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
@pytest.mark.parametrize("character", ["\x0b", "\r", "\n"])
def test_read_processes__believes_no_process_s_name(character: str) -> None:
    """A dead process is named by whoever ran it: a name that looks like facts adds none."""
    seen: list[list[ProcessFacts]] = []

    def watch(pid: int) -> LimitKind | None:
        family = list(descendants(pid))
        seen.append(family)
        return LimitKind.TIME if any(process.is_zombie for process in family) else None

    forger = Launch(
        argv=(sys.executable, "-c", _FORGER),
        timeout_s=50,
        output_bytes=100,
        environment={"ENDS_A_LINE": str(ord(character))},
    )

    ending = launch(forger, watch=watch)

    assert ending.limit is LimitKind.TIME
    assert [process.memory_bytes for process in seen[-1] if process.is_zombie] == [0]
