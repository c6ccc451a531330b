"""Calls into another process of ours, several at a time.

Each call has a line of its own, a socket that is handed over: hanging up ends the call, and the
end of either process ends all of them. A line whose call has ended serves the next one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import socket
import threading
import traceback
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from orchestrator.domain.errors import OrchestratorError
from orchestrator.sandbox.nameless import nameless_file
from orchestrator.scheduling.workers import Catching, background

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Q = TypeVar("Q")
P = TypeVar("P")

_HAND_OVER = b"."
_ENDS = 2
_TRIES = 2


class Process(Protocol):
    """Another process of ours."""

    def end(self) -> str:
        """End it at once and return how it ended, in words; safe to call again."""
        ...


class _Ended(NamedTuple):
    error: Exception | None


class _Line:
    """One end of a socket, and a file that both ends have: for what is large, in one direction."""

    def __init__(self, end: socket.socket, file: int) -> None:
        self._stream = end.makefile("rwb")
        self._file = file
        end.close()

    def ask(self, question: object) -> None:
        """Send; what is wrapped in a `PickleBuffer` goes by way of the file.

        A socket takes some 200 KB at once and has its sender wait for the reader in between.
        """
        large: list[pickle.PickleBuffer] = []
        text = pickle.dumps(question, protocol=5, buffer_callback=large.append)
        parts = [buffer.raw() for buffer in large]
        at = 0
        for part in parts:
            rest = part
            while rest:
                written = os.pwrite(self._file, rest, at)
                at, rest = at + written, rest[written:]
        self.tell((text, [part.nbytes for part in parts]))

    def asked(self) -> Any:  # noqa: ANN401 -- whatever was asked
        """Wait for a question; `EOFError` when there will be none."""
        text, sizes = self.told()
        starts = accumulate(sizes, initial=0)
        parts = [os.pread(self._file, *each) for each in zip(sizes, starts, strict=False)]
        return pickle.loads(text, buffers=parts)  # noqa: S301 -- from our own

    def tell(self, part: object) -> None:
        pickle.dump(part, self._stream)
        self._stream.flush()

    def told(self) -> Any:  # noqa: ANN401 -- whatever was told
        return pickle.load(self._stream)  # noqa: S301 -- from our own

    def close(self) -> None:
        os.close(self._file)
        # What could not be sent any more is no loss.
        with contextlib.suppress(OSError):
            self._stream.close()


@dataclass(frozen=True, slots=True)
class _Started:
    process: Process
    switchboard: socket.socket
    """Where new lines are handed over."""
    idle: list[_Line] = field(default_factory=list)


class Caller(Generic[Q, P]):
    """Puts questions to another process, which is started when it is not there."""

    def __init__(
        self, start: Callable[[socket.socket], Process], *, silence_s: float | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            start: Starts a process that gives the socket to `serve`.
            silence_s: A process that shows no sign of life for so long in the middle of a call
                is ended; `None`: never.
        """
        self._start = start
        self._silence_s = silence_s
        self._lock = threading.Lock()
        self._started: _Started | None = None

    def start(self) -> None:
        """Start the process ahead of the first question."""
        with self._lock:
            self._there()

    def call(self, question: Q) -> Generator[P]:
        """Yield the parts of the answer; closing the generator ends the call.

        Raises:
            EOFError: The process ended before the answer did; the next call starts another.
            OSError: This machine has no room for the question.
            SandboxError: The process could not be started.
            Exception: The answer was an error, which is raised here.
        """
        started, line = self._asked(question)
        is_over = False
        try:
            while not isinstance(part := line.told(), _Ended):
                yield part
            is_over = True
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise EOFError(self._lost(started, error)) from error
        finally:
            self._let_go(line, of=started if is_over else None)
        if part.error is not None:
            raise part.error

    def end(self) -> None:
        """End the process, whatever it does; a later call starts another."""
        with self._lock:
            if self._started is not None:
                self._lose(self._started)

    def _asked(self, question: Q) -> tuple[_Started, _Line]:
        """Ask, and return the line on which the answer comes."""
        how = ""
        for _ in range(_TRIES):
            with self._lock:
                started = self._there()
                line = started.idle.pop() if started.idle else None
            try:
                line = line or self._new_line(started.switchboard)
                line.ask(question)
            except OSError as error:
                if line is not None:
                    self._let_go(line, of=None)
                if not _is_of_process(error):
                    raise
                # It was lost while nobody asked anything.
                how = self._lost(started, error)
            else:
                return started, line
        raise EOFError(how)

    def _let_go(self, line: _Line, *, of: _Started | None) -> None:
        """Keep a line for the next call to this process, or hang up."""
        with self._lock:
            if of is not None and of is self._started:
                of.idle.append(line)
                return
        line.close()

    def _there(self) -> _Started:
        if self._started is None:
            ours, theirs = socket.socketpair()
            with contextlib.ExitStack() as unless_started, theirs:
                unless_started.enter_context(ours)
                self._started = _Started(self._start(theirs), ours)
                unless_started.pop_all()
        return self._started

    def _lost(self, started: _Started, error: Exception) -> str:
        with self._lock:
            how = self._lose(started)
        silent = isinstance(error, TimeoutError)
        return f"no sign of life for {self._silence_s} s, {how}" if silent else how

    def _lose(self, started: _Started) -> str:
        started.switchboard.close()
        while started.idle:
            started.idle.pop().close()
        if self._started is started:
            self._started = None
        return started.process.end()

    def _new_line(self, switchboard: socket.socket) -> _Line:
        file = nameless_file()
        with contextlib.ExitStack() as unless_handed_over:
            unless_handed_over.callback(os.close, file)
            ours, theirs = socket.socketpair()
            unless_handed_over.enter_context(ours)
            with theirs:
                socket.send_fds(switchboard, [_HAND_OVER], [theirs.fileno(), file])
            unless_handed_over.pop_all()
        ours.settimeout(self._silence_s)
        return _Line(ours, file)


def _is_of_process(error: OSError) -> bool:
    """Tell whether the other process is the reason, and not what this machine has no room for."""
    is_hung_up = isinstance(error, ConnectionError | TimeoutError)
    # Another thread noticed the loss first, and closed the switchboard.
    return is_hung_up or error.errno == errno.EBADF


def serve(switchboard: socket.socket, answer: Callable[[Q], Generator[P]]) -> None:
    """Answer questions, those of each line in a thread, until the process that asks them ends."""
    while True:
        try:
            _, descriptors, *_ = socket.recv_fds(switchboard, len(_HAND_OVER), _ENDS)
        except ConnectionError:
            return
        if len(descriptors) < _ENDS:
            return
        end, file = descriptors
        background(partial(_answered, _Line(socket.socket(fileno=end), file), answer))


def _answered(line: _Line, answer: Callable[[Q], Generator[P]]) -> None:
    """Answer one question after the other, until the other end hangs up."""
    with contextlib.closing(line):
        while True:
            question = line.asked()
            with Catching() as caught, contextlib.closing(answer(question)) as parts:
                for part in parts:
                    line.tell(part)
            line.tell(_Ended(_portable(caught.error)))


def _portable(error: BaseException | None) -> Exception | None:
    """Return the error as it can be raised in another process."""
    if error is None or isinstance(error, OrchestratorError):
        return error
    return RuntimeError("".join(traceback.format_exception(error)))
