"""The model that plays a scenario in this process: for `make demo`, dry runs and tests.

Requests are translated, replies counted and priced exactly as for the real model; only
the network is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from orchestrator.domain.message import Message, Reply, StopReason
from orchestrator.llm.draft import malformed, whole_characters
from orchestrator.llm.llm import nobody, whatever_it_costs
from orchestrator.llm.playback import Playback
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.stop import parse_stop
from orchestrator.llm.translate import wire_body

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ModelRequest
    from orchestrator.llm.llm import Arrivals, MayRepeat
    from orchestrator.llm.playback import Cue
    from orchestrator.llm.pricing import PriceList
    from orchestrator.llm.scenario import Scenario


class ScriptedModel:
    """Answers from a scenario; faults of the scenario are left to the HTTP stand-in."""

    def __init__(self, scenario: Scenario, *, prices: PriceList = LIST_PRICES) -> None:
        """Begin the play from the start."""
        self._playback = Playback(scenario)
        self._prices = prices

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,  # noqa: ARG002 -- nothing fails here
    ) -> Reply:
        """Return the scenario's reply, which is there at once; see `llm.Model`.

        Raises:
            ModelRejectedError: The scenario has no reply for this request.
        """
        del arrivals
        body = wire_body(request)
        cue = self._playback.cue(body)
        stop_reason, detail = parse_stop(cue.reply.ending, cue.reply.stop_details)
        return Reply(
            message=Message(role="assistant", blocks=_received(cue)),
            stop_reason=stop_reason,
            spend=self._prices.spend(cue.usage, model=str(body["model"])),
            request_id=f"req_{cue.first_message[:12]}_{cue.index}",
            attempts=1,
            detail=detail,
        )

    def unused(self) -> tuple[str, ...]:
        """Return what of the scenario was not played, one sentence each."""
        return self._playback.unused()


def _received(cue: Cue) -> tuple[JsonObject, ...]:
    """Return the blocks that the real window would have handed on.

    Raises:
        MalformedReplyError: The scenario breaks a call off in a reply that wants it run.
    """
    if cue.reply.truncated and cue.reply.ending == StopReason.TOOL_USE:
        raise malformed("the input of a tool call is not a JSON object")
    whole = cue.blocks[:-1] if cue.reply.truncated else cue.blocks
    return tuple(
        cast("JsonObject", whole_characters(block))
        for block in whole
        if not (block.get("type") == "text" and block.get("text") == "")
    )
