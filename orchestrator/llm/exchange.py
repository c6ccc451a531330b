"""One request to the model's service, as whoever carries it sends it and hands on the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from orchestrator.llm.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


class Began(NamedTuple):
    """The service answers, and its answer begins well."""

    headers: Mapping[str, str]
    """Their names are in lower case."""


class Event(NamedTuple):
    """One event of the stream."""

    name: str | None
    data: str


Part: TypeAlias = Began | Event | Failure


class Service(Protocol):
    """Carries requests of several threads at once."""

    def send(self, body: bytes, headers: Mapping[str, str]) -> Generator[Part]:
        """Send a message as it is written and yield its answer; closing it ends the exchange.

        A failure is the last part, whether the answer had begun or not.

        Raises:
            ModelRejectedError: There is nobody to sign in as.
        """
        ...

    def look_up(self, model: str) -> Failure | None:
        """Ask whether the service takes the sign-in and knows the model; costs nothing.

        Raises:
            ModelRejectedError: There is nobody to sign in as.
        """
        ...

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        ...
