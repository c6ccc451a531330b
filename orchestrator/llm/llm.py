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
        failed attempts cost. Calls may be run when the stop reason is `tool_use`, and only
        then: such a reply is complete and each call's arguments are a whole JSON object.
        After any other stop reason a call that was cut off is left out, and those before it
        must not be run; if the reply is kept in the history, they are answered as errors.

        Raises:
            ModelUnavailableError: Out of reach through all retries.
            ModelRejectedError: Key, permission, credit or request shape were refused.
            MalformedReplyError: No complete reply could be had.
        """
        ...
