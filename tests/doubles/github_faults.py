"""What goes wrong between us and the GitHub stand-in, on demand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from tests.doubles.http_server import Answer, ConnectionCut, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.domain.json import Json
    from tests.doubles.http_server import Received


_LONGEST_STALL_S = 30.0


class Stall(Enum):
    """How much of an answer comes before there is nothing more, and no end either."""

    SILENT = auto()
    HEAD = auto()
    HALF = auto()


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next requests of a method whose path contains some text."""

    method: str
    path: str
    times: int = 1
    status: int | None = None
    """Answer with this and do nothing; `None` breaks the connection."""
    message: str = "Server Error"
    document: Json = None
    """Answer with this instead of a message."""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_performed: bool = False
    """Do what was asked, and break or answer only then."""
    stall: Stall | None = None
    """Stop in the middle and keep the line open."""
    slow_s: float | None = None
    """Do what was asked and answer as usual, but only after so long."""
    meanwhile: Callable[[], object] | None = None
    """Let this happen first, as if somebody were faster; then answer as usual."""

    def fits(self, received: Received) -> bool:
        """Return whether the request is one of those."""
        return self.times > 0 and self.method == received.method and self.path in received.path


class Faults:
    """The faults still to come, first in first out."""

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing
        self._faults: list[Fault] = []
        self._guard = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let this happen from now on, until it has happened often enough."""
        self._faults.append(fault)

    def around(self, received: Received, respond: Callable[[Received], Answer]) -> Answer:
        """Answer the request, or let happen what was asked for."""
        with self._guard:
            fault = next((each for each in self._faults if each.fits(received)), None)
            if fault is not None:
                fault.times -= 1
        if fault is None:
            return respond(received)
        if fault.meanwhile is not None:
            fault.meanwhile()
            return respond(received)
        if fault.slow_s is not None:
            threading.Event().wait(fault.slow_s)
            return respond(received)
        answer = respond(received) if fault.is_performed else json_answer({})
        if fault.stall is not None:
            return self._stalled(answer, fault.stall)
        if fault.status is None:
            raise ConnectionCut
        document = {"message": fault.message} if fault.document is None else fault.document
        return json_answer(document, status=fault.status, headers=fault.headers)

    def _stalled(self, answer: Answer, stall: Stall) -> Answer:
        assert isinstance(answer.body, bytes)
        half = answer.body[: len(answer.body) // 2] if stall is Stall.HALF else b""
        body = self._torn(half)
        if stall is Stall.SILENT:
            next(body, None)
        return Answer(status=answer.status, headers=answer.headers, body=body)

    def _torn(self, half: bytes) -> Iterator[bytes]:
        if half:
            yield half
        self._closing.wait(_LONGEST_STALL_S)
        raise ConnectionCut
