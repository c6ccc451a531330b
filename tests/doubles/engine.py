"""A Docker engine's client library whose containers are processes on this machine.

It stands where `docker.APIClient` does. Nothing is confined by it: what runs in it has to be
a test's own.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import socket
import struct
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self


class _Response:
    """What the library leaves around a socket: its reader has taken in nothing beside."""

    def __init__(self) -> None:
        self.raw = self._fp = self.fp = self

    def peek(self) -> bytes:
        return b""

    def close(self) -> None:
        """Do nothing: there is no answer behind it."""


class _Stream:
    """A process's streams, framed onto one socket as the engine does."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._response = _Response()
        self._sock, self._ours = socket.socketpair()
        self._process = process
        self._threads = [threading.Thread(target=each) for each in (self._say, self._listen)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let go of everything; the process has ended."""
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._ours.close()
        self._sock.close()
        for pipe in (self._process.stdout, self._process.stdin):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _say(self) -> None:
        assert isinstance(self._process.stdout, io.FileIO)
        with contextlib.suppress(OSError):
            while piece := self._process.stdout.read(65_536):
                self._ours.sendall(struct.pack(">BxxxL", 1, len(piece)) + piece)
            self._ours.shutdown(socket.SHUT_WR)

    def _listen(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            while piece := self._ours.recv(65_536):
                self._process.stdin.write(piece)
        with contextlib.suppress(OSError):
            self._process.stdin.close()


class EngineClient:
    """The calls that our window makes; ends every process when its block does."""

    def __init__(self) -> None:
        self._ids = itertools.count()
        self._plans: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {}
        self._streams: dict[str, tuple[subprocess.Popen[bytes], _Stream]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, stream in self._streams.values():
            process.kill()
            process.wait()
            stream.close()

    def create_host_config(self, **words: object) -> Mapping[str, object]:
        return words

    def create_container(
        self, _image: str, *, entrypoint: Sequence[str], environment: Mapping[str, str], **_: object
    ) -> Mapping[str, str]:
        return self._planned(entrypoint, environment)

    def attach_socket(self, container: str, **_: object) -> _Stream:
        return self._started(container)

    def start(self, container: str) -> None:
        """Do nothing: it runs since somebody listens."""

    def remove_container(self, container: str, **_: object) -> None:
        self._streams[container][0].kill()

    def exec_create(
        self, _container: str, argv: Sequence[str], *, environment: Mapping[str, str], **_: object
    ) -> Mapping[str, str]:
        return self._planned(argv, environment)

    def exec_start(self, command: str, **_: object) -> _Stream:
        return self._started(command)

    def exec_inspect(self, command: str) -> dict[str, object]:
        code = self._streams[command][0].poll()
        return {"Running": code is None, "ExitCode": code}

    def _planned(self, argv: Sequence[str], environment: Mapping[str, str]) -> Mapping[str, str]:
        name = f"id{next(self._ids)}"
        self._plans[name] = argv, environment
        return {"Id": name}

    def _started(self, name: str) -> _Stream:
        argv, environment = self._plans[name]
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            bufsize=0,
        )
        stream = _Stream(process)
        self._streams[name] = process, stream
        return stream
