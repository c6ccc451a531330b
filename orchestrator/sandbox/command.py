"""The one place where processes start: each with its own session, environment and bounds.

Everything that runs, trusted git as well as an agent's command, goes through `launch`. It
promises that nothing is inherited but what the caller wrote down, that memory for output is
bounded, and that the process group is gone when it returns. What escaped the group is the
business of the caller's `sweep`, which knows how its backend recognises its own.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.groups import await_group, kill_group, open_pidfd
from orchestrator.sandbox.nameless import nameless_file
from orchestrator.sandbox.sandbox import LimitKind
from orchestrator.sandbox.unstartable import unstartable
from orchestrator.telemetry.clock import SystemClock

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

_TICK_S = 0.1
_READ_BYTES = 65_536
_DEATH_S = 10.0
_LAST_WORDS_BYTES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One process to start."""

    argv: tuple[str, ...]
    """`argv[0]` is an absolute path."""
    timeout_s: float
    output_bytes: int
    """Bound for standard output; standard error has the same bound of its own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """All of it: nothing is inherited."""
    cwd: Path = Path("/")
    stdin: bytes | None = None
    """Closed when `None`."""
    merges_stderr: bool = False
    umask: int = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a process ended."""

    exit_code: int | None
    """128 plus the signal for a process that a signal ended; `None` when a bound was met."""
    stdout: bytes
    stderr: bytes
    limit: LimitKind | None
    duration_s: float


def launch(
    spec: Launch,
    *,
    watch: Callable[[int], LimitKind | None] | None = None,
    sweep: Callable[[int], None] | None = None,
) -> Ending:
    """Run to the end or to a bound, then end the whole process group.

    Args:
        spec: What to start.
        watch: Asked about ten times a second with the process id; an answer ends the process.
        sweep: Called once with the process id after the group was killed; ends what left it.

    Raises:
        CommandUnavailableError: There is no such program.
        SandboxError: It could not be started, or does not die.
    """
    clock = SystemClock()
    started_s = clock.monotonic()
    process = _started(spec)
    streams = _Streams(process, room=spec.output_bytes)
    limit, tick_s = None, started_s + _TICK_S
    try:
        while limit is None:
            now_s = clock.monotonic()
            left_s = started_s + spec.timeout_s - now_s
            if left_s <= 0:
                limit = LimitKind.TIME
            elif streams.step(max(0.0, min(left_s, tick_s - now_s))):
                break
            elif streams.is_full:
                limit = LimitKind.OUTPUT
            elif clock.monotonic() >= tick_s:
                limit = watch(process.pid) if watch is not None else None
                tick_s = clock.monotonic() + _TICK_S
    finally:
        try:
            _end(process, sweep)
        finally:
            streams.drain()
    if limit is None and streams.is_full:
        limit = LimitKind.OUTPUT
    return Ending(
        exit_code=None if limit else _shell_code(process.returncode),
        stdout=bytes(streams.stdout),
        stderr=bytes(streams.stderr),
        limit=limit,
        duration_s=clock.monotonic() - started_s,
    )


def accompany(
    spec: Launch, *, on_start: Callable[[int], None], on_line: Callable[[str], None]
) -> int:
    """Run a program of our own to its end, however long, and hand on each line as it comes.

    Args:
        spec: What to start; its bounds are not asked for.
        on_start: Called with the process id.
        on_line: Called with each line of both outputs, without its end.

    Returns:
        The exit code, 128 plus the signal for a process that a signal ended.

    Raises:
        CommandUnavailableError: There is no such program.
        SandboxError: It could not be started.
    """
    with _started(replace(spec, merges_stderr=True)) as process:
        on_start(process.pid)
        if process.stdout is not None:
            descriptor = os.dup(process.stdout.fileno())
            with os.fdopen(descriptor, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    on_line(line.rstrip("\n"))
        process.wait()
        return _shell_code(process.returncode)


class Kept:
    """A program of our own that goes on beside us."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
        """Take over the process, and the file that it writes its standard error to."""
        self._process = process
        self._complaints = complaints
        self._how = ""

    def end(self) -> str:
        """Kill it if it still runs, and return its exit code and last words; may come again."""
        if not self._how:
            _end(self._process, None)
            with self._complaints as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
                last = file.read().decode(errors="replace").strip().rpartition("\n")[2]
            code = f"exit code {_shell_code(self._process.returncode)}"
            self._how = f"{code}: {last}" if last else code
        return self._how


def keep(spec: Launch, *, stdin: socket.socket) -> Kept:
    """Start a program of our own and let it run, with an end of a channel as its input.

    It is to end when the other end is closed, which the kernel does however we end.

    Raises:
        CommandUnavailableError: There is no such program.
        SandboxError: It could not be started.
        OSError: There is no room for what it may complain about.
    """
    with contextlib.ExitStack() as unless_started:
        file = unless_started.enter_context(os.fdopen(nameless_file(), "w+b"))
        process = _opened(spec, stdin=stdin, stdout=subprocess.DEVNULL, stderr=file.fileno())
        unless_started.pop_all()
    return Kept(process, file)


class _Streams:
    """Both pipes of a process and its end, under one selector."""

    def __init__(self, process: subprocess.Popen[bytes], *, room: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.is_full = False
        self._process = process
        self._room = room
        self._selector = selectors.DefaultSelector()
        for pipe, taken in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, taken)
        self._pidfd = open_pidfd(process.pid)
        if self._pidfd is not None:
            self._selector.register(self._pidfd, selectors.EVENT_READ)

    def step(self, timeout_s: float) -> bool:
        """Read what comes within the time and return whether the process has ended."""
        has_ended = self._pidfd is None and self._process.poll() is not None
        for key, _ in self._selector.select(timeout_s):
            if key.fd == self._pidfd:
                has_ended = True
            else:
                self._read(key)
        return has_ended

    def drain(self) -> None:
        """Take what the dead left in the pipes, and let go of everything."""
        if self._pidfd is not None:
            self._selector.unregister(self._pidfd)
            os.close(self._pidfd)
        while not self.is_full and (ready := self._selector.select(0)):
            for key, _ in ready:
                self._read(key)
        self._selector.close()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _read(self, key: selectors.SelectorKey) -> None:
        taken: bytearray = key.data
        piece = os.read(key.fd, _READ_BYTES)
        if not piece:
            self._selector.unregister(key.fileobj)
        left = self._room - len(taken)
        taken += piece[:left]
        self.is_full = self.is_full or len(piece) > left


def _started(spec: Launch) -> subprocess.Popen[bytes]:
    with _stdin(spec.stdin) as stdin:
        stderr = subprocess.STDOUT if spec.merges_stderr else subprocess.PIPE
        return _opened(spec, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr)


def _opened(
    spec: Launch, *, stdin: int | IO[bytes] | socket.socket, stdout: int, stderr: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            spec.argv,
            stdin=stdin if isinstance(stdin, int) else stdin.fileno(),
            stdout=stdout,
            stderr=stderr,
            bufsize=0,
            cwd=spec.cwd,
            env=dict(spec.environment),
            close_fds=True,
            start_new_session=True,
            umask=spec.umask,
        )
    except (OSError, ValueError) as exc:
        raise unstartable(spec.argv[0], spec.cwd, exc) from exc


@contextlib.contextmanager
def _stdin(content: bytes | None) -> Iterator[int | IO[bytes]]:
    if content is None:
        yield subprocess.DEVNULL
        return
    # A file instead of a pipe: the child may read late or never without anybody waiting.
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def _end(process: subprocess.Popen[bytes], sweep: Callable[[int], None] | None) -> None:
    # The group is killed before its leader is reaped, so its number cannot be somebody else's.
    kill_group(process.pid)
    if sweep is not None:
        sweep(process.pid)
    try:
        process.wait(timeout=_DEATH_S)
    except subprocess.TimeoutExpired as exc:
        raise SandboxError(
            f"The process {process.pid} is still there {_DEATH_S:.0f} s after it was killed.",
            hint="Look for a blocked disk or mount on this machine.",
        ) from exc
    await_group(process.pid)


def _shell_code(returncode: int) -> int:
    return 128 - returncode if returncode < 0 else returncode
