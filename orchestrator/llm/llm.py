"""The port onto the language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.message import ModelRequest, Reply, ToolCall
    from orchestrator.domain.usage import Spend

Arrivals: TypeAlias = "Callable[[tuple[ToolCall, ...]], None]"
"""Told of the calls of a reply that still goes on, in their order, each time one is whole."""


MayRepeat: TypeAlias = "Callable[[Spend, float], bool]"
"""Asked before the wait for each further attempt: what those before it have cost, and in how many
seconds it would be made."""


def whatever_it_costs(spent: Spend, in_s: float) -> bool:
    """Let every attempt be made."""
    del spent, in_s
    return True


def nobody(calls: tuple[ToolCall, ...]) -> None:
    """Wait for the complete reply."""


class Model(Protocol):
    """Answers one request with one complete reply."""

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        """Send the request and wait for the complete reply; safe to call from several threads.

        Retries happen inside, around the whole call; the reply's `spend` includes what
        failed attempts cost. Calls may be run when the stop reason is `tool_use`, and only
        then: such a reply is complete and each call's arguments are a whole JSON object.
        After any other stop reason a call that was cut off is left out, and those before it
        must not be run; if the reply is kept in the history, they are answered as errors.

        Args:
            request: What is said so far.
            arrivals: Told of calls before it is known that the reply will be complete and
                wants them run: it may prepare what leaves no trace, and nothing else. An
                attempt that breaks off is followed by one with other calls.
            may_repeat: Whether another attempt may be made after those that have failed.

        Raises:
            ModelUnavailableError: Out of reach through all retries.
            ModelRejectedError: Key, permission, credit or request shape were refused.
            MalformedReplyError: No complete reply could be had.
        """
        ...
