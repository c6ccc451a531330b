"""The real window against the double: every way a call can fail, and what it costs."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import traceback
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    MalformedReplyError,
    ModelError,
    ModelRejectedError,
    ModelUnavailableError,
    Rejection,
)
from orchestrator.domain.usage import Usage
from orchestrator.llm.claude import Claude
from tests.doubles.http_server import Answer, LoopbackServer
from tests.doubles.messages_api import API_KEY, MessagesApi
from tests.unit.llm.builders import StepClock, answered, claude, request, scenario

if TYPE_CHECKING:
    from orchestrator.domain.json import Json

USAGE: Json = {"input_tokens": 1_000, "output_tokens": 100}
ONCE_USD = Decimal("0.006")
OVERLOADED: Json = {"error": {"type": "overloaded_error", "message": "Overloaded"}}


def failing(*faults: Json) -> Any:  # noqa: ANN401 -- a scenario, whose parser takes any JSON
    """Return a scenario of one reply after so many faults."""
    return scenario({"text": "at last, a reply", "usage": USAGE, "faults": list(faults)})


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 408},
        {"status": 409},
        {"status": 429},
        {"status": 500},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 503},
        {"status": 504},
        {"status": 529},
        {"status": 400, "headers": {"x-should-retry": "true"}},
        {"status": 429, "body": {"error": {"details": {"error_code": "ramp_limit_exceeded"}}}},
        {"cut_after_events": 0},
    ],
    ids=str,
)
def test_reply__comes_after_a_failure_without_tokens(fault: Json) -> None:
    """A busy service or a lost connection is tried again, after a pause, at no cost."""
    clock = StepClock()

    with MessagesApi(failing(fault)) as api, claude(api.url, clock=clock) as model:
        reply = model.reply(request())

    assert reply.text == "at last, a reply"
    assert reply.attempts == 2
    assert reply.spend.usd == ONCE_USD
    assert clock.waits_s == [0.5]
    api.assert_done()


@pytest.mark.parametrize(
    "fault",
    [
        {"cut_after_events": 4},
        {"garble_after_events": 4},
        {"end_after_events": 4},
        {"end_after_events": 6},
        {"body": OVERLOADED},
        {"body": {"error": {"type": "api_error", "message": "Internal server error"}}},
        {"body": {"error": {"type": "timeout_error", "message": "Timeout"}}},
        {"body": {"error": {"type": "rate_limit_error", "message": "Slow down"}}},
    ],
    ids=str,
)
def test_reply__after_a_spoiled_stream_bills_both(fault: Json) -> None:
    """What a broken stream had cost is part of the reply's spend: nothing is free or hidden."""
    with MessagesApi(failing(fault)) as api, claude(api.url) as model:
        reply = model.reply(request())

    assert reply.attempts == 2
    assert reply.text == "at last, a reply"
    assert reply.spend.usage.input_tokens == 2_000
    assert ONCE_USD < reply.spend.usd <= 2 * ONCE_USD
    api.assert_done()


def test_reply__counts_what_a_cut_stream_had_written() -> None:
    """Output of an unfinished stream is estimated from its text, never taken for one token."""
    long: Json = {
        "text": "word " * 560,
        "usage": {"input_tokens": 10, "output_tokens": 1_111},
        "faults": [{"cut_after_events": 62}],
    }

    with MessagesApi(scenario(long)) as api, claude(api.url) as model:
        reply = model.reply(request())

    assert reply.spend.usage == Usage(input_tokens=20, output_tokens=1_111 + 1_000)


def test_reply__comes_after_a_stall() -> None:
    """A stream that goes silent is given up after the read timeout and tried again."""
    play = failing({"stall_after_events": 3})

    with MessagesApi(play) as api, claude(api.url, read_s=0.15) as model:
        reply = model.reply(request())

    assert reply.attempts == 2
    assert reply.spend.usage.input_tokens == 2_000


def test_reply__waits_as_long_as_it_is_told() -> None:
    """`retry-after-ms` and `retry-after` are obeyed in that order."""
    play = failing(
        {"status": 429, "headers": {"retry-after": "90"}},
        {"status": 529, "headers": {"retry-after-ms": "250", "retry-after": "7"}},
    )
    clock = StepClock()

    with MessagesApi(play) as api, claude(api.url, clock=clock) as model:
        model.reply(request())

    assert clock.waits_s == [90.0, 0.25]


def test_reply__does_not_wait_for_hours() -> None:
    """A wait beyond two minutes ends the call instead, so that the run can be resumed."""
    clock = StepClock()
    play = failing({"status": 429, "headers": {"retry-after": "3600"}})

    with (
        MessagesApi(play) as api,
        claude(api.url, clock=clock) as model,
        pytest.raises(ModelUnavailableError) as caught,
    ):
        model.reply(request())

    assert clock.waits_s == []
    assert "run again" in caught.value.hint


def test_reply__gives_up_after_six_attempts() -> None:
    """A service that stays overloaded is an error that says so and is worth a later run."""
    play = failing(*[{"status": 529, "body": OVERLOADED}] * 6)
    clock = StepClock()

    with (
        MessagesApi(play) as api,
        claude(api.url, clock=clock) as model,
        pytest.raises(ModelUnavailableError, match="6 attempts: status 529, overloaded_error"),
    ):
        model.reply(request())

    assert clock.waits_s == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_reply__that_never_completes_is_malformed_and_billed() -> None:
    """When every stream breaks, the error carries what all of them cost."""
    play = failing(*[{"end_after_events": 6}] * 6)

    with (
        MessagesApi(play) as api,
        claude(api.url) as model,
        pytest.raises(MalformedReplyError, match="ended before the message did") as caught,
    ):
        model.reply(request())

    assert caught.value.spend is not None
    assert caught.value.spend.usage.input_tokens == 6_000
    assert caught.value.retryable


REJECTED = [
    ({"status": 401}, Rejection.KEY),
    ({"status": 402}, Rejection.CREDIT),
    ({"status": 403}, Rejection.PERMISSION),
    ({"status": 404}, Rejection.MODEL),
    ({"status": 400}, Rejection.REQUEST),
    ({"status": 413}, Rejection.REQUEST),
    ({"status": 422}, Rejection.REQUEST),
    (
        {
            "status": 400,
            "body": {
                "error": {
                    "type": "invalid_request_error",
                    "message": "You have reached your specified API usage limits.",
                }
            },
        },
        Rejection.CREDIT,
    ),
    (
        {
            "status": 400,
            "body": {"error": {"message": "Your credit balance is too low to access the API."}},
        },
        Rejection.CREDIT,
    ),
    (
        {
            "status": 429,
            "body": {
                "error": {
                    "type": "rate_limit_error",
                    "details": {"error_code": "enforced_spend_limit_reached"},
                }
            },
        },
        Rejection.CREDIT,
    ),
    (
        {
            "status": 429,
            "body": {"error": {"details": {"error_code": "contract_spend_limit_reached"}}},
        },
        Rejection.CREDIT,
    ),
    ({"body": {"error": {"type": "invalid_request_error", "message": "no"}}}, Rejection.REQUEST),
    ({"body": {"error": {"type": "billing_error", "message": "no"}}}, Rejection.CREDIT),
]


@pytest.mark.parametrize(("fault", "reason"), REJECTED, ids=str)
def test_reply__is_not_asked_for_twice_when_refused(fault: Json, reason: Rejection) -> None:
    """A refusal that will not pass ends the call at once, with its reason and advice."""
    with (
        MessagesApi(failing(fault)) as api,
        claude(api.url) as model,
        pytest.raises(ModelRejectedError) as caught,
    ):
        model.reply(request())

    assert caught.value.reason is reason
    assert caught.value.hint
    assert "'claude-opus-5-5'" in str(caught.value)
    assert len(api.requests) == 1


def test_reply__obeys_a_final_no() -> None:
    """`x-should-retry: false` is believed."""
    play = failing({"status": 503, "headers": {"x-should-retry": "false"}})

    with (
        MessagesApi(play) as api,
        claude(api.url) as model,
        pytest.raises(ModelUnavailableError, match="1 attempt:"),
    ):
        model.reply(request())


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
        Claude(api_key=SecretStr(key), clock=StepClock(), jitter=lambda: 0.5)

    assert caught.value.reason is Rejection.KEY
    assert "anthropic-api-key" in caught.value.hint
    assert not key.strip() or key not in str(caught.value)


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
    return Answer(body="".join(lines).encode())


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
        notices = model.check("opus")
        retiring = model.check("claude-sonnet-4-5-20250929")

    assert notices == ()
    assert "2026-11-30" in retiring[0]
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
        "stream",
    }
    assert body["stream"] is True
    headers = api.received[0].headers
    assert headers["authorization"] == f"Bearer {API_KEY}"
    assert "x-api-key" not in headers


def test_connection__is_kept_between_requests() -> None:
    """Turns share one connection: a handshake per turn would be paid in latency."""
    play = scenario({"text": "one"}, {"text": "two"})

    with MessagesApi(play) as api, claude(api.url) as model:
        first = model.reply(request())
        model.reply(answered(request(), first))

    assert len({received.client for received in api.received}) == 1


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
orchestrator.llm.claude.Claude(api_key=SecretStr("k"), clock=None, jitter=None)
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
