"""What a hostile command can do in a cell, tried inside the image for both backends."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.image.job import CANARY

if TYPE_CHECKING:
    from tests.image.job import Job

pytestmark = pytest.mark.image

_ATTACKS = Path(__file__).with_name("attacks")
_KNOWN_GAPS = {
    "sibling": set[str](),
    "local": {"abstract Unix socket", "world-writable Unix socket"},
}
_FEWEST = 96
_ALL = "python3 -I attacks.py && python3 -I kernel.py"


@pytest.mark.parametrize("backend", ["sibling", "local"])
def test_attacks__are_stopped(job: Job, backend: str) -> None:
    """Nothing works against a sibling, and at most the two known gaps against the local walls."""
    said = job.start(
        ("sandbox", "--backend", backend, "--worktree", "/attacks", "--", _ALL),
        *("-v", f"{_ATTACKS}:/attacks:ro"),
    )

    verdicts = [
        line for line in said.stdout.splitlines() if line.startswith(("worked ", "stopped "))
    ]
    worked = {line.removeprefix("worked ") for line in verdicts if line.startswith("worked ")}
    assert len(verdicts) >= _FEWEST, said.stdout + said.stderr
    assert worked <= _KNOWN_GAPS[backend]
    assert said.returncode == 0
    assert CANARY not in said.stdout + said.stderr
    assert job.siblings() == []


def test_attacks__work_without_walls(job: Job) -> None:
    """The suite is able to find something: bare, most of it works."""
    said = job.start(
        (
            *("sandbox", "--backend", "unconfined", "--worktree", "/attacks"),
            *("--", _ALL),
        ),
        *("-v", f"{_ATTACKS}:/attacks:ro"),
    )

    worked = [line for line in said.stdout.splitlines() if line.startswith("worked ")]
    assert len(worked) > _FEWEST // 3, said.stdout + said.stderr


_MANY_HOGS = """
for i in 1 2 3 4 5 6 7 8 9 10; do
  python3 -c 'import time; x = bytearray(512 << 20); time.sleep(20)' &
done
wait
"""
_DEEP = """
import os
for _ in range(2000):
    os.mkdir("d")
    os.chdir("d")
"""
_BOMBS = {
    "background": ("(trap '' TERM HUP INT; sleep 600) & wait", {"time limit"}),
    "question": ("read -r answer || exit 7", {"exit code 7"}),
    "deep tree": (f"python3 -c '{_DEEP}'", {"exit code 0"}),
    "fork": (":(){ :|:& };:", {"processes", "output", "exit"}),
    "memory in one": ("python3 -c 'x = bytearray(5 << 30)'", {"memory", "exit"}),
    "memory in many": (_MANY_HOGS, {"memory"}),
    "output": ("yes", {"printed too much"}),
    "sleeper": ("trap '' TERM HUP INT; sleep 600", {"time limit"}),
    "daemon": ("(setsid sh -c 'sleep 600' >/dev/null 2>&1 &); exit 5", {"exit code 5"}),
    "descriptors": (
        "python3 -c 'import os; [os.dup(0) for _ in range(20000)]' 2>/dev/null || exit 6",
        {"exit code 6"},
    ),
}


@pytest.mark.parametrize("backend", ["sibling", "local"])
@pytest.mark.parametrize("bomb", sorted(_BOMBS))
def test_bombs__end_and_say_why(job: Job, backend: str, bomb: str) -> None:
    """No command outlives its bounds, and whoever ran it learns which one it met."""
    text, expected = _BOMBS[bomb]
    timeout = "10" if expected == {"time limit"} else "90"

    said = job.start(
        (
            *("sandbox", "--backend", backend, "--timeout", timeout),
            *("--worktree", "/attacks", "--", text),
        ),
        *("-v", f"{_ATTACKS}:/attacks:ro"),
    )

    ended = said.stdout.splitlines()[-1]
    assert ended.startswith("command: "), said.stdout[-2000:] + said.stderr[-2000:]
    assert any(word in ended for word in expected), ended
    assert job.siblings() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize("backend", ["sibling", "local"])
def test_disk__is_not_filled(job: Job, backend: str) -> None:
    """A command ends before the disk is full, and whoever ran it learns why."""
    disk = job.folder / "runner_temp"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "small", str(disk)], check=True)
    try:
        said = job.start(
            (
                *("sandbox", "--backend", backend, "--worktree", "/attacks"),
                *("--", "fallocate -l 700M fill; sleep 600"),
            ),
            *("-v", f"{_ATTACKS}:/attacks:ro", "--tmpfs", "/var/lib:rw,exec,size=1g,mode=755"),
        )
    finally:
        subprocess.run(["umount", str(disk)], check=True)

    assert "filled the disk" in said.stdout.splitlines()[-1], said.stdout[-2000:] + said.stderr
