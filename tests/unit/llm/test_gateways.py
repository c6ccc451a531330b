"""Gateways and clouds that do not know all that the vendor's own service does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ModelRejectedError
from tests.doubles.http_server import Answer, LoopbackServer, json_answer
from tests.doubles.identity import EVENTS, stream_answer
from tests.unit.llm.builders import claude, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.http_server import Received

REFUSALS = {
    "diagnostics": "diagnostics: Extra inputs",
    "cache_control": "cache_control: Extra inputs are not permitted",
    "strict": "tools.1.custom.strict: Extra inputs are not permitted",
}


def gateway(received: list[Received], refuse: Callable[[Received], str | None]) -> LoopbackServer:
    """Return a service that keeps what it gets, and refuses it or answers."""

    def answer(each: Received) -> Answer:
        received.append(each)
        message = refuse(each)
        if message is None:
            return stream_answer(EVENTS)
        said = {"type": "invalid_request_error", "message": message}
        return json_answer({"type": "error", "error": said}, status=400)

    return LoopbackServer(answer)


def _extras(received: Received) -> set[str]:
    body = json.loads(received.body)
    found: set[str] = REFUSALS.keys() & body.keys()
    return found | {"strict" for tool in body["tools"] if "strict" in tool}


@pytest.mark.parametrize("unknown", [*[(name,) for name in REFUSALS], tuple(REFUSALS)], ids=str)
def test_gateway__that_does_not_know_all_is_asked_without_it(unknown: tuple[str, ...]) -> None:
    """What a service refuses and can be left out is not sent again, and the rest is as before."""
    received: list[Received] = []

    def refuse(each: Received) -> str | None:
        return next((REFUSALS[name] for name in unknown if name in _extras(each)), None)

    with gateway(received, refuse) as server, claude(server.url) as model:
        replies = [model.reply(request()) for _ in range(2)]

    sent = [_extras(each) for each in received]
    assert sent[0] == set(REFUSALS)
    assert sent[-2:] == [set(REFUSALS) - set(unknown)] * 2
    assert len(sent) == len(unknown) + 2
    assert [reply.spend.usage.input_tokens for reply in replies] == [3, 3]
    assert [reply.attempts for reply in replies] == [1, 1]


def test_gateway__that_does_not_know_the_automatic_marker_gets_one_on_the_last_block() -> None:
    """The conversation is cached all the same."""
    received: list[Received] = []

    def refuse(each: Received) -> str | None:
        return REFUSALS["cache_control"] if "cache_control" in json.loads(each.body) else None

    with gateway(received, refuse) as server, claude(server.url) as model:
        model.reply(request())

    refused, taken = (json.loads(each.body)["messages"][-1]["content"][-1] for each in received)
    assert "cache_control" not in refused
    assert taken["cache_control"] == {"type": "ephemeral", "ttl": "5m"}


def test_gateway__that_does_not_know_the_header_is_asked_without_it() -> None:
    """The question about the cache is left out as well where its header is what is refused."""
    received: list[Received] = []

    def refuse(each: Received) -> str | None:
        header = each.headers.get("anthropic-beta")
        return f"anthropic-beta: unexpected value {header}" if header else None

    with gateway(received, refuse) as server, claude(server.url) as model:
        model.reply(request())

    assert ["anthropic-beta" in each.headers for each in received] == [True, False]


@pytest.mark.parametrize(
    ("message", "times"),
    [
        ("messages.0.cache_control: no", 2),
        ("This model is restricted.", 1),
        ("Roles must strictly alternate.", 1),
    ],
)
def test_gateway__that_refuses_for_good_is_not_asked_for_ever(message: str, times: int) -> None:
    """What is left out already, or only looks like it, ends the call."""
    received: list[Received] = []

    with (
        gateway(received, lambda _: message) as server,
        claude(server.url) as model,
        pytest.raises(ModelRejectedError, match=message.rstrip(".")),
    ):
        model.reply(request())

    assert len(received) == times
