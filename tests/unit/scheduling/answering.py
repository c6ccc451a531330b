"""A process to call: answers questions for the tests of `calls`, as its standard input wants it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ModelRejectedError, Rejection
from orchestrator.domain.usage import NO_SPEND
from orchestrator.sandbox.command import Launch, keep
from orchestrator.scheduling.calls import Caller, serve
from tests.architecture.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from orchestrator.sandbox.command import Kept

_TOGETHER = threading.Barrier(2)
_READY = "READY"


def caller(
    *, silence_s: float | None = None, waits: bool = False
) -> Caller[tuple[object, ...], object]:
    """Return who calls this program; one that `waits` has it started before it asks anything."""
    return Caller(_started if waits else _start, silence_s=silence_s)


def _started(line: socket.socket) -> Kept:
    with tempfile.TemporaryDirectory() as folder:
        fifo = Path(folder) / "ready"
        os.mkfifo(fifo)
        kept = _start(line, {_READY: str(fifo)})
        fifo.read_bytes()
    return kept


def _start(line: socket.socket, environment: Mapping[str, str] | None = None) -> Kept:
    return keep(
        Launch(
            argv=(sys.executable, "-m", __name__),
            environment=environment or {},
            cwd=ROOT,
            timeout_s=0,
            output_bytes=0,
        ),
        stdin=line,
    )


def _process() -> Generator[object]:
    yield os.getpid()


def _count(most: str) -> Generator[object]:
    yield from range(int(most))


def _echo(large: bytes) -> Generator[object]:
    yield bytes(large)


def _together() -> Generator[object]:
    yield "waits"
    _TOGETHER.wait(20)
    yield "met"


def _until_closed(fifo: str) -> Generator[object]:
    try:
        while True:
            yield "on"
    finally:
        Path(fifo).write_text("closed", encoding="utf-8")


def _refuse() -> Generator[object]:
    yield "begun"
    raise ModelRejectedError(
        "It was refused.", hint="Ask again.", spend=NO_SPEND, reason=Rejection.CREDIT
    )


def _break() -> Generator[object]:
    yield _QUESTIONS["nothing"]


def _be_killed() -> Generator[object]:
    yield "last words"
    os.kill(os.getpid(), signal.SIGKILL)


def _complain() -> Generator[object]:
    yield from ()
    sys.stderr.write("Traceback\nno room for the library\n")
    sys.stderr.flush()
    os._exit(3)


def _environment() -> Generator[object]:
    yield dict(os.environ)


def _descriptors() -> Generator[object]:
    yield len(list(Path("/proc/self/fd").iterdir()))


_QUESTIONS: dict[str, Callable[..., Generator[object]]] = {
    "process": _process,
    "count": _count,
    "echo": _echo,
    "together": _together,
    "until closed": _until_closed,
    "refuse": _refuse,
    "break": _break,
    "be killed": _be_killed,
    "complain": _complain,
    "environment": _environment,
    "descriptors": _descriptors,
}


def answer(question: tuple[object, ...]) -> Generator[object]:
    """Do what the first word says with the rest."""
    word, *rest = question
    return _QUESTIONS[str(word)](*rest)


if __name__ == "__main__":
    if _READY in os.environ:
        Path(os.environ[_READY]).write_bytes(b"")
    serve(socket.socket(fileno=0), answer)
