"""The real window against the double: keys, strangers, connections and start-up."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import traceback
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ModelError,
    ModelRejectedError,
    ModelUnavailableError,
    Rejection,
)
from orchestrator.domain.message import Effort
from orchestrator.domain.usage import Usage
from orchestrator.llm.claude import Claude
from orchestrator.llm.pricing import DEAREST
from orchestrator.llm.signin import ApiKey
from tests.doubles.clock import SteppingClock
from tests.doubles.http_server import Answer, LoopbackServer
from tests.doubles.messages_api import API_KEY, MessagesApi
from tests.unit.llm.builders import claude, failing, request

if TYPE_CHECKING:
    from orchestrator.domain.json import Json
    from tests.doubles.http_server import Received


def test_error__names_the_input_for_a_wrong_key() -> None:
    """A wrong key ends with the name of the input to correct, and without the key."""
    wrong = "sk-ant-wrong-key-0123456789"

    with (
        MessagesApi(failing()) as api,
        claude(api.url, api_key=wrong) as model,
        pytest.raises(ModelRejectedError) as caught,
    ):
        model.reply(request())

    assert "`anthropic-api-key`" in caught.value.hint
    assert caught.value.reason is Rejection.KEY
    assert wrong not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("key", ["", "   ", "sk-ant\nx-evil: 1", "sk ant", "sk-änt"])
def test_claude__refuses_what_cannot_be_a_key(key: str) -> None:
    """An empty or garbled secret is told apart from a wrong one, before anything is sent."""
    with pytest.raises(ModelRejectedError) as caught:
        Claude(sign_in=ApiKey(key=SecretStr(key)), clock=SteppingClock(), jitter=lambda: 0.5)

    assert caught.value.reason is Rejection.KEY
    assert "anthropic-api-key" in caught.value.hint
    assert not key.strip() or key not in str(caught.value)


def test_claude__refuses_an_access_token_in_place_of_a_key() -> None:
    """A token of a subscription is refused here, in words, and not by the service as a bad key."""
    with pytest.raises(ModelRejectedError, match="access token") as caught:
        ApiKey(key=SecretStr("sk-ant-oat01-of-a-person"))

    assert "of-a-person" not in str(caught.value)
    assert "`anthropic-federation-rule-id`" in caught.value.hint


def test_claude__forgives_a_line_break_at_the_end_of_the_key() -> None:
    """A secret pasted with its newline still works."""
    with (
        MessagesApi(failing()) as api,
        claude(api.url, api_key=f"{API_KEY}\n") as model,
    ):
        assert model.reply(request()).text == "at last, a reply"


def test_error__does_not_echo_the_key() -> None:
    """Even a service that repeats the key in its complaint does not get it into our words."""
    echo: Json = {"error": {"type": "api_error", "message": f"bad header Bearer {API_KEY}!"}}

    with (
        MessagesApi(failing({"status": 400, "body": echo})) as api,
        claude(api.url) as model,
        pytest.raises(ModelError) as caught,
    ):
        model.reply(request())

    assert "***" in str(caught.value)
    assert API_KEY not in "".join(traceback.format_exception(caught.value))
    assert API_KEY not in repr(vars(model)) + repr(model)


def test_reply__when_nobody_listens() -> None:
    """An address without a service is out of reach, and the message says what was wrong."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with claude(url) as model, pytest.raises(ModelUnavailableError, match="refused"):
            model.reply(request())


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Please log in to the hotel network</html>",
        b"event: message_start\ndata: [1, 2]\n\n",
        b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 7}\n\n',
        b'event: message_start\ndata: {"type": "message_start"}\n\n',
        b'event: x\ndata: {"no": "type"}\n\n',
        b"event: message_start\ndata: \xff\xfe\n\n",
        b"event: error\ndata: not json\n\n",
        (
            b'data: {"type": "message_start", "message": {"usage": {"input_tokens": 1}}}\n\n'
            b'data: {"type": "content_block_start", "content_block": {"type": "x", "n": NaN}}\n\n'
            b'data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}\n\n'
            b'data: {"type": "message_stop"}\n\n'
        ),
        b"",
    ],
)
def test_reply__from_something_else_than_the_service(body: bytes) -> None:
    """Whatever a stranger answers with status 200, the end is one of our errors."""

    def stranger(_: object) -> Answer:
        return Answer(headers={"content-type": "text/event-stream"}, body=body)

    with (
        LoopbackServer(stranger) as server,
        claude(server.url) as model,
        pytest.raises(ModelError) as caught,
    ):
        model.reply(request())

    assert caught.value.hint


def stream(*events: Json) -> Answer:
    """Return an event stream as a stranger might send it."""
    lines = (f"event: e\ndata: {json.dumps(event)}\n\n" for event in events)
    return Answer(body="".join(["event: ping\n\n", *lines]).encode())


def grown(index: int, **delta: Json) -> Json:
    """Return a delta of one content block."""
    return {"type": "content_block_delta", "index": index, "delta": delta}


def test_reply__passes_over_unknown_events() -> None:
    """Events and deltas invented tomorrow do no harm; their text is not lost."""
    song: Json = {"type": "song", "verse": "la"}
    text: Json = {"type": "text", "text": "a"}
    answer = stream(
        {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}},
        {"type": "weather", "sun": True},
        {"type": "content_block_start", "index": 0, "content_block": song},
        grown(0, type="verse_delta", verse="la"),
        grown(0, type="key_delta", key=7),
        {"type": "content_block_start", "index": 1, "content_block": text},
        grown(1, type="citations_delta", citation=1),
        grown(1, type="citations_delta", citation=2),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    )

    with LoopbackServer(lambda _: answer) as server, claude(server.url) as model:
        reply = model.reply(request())

    assert reply.message.blocks == (
        {"type": "song", "verse": "lala", "key": 7},
        {"type": "text", "text": "a", "citations": [1, 2]},
    )
    assert reply.spend.usage == Usage(input_tokens=3, output_tokens=9)
    assert reply.request_id is None


def test_reply__says_why_the_cache_was_missed() -> None:
    """The service's own reason is kept, for the journal and the warning; none is none."""
    why: Json = {"type": "tools_changed", "cache_missed_input_tokens": 900}
    end: Json = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}
    answers = iter(
        stream(
            {
                "type": "message_start",
                "message": {"id": "msg_1", "usage": {"input_tokens": 9}, "diagnostics": found},
            },
            end,
            {"type": "message_stop"},
        )
        for found in ({"cache_miss_reason": why}, {"cache_miss_reason": None}, None)
    )

    with LoopbackServer(lambda _: next(answers)) as server, claude(server.url) as model:
        misses = [model.reply(request()).cache_miss for _ in range(3)]

    assert misses == ["tools_changed", None, None]


def test_usage__without_a_split_is_charged_as_the_dearer_write() -> None:
    """Cache writes of unknown lifetime count as one-hour writes; geography and speed count too."""
    usage: Json = {
        "input_tokens": 0,
        "cache_creation_input_tokens": 1_000_000,
        "output_tokens": 0,
        "inference_geo": "us",
        "speed": "fast",
    }
    answer = stream(
        {"type": "message_start", "message": {"usage": usage}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": None},
        {"type": "message_stop"},
    )

    with LoopbackServer(lambda _: answer) as server, claude(server.url) as model:
        reply = model.reply(request())

    assert reply.spend.usage == Usage(cache_write_1h_tokens=1_000_000)
    assert reply.spend.usd == Decimal(8) * Decimal("1.1") * 2


def test_check__asks_for_the_model_and_costs_nothing() -> None:
    """Key and model are tried before any token is spent."""
    with MessagesApi(failing()) as api, claude(api.url) as model:
        model.check("opus")

    assert api.received[0].path == "/v1/models/claude-opus-5-5"
    assert api.requests == ()


def test_check__refuses_an_unknown_model_and_a_wrong_key() -> None:
    """A misspelt model or key ends before the run begins, with the place to correct."""
    with MessagesApi(failing()) as api:
        with claude(api.url) as model, pytest.raises(ModelRejectedError) as misspelt:
            model.check("claude-opsu-5-5")
        with claude(api.url, api_key="sk-no") as model, pytest.raises(ModelRejectedError) as wrong:
            model.check("opus")

    assert misspelt.value.reason is Rejection.MODEL
    assert "`models:`" in misspelt.value.hint
    assert wrong.value.reason is Rejection.KEY


def test_requests__carry_nothing_that_the_service_refuses() -> None:
    """No sampling, no forced tools, no thinking switch, always a stream, the right header."""
    with MessagesApi(failing()) as api, claude(api.url) as model:
        model.reply(request())

    (body,) = api.requests
    assert set(body) == {
        "model",
        "max_tokens",
        "output_config",
        "tools",
        "system",
        "messages",
        "cache_control",
        "diagnostics",
        "stream",
    }
    assert body["stream"] is True
    headers = api.received[0].headers
    assert headers["authorization"] == f"Bearer {API_KEY}"
    assert "x-api-key" not in headers


def test_model__that_nobody_knows_is_used_with_care() -> None:
    """A model of tomorrow works: no parameter it may refuse, and the dearest price."""
    events: tuple[Json, ...] = (
        {"type": "message_start", "message": {"usage": {"input_tokens": 1_000_000}}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 0},
        },
        {"type": "message_stop"},
    )
    bodies: list[bytes] = []

    def answer(received: Received) -> Answer:
        bodies.append(received.body)
        return stream(*events)

    with LoopbackServer(answer) as server, claude(server.url) as model:
        reply = model.reply(request(model="claude-saga-9", effort=Effort.HIGH))

    body = json.loads(bodies[0])
    assert (body["model"], body["max_tokens"]) == ("claude-saga-9", 32_000)
    assert "output_config" not in body
    assert reply.spend.usd == DEAREST.input_usd


def test_close__may_come_before_the_first_call_and_twice() -> None:
    """Closing is safe whenever the wiring comes down, and a later call opens anew."""
    with MessagesApi(failing()) as api, claude(api.url) as model:
        model.close()
        model.close()
        assert model.reply(request()).text == "at last, a reply"


IMPORTS_NOTHING = """
import sys
import orchestrator.llm.claude, orchestrator.llm.scripted, orchestrator.llm.warm
from pydantic import SecretStr
from orchestrator.llm.signin import ApiKey
orchestrator.llm.claude.Claude(sign_in=ApiKey(key=SecretStr("k")), clock=None, jitter=None)
heavy = {"anthropic", "httpx2", "genai_prices", "yaml"} & set(sys.modules)
assert not heavy, heavy
orchestrator.llm.warm.preload()
assert "anthropic" in sys.modules
"""


def test_import__is_cheap_until_the_first_call() -> None:
    """The room is imported, and the window built, without the vendor's library."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_NOTHING], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
