"""A model at its port that plays a list of replies and failures, whatever it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from orchestrator.domain.message import Message, Reply, StopReason
from orchestrator.domain.usage import Spend, Usage
from orchestrator.llm.llm import nobody, whatever_it_costs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.errors import OrchestratorError
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ModelRequest
    from orchestrator.llm.llm import Arrivals, MayRepeat

_IDS = count()


@dataclass
class PlayedModel:
    """Satisfies `llm.Model`; the last item is played again for ever when it `repeats`."""

    play: Sequence[Reply | OrchestratorError]
    repeats: bool = False
    requests: list[ModelRequest] = field(default_factory=list)

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        del arrivals  # what it plays is there at once
        at = len(self.requests)
        self.requests.append(request)
        item = self.play[min(at, len(self.play) - 1) if self.repeats else at]
        if isinstance(item, Reply):
            return item
        raise item


def tool_use(name: str, **arguments: Json) -> JsonObject:
    """Return a block that calls a tool."""
    return {
        "type": "tool_use",
        "id": f"toolu_{next(_IDS)}",
        "name": name,
        "input": arguments,
    }


def said(
    *blocks: str | Mapping[str, Json],
    stop: StopReason | None = None,
    usd: str = "0.01",
    tokens: int = 100,
    detail: str | None = None,
    usage: Usage | None = None,
    recommended: str | None = None,
) -> Reply:
    """Return a reply of texts and blocks; it wants its tools run when it has any."""
    wire = tuple({"type": "text", "text": b} if isinstance(b, str) else b for b in blocks)
    has_calls = any(block.get("type") == "tool_use" for block in wire)
    return Reply(
        message=Message(role="assistant", blocks=wire),
        stop_reason=stop or (StopReason.TOOL_USE if has_calls else StopReason.END_TURN),
        spend=Spend(
            usage=usage or Usage(input_tokens=tokens // 2, output_tokens=tokens - tokens // 2),
            usd=Decimal(usd),
        ),
        request_id="req_1",
        attempts=1,
        detail=detail,
        recommended_model=recommended,
    )
