"""The port that every tool of an agent satisfies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec


class Tool(Protocol):
    """One thing a worker may do."""

    @property
    def spec(self) -> ToolSpec:
        """What the model is told; the same bytes in every run."""
        ...

    @property
    def is_read_only(self) -> bool:
        """Whether several calls may run at once."""
        ...

    def call(self, arguments: JsonObject) -> str:
        """Do it and return the text for the model, capped at the source.

        Raises:
            ToolError: The call was wrong or refused; the text says what to do instead.
        """
        ...

    def subject(self, arguments: JsonObject) -> str:
        """Return what the call is about in one short line for logs: a path, a pattern."""
        ...
