"""Calling another process of ours."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.domain.errors import ModelRejectedError, Rejection, SandboxError
from orchestrator.domain.usage import NO_SPEND
from orchestrator.scheduling.calls import Caller
from tests.architecture.source import ROOT
from tests.unit.scheduling.answering import caller

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from orchestrator.scheduling.calls import Process

    Calls = Caller[tuple[object, ...], Any]

KILLED = """
import os, signal
from tests.unit.scheduling.answering import caller
calls = caller()
print(*calls.call(("process",)), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    """Return who calls the process, which a test may lose."""
    made = caller()
    yield made
    made.end()


def _await_end(pid: int) -> None:
    """Wait until a process has ended, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        pidfd = os.pidfd_open(pid)
        ended, *_ = select.select([pidfd], [], [], 20)
        os.close(pidfd)
        assert ended


def test_call__gives_the_parts_in_order(calls: Calls) -> None:
    """Nothing of an answer is lost, and an answer of no parts is one too."""
    assert list(calls.call(("count", "1000"))) == list(range(1000))
    assert list(calls.call(("count", "0"))) == []


def test_call__takes_what_is_large_by_way_of_the_file(calls: Calls) -> None:
    """A long history arrives whole, one after the other and whatever was in the file before."""
    for size in (3_000_000, 0, 70_000):
        large = os.urandom(size)
        assert list(calls.call(("echo", pickle.PickleBuffer(large)))) == [large]
        assert list(calls.call(("echo", large))) == [large]


def test_call__gives_each_part_when_it_comes(calls: Calls) -> None:
    """Two calls go on at once: the first part of either is here while both still wait."""
    first, second = calls.call(("together",)), calls.call(("together",))

    assert [next(first), next(second)] == ["waits", "waits"]
    assert [next(first), next(second)] == ["met", "met"]


def test_calls__of_eight_threads_are_of_one_process(calls: Calls) -> None:
    """Threads that ask together do not start a process each."""
    calls.end()

    with ThreadPoolExecutor(8) as pool:
        pids = list(pool.map(lambda _: next(calls.call(("process",))), range(16)))

    assert len(set(pids)) == 1


def test_call__that_is_closed_ends_on_the_other_side(calls: Calls, tmp_path: Path) -> None:
    """An answer that nobody wants is not made to its end."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    with closing(calls.call(("until closed", str(fifo)))) as parts:
        assert next(parts) == "on"

    assert fifo.read_text(encoding="utf-8") == "closed"


def test_call__raises_the_error_of_the_answer_whole(calls: Calls) -> None:
    """An error of ours crosses with its advice and all else that it knows."""
    parts = calls.call(("refuse",))

    assert next(parts) == "begun"
    with pytest.raises(ModelRejectedError, match="It was refused") as caught:
        next(parts)
    error = caught.value
    assert (error.hint, error.spend, error.reason) == ("Ask again.", NO_SPEND, Rejection.CREDIT)


def test_call__shows_where_a_defect_was(calls: Calls) -> None:
    """What nobody foresaw comes with the lines that it happened in."""
    with pytest.raises(RuntimeError, match=r"(?s)answering\.py.*KeyError: 'nothing'"):
        list(calls.call(("break",)))


def test_call__of_a_process_that_dies_says_so(calls: Calls) -> None:
    """What came before the end is here, then the end by name; the next call has a new process."""
    before = next(calls.call(("process",)))
    parts = calls.call(("be killed",))

    assert next(parts) == "last words"
    with pytest.raises(EOFError, match="exit code 137"):
        next(parts)

    after = next(calls.call(("process",)))
    assert after != before


def test_call__does_not_mind_a_process_that_died_before(
    calls: Calls,
) -> None:
    """A process that was lost between two calls costs neither of them anything."""
    pid = next(calls.call(("process",)))
    os.kill(pid, signal.SIGKILL)
    _await_end(pid)

    assert list(calls.call(("count", "2"))) == [0, 1]


def test_end__leaves_nothing_and_may_come_at_any_time(
    calls: Calls,
) -> None:
    """Ending is safe before the start and twice; no process is left, not even a dead one."""
    caller().end()
    pid = next(calls.call(("process",)))

    calls.end()
    calls.end()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_end__in_the_middle_of_an_answer_is_told(calls: Calls) -> None:
    """Who still waits for an answer learns that there will be none."""
    parts = calls.call(("together",))
    assert next(parts) == "waits"

    calls.end()

    with pytest.raises(EOFError):
        next(parts)


def test_process__ends_with_who_called_it() -> None:
    """Even a caller that is killed leaves no process behind."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, capture_output=True, check=False, text=True
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    _await_end(int(killed.stdout))


def test_process__inherits_no_variable(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process knows of no secret but what it is told."""
    calls.end()
    monkeypatch.setenv("SECRET_CANARY", "sk-canary")

    (environment,) = calls.call(("environment",))

    assert "SECRET_CANARY" not in environment


def test_calls__leave_no_descriptor_open(calls: Calls) -> None:
    """A long run does not end at the limit of open files, on either side."""
    list(calls.call(("count", "1")))
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(60):
        list(calls.call(("count", "1")))

    assert len(list(Path("/proc/self/fd").iterdir())) == before
    # The latest calls may still be about to be let go.
    assert next(calls.call(("descriptors",))) < 30


def test_call__of_a_process_that_cannot_start_says_why() -> None:
    """The reason reaches whoever asks, each time, and nothing is left open."""

    def start(_: socket.socket) -> Process:
        raise SandboxError("No process could be started.", hint="End others.")

    calls: Calls = Caller(start)
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(2):
        with pytest.raises(SandboxError, match="could be started"):
            next(calls.call(("process",)))

    calls.end()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_call__of_a_process_that_falls_silent_ends() -> None:
    """A process that hangs is not waited for without end, and the next call has another."""
    calls = caller(silence_s=2.0, waits=True)
    before = next(calls.call(("process",)))
    parts = calls.call(("together",))
    assert next(parts) == "waits"

    with pytest.raises(EOFError, match=r"no sign of life for 2\.0 s, exit code 137"):
        next(parts)

    assert next(calls.call(("process",))) != before
    calls.end()


def test_call__of_a_process_that_complains_hands_that_on(calls: Calls) -> None:
    """What the process said before it ended tells why."""
    with pytest.raises(EOFError, match=r"exit code 3: no room for the library$"):
        list(calls.call(("complain",)))


def test_call__that_has_no_room_leaves_the_others_alone(calls: Calls) -> None:
    """A want of ours is told to who asked, and nobody else's answer is cut."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    with closing(calls.call(("count", "100000000"))) as other:
        assert next(other) == 0
        process = next(calls.call(("process",)))
        with closing(calls.call(("count", "100000000"))) as idle_before:
            assert next(idle_before) == 0
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
            try:
                with pytest.raises(OSError, match="Too many open files"):
                    next(calls.call(("process",)))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

        assert next(other) == 1
        assert next(calls.call(("process",))) == process
