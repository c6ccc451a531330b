"""Bounds that the kernel does not keep for a whole tree of processes without cgroups."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.sandbox import LimitKind
from orchestrator.telemetry.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MARKER = "ORCHESTRATOR_CELL"
"""The variable by which processes of one cell are known where they have no user of their own."""

_PROC = "/proc"
_ROUNDS = 200
_PAUSE_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """What must stay free on the machine, however many commands of a run are at work on it."""

    memory_bytes: int = 256 << 20
    disk_bytes: int = 512 << 20
    processes: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLimits:
    """What all processes of one command may use together."""

    memory_bytes: int = 4 << 30
    processes: int = 512
    disk_bytes: int = 4 << 30
    """How much free space may vanish from the tree's disk while the command runs."""
    open_files: int = 8192
    """For each process."""
    file_bytes: int = 2 << 30
    """For each file."""
    reserve: Reserve = Reserve()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """One living process."""

    pid: int
    parent: int
    uid: int
    is_zombie: bool
    memory_bytes: int
    """Memory of its own and shared memory; without the latter a tree could hide in it."""


def read_processes() -> Iterator[ProcessFacts]:
    """Yield every process that can be seen; none where there is no /proc."""
    for pid in _pids():
        with contextlib.suppress(OSError):
            status = _of_process(pid, "status")
            yield _parsed(pid, status.decode(errors="replace"))


def of_user(uid: int) -> Callable[[int], Iterable[ProcessFacts]]:
    """Return a census of everything that runs as `uid`."""
    return lambda _: [process for process in read_processes() if process.uid == uid]


def descendants(root: int) -> Iterable[ProcessFacts]:
    """Return a process and everything below it that still has its parent."""
    everything = list(read_processes())
    family = {root}
    before = 0
    while len(family) > before:
        before = len(family)
        family |= {process.pid for process in everything if process.parent in family}
    return [process for process in everything if process.pid in family]


class Watchdog:
    """Looks at a running command and says which bound it has passed."""

    def __init__(
        self,
        limits: CellLimits,
        *,
        folder: Path,
        census: Callable[[int], Iterable[ProcessFacts]],
    ) -> None:
        """Remember how much space is free now on the disk of `folder`.

        Raises:
            SandboxError: There is no such folder any more.
        """
        self._limits = limits
        self._folder = folder
        self._census = census
        try:
            self._free_bytes = _free_bytes(folder)
        except OSError as exc:
            raise SandboxError(
                f"The folder {str(folder)!r} for commands is there no more: {exc.strerror}.",
                hint="Let no command take its own worktree away.",
            ) from exc

    def __call__(self, pid: int) -> LimitKind | None:
        """Return the bound that the command with this process id has passed, or `None`."""
        if self._is_disk_full():
            return LimitKind.DISK
        processes = list(self._census(pid))
        if len(processes) >= self._limits.processes:
            return LimitKind.PROCESSES
        if sum(process.memory_bytes for process in processes) > self._limits.memory_bytes:
            return LimitKind.MEMORY
        return self._of_machine()

    def _is_disk_full(self) -> bool:
        try:
            free_bytes = _free_bytes(self._folder)
        except OSError:
            # Without walls a command can take away the folder that it runs in.
            return False
        vanished = self._free_bytes - free_bytes
        reserve = self._limits.reserve.disk_bytes
        return vanished > self._limits.disk_bytes or free_bytes < reserve

    def _of_machine(self) -> LimitKind | None:
        reserve = self._limits.reserve
        available, possible = _available_memory(), _possible_processes()
        if available is not None and available < reserve.memory_bytes:
            return LimitKind.MEMORY
        if possible is not None and possible < reserve.processes:
            return LimitKind.PROCESSES
        return None


def kill_marked(marker: str) -> None:
    """Kill every process that was started with this value of `MARKER`, whatever its parent.

    What removed the marker from its own start is not found: only confinement helps there.
    """
    wanted = f"{MARKER}={marker}".encode()
    kill_until_gone(_kill, lambda: [pid for pid in _pids() if _has_variable(pid, wanted)])


def end_children() -> None:
    """Kill every process that this one has started and that still runs, with all below it."""
    me = os.getpid()

    def living() -> list[int]:
        return [p.pid for p in descendants(me) if p.pid != me and not p.is_zombie]

    kill_until_gone(_kill, living)


def _kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def kill_until_gone(
    kill: Callable[[Sequence[int]], None], living: Callable[[], Sequence[int]]
) -> None:
    """Kill what lives, again and again, until nothing does or a second has passed."""
    clock = SystemClock()
    for _ in range(_ROUNDS):
        pids = living()
        if not pids:
            return
        kill(pids)
        clock.sleep(_PAUSE_S)


def _pids() -> list[int]:
    with contextlib.suppress(FileNotFoundError):
        # Ten times a second: no Path objects.
        return [int(name) for name in os.listdir(_PROC) if name.isdigit()]  # noqa: PTH208
    return []


def _has_variable(pid: int, wanted: bytes) -> bool:
    """Tell whether a process was started with it; not of the dead and of other users."""
    with contextlib.suppress(OSError):
        return wanted in _of_process(pid, "environ").split(b"\0")
    return False


def _of_process(pid: int, name: str) -> bytes:
    # Of every process, after every command: no Path objects.
    with open(f"{_PROC}/{pid}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()


def _parsed(pid: int, status: str) -> ProcessFacts:
    # Of all that could end a line of it, the kernel keeps but the line feed out of a name.
    values = dict(line.split(":", 1) for line in status.split("\n") if ":" in line)
    kibibytes = sum(
        int(values.get(key, "0").split()[0]) for key in ("RssAnon", "RssShmem", "VmSwap")
    )
    return ProcessFacts(
        pid=pid,
        parent=int(values.get("PPid", "0")),
        is_zombie=values.get("State", "").strip().startswith(("Z", "X")),
        uid=int(values["Uid"].split()[0]) if "Uid" in values else -1,
        memory_bytes=kibibytes << 10,
    )


def _free_bytes(folder: Path) -> int:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def _available_memory() -> int | None:
    with contextlib.suppress(OSError):
        for line in Path(f"{_PROC}/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None


def _possible_processes() -> int | None:
    """Return how many more the kernel would start; the numbers are the machine's everywhere."""
    with contextlib.suppress(OSError):
        most = min(
            int(Path(f"{_PROC}/sys/kernel/{name}").read_text())
            for name in ("threads-max", "pid_max")
        )
        return most - int(Path(f"{_PROC}/loadavg").read_text().split()[3].partition("/")[2])
    return None
