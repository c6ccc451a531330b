"""Searches that are begun while the reply that asks for them still goes on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from orchestrator.domain.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SEARCHES: Final = frozenset({"Grep", "Glob"})
"""Tools that leave no trace and take some time. Read takes none worth mentioning, and what was
read counts as seen, which a reply that breaks off must not bring about."""


class Start(Protocol):
    """Makes a call in the background, after those that were started before it."""

    def __call__(self, call: Callable[[], T], /) -> Callable[[], T]:
        """Return how to wait for its value, once; a failure is raised there."""
        ...


class HeadStart(Generic[T]):
    """What was begun and not asked for yet, by the id of the call."""

    def __init__(self, start: Start | None) -> None:
        """Begin with nothing; without a `start` it stays so."""
        self._start = start
        self._begun: dict[str, Callable[[], T]] = {}

    def begin(self, call_id: str, run: Callable[[], T]) -> None:
        """Start a search."""
        if self._start is not None:
            self._begun[call_id] = self._start(run)

    def take(self, call_id: str, run: Callable[[], T]) -> T:
        """Return what was begun for this call, once it is there, or run it now.

        Raises:
            SandboxError: The search could not be made.
        """
        return self._begun.pop(call_id, run)()

    def settle(self, *, but: frozenset[str] = frozenset()) -> None:
        """Wait for searches that nobody wants any more, so that the cell is free again."""
        for call_id in self._begun.keys() - but:
            with suppress(SandboxError):
                self._begun.pop(call_id)()
