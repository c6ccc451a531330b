"""Between the agents and the service: who may send now, and what each answer teaches.

The window asks before every attempt and tells how it went. Whoever makes agents wait needs
threads and lives elsewhere (`scheduling.traffic`); a single agent needs nobody.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from orchestrator.domain.usage import Usage


class Passage(Protocol):
    """One attempt that is under way."""

    def began(self, headers: Mapping[str, str]) -> None:
        """Tell that the reply has begun: from now on the prefix can be read from the cache."""
        ...

    def ended(self, usage: Usage) -> None:
        """Tell that the reply is complete, and what it used."""
        ...

    def limited(self, retry_after_s: float | None, headers: Mapping[str, str]) -> None:
        """Tell that the service asked for fewer requests (429), and what its answer says."""
        ...


class Traffic(Protocol):
    """Lets attempts through, all of a process together."""

    def passage(self, line: str, prefix: str, *, life_s: float) -> AbstractContextManager[Passage]:
        """Wait until an attempt may go out; leaving the block makes room for the next.

        Args:
            line: The model, without its date: each has an allowance of its own.
            prefix: Identifies the bytes that other agents' requests begin with as well.
            life_s: How long the service keeps the prefix after its last use.
        """
        ...


class OpenRoad:
    """Everybody may go at once: for one agent alone, and for tests."""

    def passage(self, line: str, prefix: str, *, life_s: float) -> AbstractContextManager[Passage]:
        """Let through; see `Traffic`."""
        del line, prefix, life_s
        return nullcontext(_Unwatched())


class _Unwatched:
    def began(self, headers: Mapping[str, str]) -> None: ...

    def ended(self, usage: Usage) -> None: ...

    def limited(self, retry_after_s: float | None, headers: Mapping[str, str]) -> None: ...
