"""The streams of one process in a container, as the engine puts them onto one socket."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct(">BxxxL")
_READ_BYTES = 65_536
_SEND_S = 30.0
_HINT = "Look at the engine's log, or choose another sandbox."


class Channel:
    """The streams of one process in a container."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 -- the library has no types
        """Take over what the library calls a socket."""
        # The library throws away what its own reader took in beside the answer's headers.
        reader = stream._response.raw._fp.fp  # noqa: SLF001
        self._stream = stream
        self._socket: socket.socket = stream._sock  # noqa: SLF001
        self._socket.settimeout(0)
        self._raw = bytearray(reader.peek() or b"")
        self._has_ended = False

    def read(self, timeout_s: float) -> bytes | None:
        """Return what comes within the time, `b""` for nothing, `None` at the end."""
        pieces = b"".join(self._frames())
        if pieces or self._has_ended:
            return pieces or None
        if select.select([self._socket], [], [], timeout_s)[0]:
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                piece = self._socket.recv(_READ_BYTES)
                self._has_ended = not piece
                self._raw += piece
        pieces = b"".join(self._frames())
        return None if self._has_ended and not pieces else pieces

    def send(self, content: bytes) -> None:
        """Write to the process's input.

        Raises:
            SandboxError: Nobody is there any more.
        """
        try:
            self._socket.sendall(content)
        except OSError as exc:
            raise SandboxError(f"A container is gone: {exc}.", hint=_HINT) from exc

    def finish(self, content: bytes) -> None:
        """Write to the process's input and end it.

        Raises:
            SandboxError: Nobody is there any more, or nobody reads.
        """
        self._socket.settimeout(_SEND_S)
        self.send(content)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(0)

    def close(self) -> None:
        """Let go; the process stays."""
        self._stream._response.close()  # noqa: SLF001
        self._socket.close()

    def _frames(self) -> Iterator[bytes]:
        while len(self._raw) >= _HEADER.size:
            _, length = _HEADER.unpack_from(self._raw)
            end = _HEADER.size + length
            if len(self._raw) < end:
                return
            yield bytes(self._raw[_HEADER.size : end])
            del self._raw[:end]
