"""The service, asked through another process of ours, which has the vendor's library.

Both ends are here: what is asked, and what answers it with a `Connection` on the other side.
"""

from __future__ import annotations

import pickle
from contextlib import closing
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.config.process import settle
from orchestrator.domain.errors import SandboxError
from orchestrator.llm.connection import Connection
from orchestrator.llm.exchange import Began
from orchestrator.llm.failure import Failure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from orchestrator.llm.connection import Timeouts
    from orchestrator.llm.exchange import Part
    from orchestrator.llm.signin import SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """All that the other process is told; it was started without any secret."""

    sign_in: SignIn
    base_url: str | None
    timeouts: Timeouts
    folder: str
    """Where we are, for paths in the environment."""
    environment: Mapping[str, str]
    """Says how this machine reaches others; the vendor's libraries read it themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Asks for a reply of the model."""

    opening: bytes = field(repr=False)
    """An `Opening`, always in the same bytes: it is understood once."""
    body: pickle.PickleBuffer | bytes = field(repr=False)
    """Wrapped for the way only, so that a long history is not copied for it."""
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Asks whether a model is known."""

    opening: bytes = field(repr=False)
    model: str


Question: TypeAlias = Message | LookUp

_HINT = (
    "Look at the memory, the processes and the disk of this machine, then run again: the run "
    "continues where it stopped."
)


class RemoteService:
    """A `Service` whose connections another process holds."""

    def __init__(self, ask: Callable[[Question], Generator[Part]], opening: Opening) -> None:
        """Keep whom to ask, and what to tell it with each question.

        Args:
            ask: Yields the parts of an answer, and raises `EOFError` where the process ended
                before the answer did, `SandboxError` or `OSError` where it could not be asked.
            opening: Who we are, and to whom.
        """
        self._ask = ask
        self._opening = pickle.dumps(opening)

    def send(self, body: bytes, headers: Mapping[str, str]) -> Generator[Part]:
        """Send a message; see `exchange.Service`."""
        wrapped = pickle.PickleBuffer(body)
        return self._asked(Message(opening=self._opening, body=wrapped, headers=headers))

    def look_up(self, model: str) -> Failure | None:
        """Ask whether the service knows the model; see `exchange.Service`."""
        question = LookUp(opening=self._opening, model=model)
        failures = [part for part in self._asked(question) if isinstance(part, Failure)]
        return failures[-1] if failures else None

    def close(self) -> None:
        """Leave the connections to the process that has them, and to its end."""

    def _asked(self, question: Question) -> Generator[Part]:
        has_begun = False
        try:
            with closing(self._ask(question)) as parts:
                for part in parts:
                    has_begun = has_begun or isinstance(part, Began)
                    yield part
        except EOFError as error:
            yield _lost("ended", error, FailureKind.BROKEN if has_begun else FailureKind.BUSY)
        except (SandboxError, OSError) as error:
            yield _lost("could not be asked", error, FailureKind.BUSY)


def _lost(how: str, error: Exception, kind: FailureKind) -> Failure:
    what = f"our process that speaks to the service {how} ({str(error).rstrip('.')})"
    return Failure(kind=kind, what=what, hint=_HINT, cause=error)


class Answers:
    """Answers questions in the process that has the library."""

    def __init__(self) -> None:
        """Begin without a connection."""
        # A queue of one place: of threads that come together, one makes the connection.
        self._place: SimpleQueue[dict[bytes, Connection]] = SimpleQueue()
        self._place.put({})

    def __call__(self, question: Question) -> Generator[Part]:
        """Yield the parts of an answer; safe to call from several threads."""
        connection = self._connection(question.opening)
        match question:
            case Message():
                with closing(connection.send(bytes(question.body), question.headers)) as parts:
                    yield from (_portable(part) for part in parts)
            case LookUp():
                failure = connection.look_up(question.model)
                if failure is not None:
                    yield _portable(failure)

    def close(self) -> None:
        """Close all connections."""
        connections = self._place.get()
        self._place.put({})
        for connection in connections.values():
            connection.close()

    def _connection(self, key: bytes) -> Connection:
        connections = self._place.get()
        try:
            if key not in connections:
                opening: Opening = pickle.loads(key)  # noqa: S301 -- from our own
                settle(opening.folder, opening.environment)
                made = Connection(opening.sign_in, opening.base_url, opening.timeouts)
                connections[key] = made
            return connections[key]
        finally:
            self._place.put(connections)


def _portable(part: Part) -> Part:
    """Return the part without the library's own exception, which may not leave its process."""
    return replace(part, cause=None) if isinstance(part, Failure) else part
