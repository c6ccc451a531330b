"""The port onto the language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orchestrator.domain.message import ModelRequest, Reply


class Model(Protocol):
    """Answers one request with one complete reply."""

    def reply(self, request: ModelRequest) -> Reply:
        """Send the request and wait for the complete reply; safe to call from several threads.

        Retries happen inside, around the whole call; the reply's `spend` includes what
        failed attempts cost. Tools may be run on the returned calls: a truncated or
        incomplete message never comes back as a reply with stop reason `tool_use`.

        Raises:
            ModelUnavailableError: Out of reach through all retries.
            ModelRejectedError: Key, permission, credit or request shape were refused.
            MalformedReplyError: No complete reply could be had.
        """
        ...
