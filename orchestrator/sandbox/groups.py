"""Groups of processes: ended as one, and waited for until nobody of them lives."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from orchestrator.telemetry.clock import SystemClock

_ORPHANS_S = 1.0
_PAUSE_S = 0.002


def kill_group(group: int) -> None:
    """Kill every process of a group; nothing happens when there is none."""
    _signal(group, signal.SIGKILL)


def await_group(group: int) -> None:
    """Wait until nobody of a killed group lives, a second at most."""
    # A kill takes effect a moment later.
    clock = SystemClock()
    until_s = clock.monotonic() + _ORPHANS_S
    while _signal(group, 0) and _is_alive(group) and clock.monotonic() < until_s:
        clock.sleep(_PAUSE_S)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _is_alive(group: int) -> bool:
    # The dead whom nobody has reaped yet still count as members for `killpg`.
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, found = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(found) == group and state not in {"Z", "X"}:
                return True
    return not Path("/proc/self").exists()


def open_pidfd(pid: int) -> int | None:
    """Return what tells a process's end; without it, the end is noticed at the next tick."""
    # Not Linux, or an older container engine, whose filter refuses what it does not know.
    with contextlib.suppress(AttributeError, OSError):
        return os.pidfd_open(pid)
    return None
