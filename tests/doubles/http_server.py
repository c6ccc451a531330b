"""The small HTTP/1.1 server that every double stands on.

A double is a function from a `Received` request to an `Answer`. The server runs on a free
loopback port, keeps connections alive as the real services do, and leaves no socket or
thread behind when its `with` block ends.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from orchestrator.domain.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, read to its end."""

    method: str
    path: str
    """Decoded path without the query."""
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    """Names in lower case; of a repeated name the last value."""
    body: bytes
    target: str
    """Path and query exactly as they were sent."""
    client: tuple[str, int] = ("", 0)
    """Address of the other end; the same for all requests of one connection."""

    def json(self) -> Json:
        """Return the body as JSON; raises `ValueError` if it is none."""
        return cast("Json", json.loads(self.body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response; a body that is an iterator is sent in chunks as it is produced."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes | Iterator[bytes] = b""


def json_answer(
    document: Json, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return a JSON answer."""
    return Answer(
        status=status,
        headers={"content-type": "application/json", **(headers or {})},
        body=json.dumps(document).encode(),
    )


class ConnectionCut(Exception):  # noqa: N818 -- not an error: the double wants the line to break
    """Raise it while answering, or from a body iterator, to break the connection there."""


Respond: TypeAlias = Callable[[Received], Answer]


class LoopbackServer:
    """Serve `respond` on a free loopback port for as long as the `with` block lasts.

    `respond` is called from one thread per connection, several at a time. An exception in
    it (other than `ConnectionCut`) is answered with 500 and kept in `failures`.
    """

    def __init__(self, respond: Respond, *, port: int = 0) -> None:
        """Bind the port; nothing is answered before the `with` block begins."""
        self.failures: list[Exception] = []
        self.closing = threading.Event()
        """Set when the block ends; whoever stalls a response waits on it, never for long."""
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.respond = respond
        self._server.failures = self.failures
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def hang_up(self) -> None:
        """Close every connection, as a service does with those that were idle for too long."""
        self._server.cut_all()

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and wait until every connection is closed."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.cut_all()
        self._server.server_close()


class Served:
    """A double that answers on a server of its own, for as long as its block lasts."""

    _server: LoopbackServer

    def hang_up(self) -> None:
        """Close every connection, as a service does with those that were idle for too long."""
        self._server.hang_up()

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._server.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop answering."""
        self._server.__exit__(exc_type, exc, traceback)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    respond: Respond
    failures: list[Exception]

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_guard = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: object, client_address: object) -> None:
        with self._open_guard:
            self._open.add(cast("socket.socket", request))
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        with self._open_guard:
            self._open.discard(cast("socket.socket", request))
        super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: clients that hang up are part of the play."""

    def cut_all(self) -> None:
        with self._open_guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Stay silent."""

    def _answer(self) -> None:
        try:
            self._send(self.server.respond(self._received()))
        except ConnectionCut:
            self._cut()
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001 -- a fault of the double must reach the test, not the thread
            self.server.failures.append(error)
            self._send(json_answer({"message": f"the double failed: {error!r}"}, status=500))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815 -- the base class calls them so

    def _received(self) -> Received:
        parts = urlsplit(self.path)
        return Received(
            method=self.command,
            path=unquote(parts.path),
            query={key: tuple(values) for key, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            target=self.path,
            client=self.client_address,
        )

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            return
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in answer.body:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
