"""The real window against the double: every row of the retry table, and what it costs."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from itertools import chain, repeat
from threading import Event
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import (
    MalformedReplyError,
    ModelRejectedError,
    ModelUnavailableError,
    Rejection,
)
from orchestrator.domain.usage import Usage
from orchestrator.llm.connection import Timeouts
from orchestrator.llm.failure import status_failure
from tests.doubles.clock import SteppingClock
from tests.doubles.http_server import Answer, LoopbackServer
from tests.doubles.identity import EVENTS, stream_answer
from tests.doubles.messages_api import MessagesApi
from tests.unit.llm.builders import claude, failing, request, scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.json import Json

ONCE_USD = Decimal("0.006")
OVERLOADED: Json = {"error": {"type": "overloaded_error", "message": "Overloaded"}}


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
    clock = SteppingClock()

    with MessagesApi(failing(fault)) as api, claude(api.url, clock=clock) as model:
        reply = model.reply(request())

    assert reply.text == "at last, a reply"
    assert reply.attempts == 2
    assert reply.spend.usd == ONCE_USD
    assert clock.sleeps == [0.5]
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

    with MessagesApi(play) as api, claude(api.url, read_s=1.0) as model:
        reply = model.reply(request())

    assert reply.attempts == 2
    assert reply.spend.usage.input_tokens == 2_000


def test_reply__waits_as_long_as_it_is_told() -> None:
    """`retry-after-ms` and `retry-after` are obeyed in that order."""
    play = failing(
        {"status": 429, "headers": {"retry-after": "90"}},
        {"status": 529, "headers": {"retry-after-ms": "250", "retry-after": "7"}},
    )
    clock = SteppingClock()

    with MessagesApi(play) as api, claude(api.url, clock=clock) as model:
        model.reply(request())

    assert clock.sleeps == [90.0, 0.25]


@pytest.mark.parametrize(
    ("after", "wait_s"),
    [
        ("Wed, 25 Nov 2026 10:00:42 GMT", 42.0),
        ("Wed, 25 Nov 2026 09:00:00 GMT", 0),
        ("Wed, 25 Nov 2026 10:00:42", None),
        ("Wed, 25 Nov 99999 10:00:42 GMT", None),
        ("soon", None),
    ],
)
def test_failure__measures_a_moment_by_the_clock_of_who_named_it(
    after: str, wait_s: float | None
) -> None:
    """`retry-after` may be a moment; what is none of both leaves the wait to us."""
    date = "Wed, 25 Nov 2026 10:00:00 GMT"

    assert status_failure(503, None, {"retry-after": after, "date": date}).retry_after_s == wait_s
    assert status_failure(503, None, {"retry-after": after}).retry_after_s is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "The security token is invalid."}, ", The security token is invalid"),
        ({"Message": "No such role."}, ", No such role"),
        ({"detail": "no such model"}, ", no such model"),
        ({"error": "no such model"}, ", no such model"),
        ("upstream connect error\r\n", ", upstream connect error"),
        ("<html>bad gateway</html>", ""),
        ([], ""),
        (None, ""),
    ],
)
def test_failure__repeats_what_a_cloud_or_gateway_says(body: Json, said: str) -> None:
    """Not everybody puts the reason where the vendor does; a page for a browser is none."""
    assert status_failure(403, body, {}).what == f"status 403{said}"


@pytest.mark.parametrize(
    ("status", "message", "is_limited"),
    [
        (429, "Too many requests.", True),
        (429, "Your credit balance is too low to access the API.", False),
        (529, "Overloaded", False),
    ],
)
def test_refusal__asks_for_fewer_requests(status: int, message: str, *, is_limited: bool) -> None:
    """Only that slows the others down: money that is spent does not come back by waiting."""
    body: Json = {"type": "error", "error": {"type": "rate_limit_error", "message": message}}

    assert status_failure(status, body, {}).is_limited is is_limited


def _begun_then(more: Iterable[bytes]) -> Answer:
    usage: Json = {"input_tokens": 7, "output_tokens": 1}
    start: Json = {"type": "message_start", "message": {"id": "msg_1", "usage": usage}}
    first = f"event: message_start\ndata: {json.dumps(start)}\n\n".encode()
    return Answer(body=chain([first], more))


@pytest.mark.parametrize("name", [b"event: ping\n", b""])
def test_reply__that_only_pings_is_given_up(name: bytes) -> None:
    """A stream that is kept open for ever and says nothing ends, and what it cost is known."""
    ping = name + b'data: {"type": "ping"}\n\n'

    with (
        LoopbackServer(lambda _: _begun_then(repeat(ping, 1_000))) as server,
        claude(server.url, clock=SteppingClock(step_s=60.0)) as model,
        pytest.raises(MalformedReplyError, match="nothing but pings came for 18") as caught,
    ):
        model.reply(request())

    assert caught.value.spend is not None
    assert caught.value.spend.usage.input_tokens == 7 * caught.value.attempts


@pytest.mark.parametrize("before", [(), (b"id: 1\n\n",)], ids=["plain", "after an id"])
def test_reply__that_only_holds_comments_is_given_up(before: tuple[bytes, ...]) -> None:
    """What a gateway sends to keep a stream open does not keep a run waiting for ever."""
    comments = repeat(b": keep-alive\n\n")

    with (
        LoopbackServer(lambda _: _begun_then(chain(before, comments))) as server,
        claude(server.url, timeouts=Timeouts(quiet_s=0.2)) as model,
        pytest.raises(MalformedReplyError, match="nothing but comments came for") as caught,
    ):
        model.reply(request())

    assert caught.value.attempts == 6
    assert caught.value.spend is not None
    assert caught.value.spend.usage.input_tokens == 6 * 7


@pytest.mark.parametrize(
    "more", [b'event: ping\ndata: {"type": "ping"}\n\n', b"event: odd\ndata: [\n\n"]
)
def test_reply__that_is_whole_is_taken_whatever_follows(more: bytes) -> None:
    """A stream that goes on behind the end of its message costs no second reply."""
    whole = stream_answer(EVENTS)
    body = whole.body if isinstance(whole.body, bytes) else b"".join(whole.body)
    asked: list[object] = []

    def going_on(received: object) -> Answer:
        asked.append(received)
        return Answer(headers=whole.headers, body=chain([body], repeat(more, 50)))

    with LoopbackServer(going_on) as server, claude(server.url) as model:
        reply = model.reply(request())

    assert (reply.text, reply.attempts, len(asked)) == ("hi", 1, 1)


def test_check__does_not_wait_as_long_as_for_a_reply() -> None:
    """A service that takes the question and never answers costs a run seconds at its start."""
    over = Event()

    def silent(_: object) -> Answer:
        over.wait(20)
        return Answer()

    def ask(url: str) -> None:
        with contextlib.ExitStack() as at_the_end:
            at_the_end.callback(over.set)
            model = at_the_end.enter_context(claude(url, timeouts=Timeouts(look_up_s=0.2)))
            model.check("claude-opus-5-5")

    with LoopbackServer(silent) as server, pytest.raises(ModelUnavailableError, match="2 attempts"):
        ask(server.url)


def test_reply__does_not_wait_for_hours() -> None:
    """A wait beyond two minutes ends the call instead, so that the run can be resumed."""
    clock = SteppingClock()
    play = failing({"status": 429, "headers": {"retry-after": "3600"}})

    with (
        MessagesApi(play) as api,
        claude(api.url, clock=clock) as model,
        pytest.raises(ModelUnavailableError) as caught,
    ):
        model.reply(request())

    assert clock.sleeps == []
    assert "run again" in caught.value.hint


def test_reply__gives_up_after_six_attempts() -> None:
    """A service that stays overloaded is an error that says so and is worth a later run."""
    play = failing(*[{"status": 529, "body": OVERLOADED}] * 6)
    clock = SteppingClock()

    with (
        MessagesApi(play) as api,
        claude(api.url, clock=clock) as model,
        pytest.raises(ModelUnavailableError, match="6 attempts: status 529, overloaded_error"),
    ):
        model.reply(request())

    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0, 8.0]


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


REJECTED = [
    ({"status": 401}, Rejection.KEY),
    ({"status": 402}, Rejection.CREDIT),
    ({"status": 403}, Rejection.PERMISSION),
    ({"status": 404}, Rejection.MODEL),
    ({"status": 400}, Rejection.REQUEST),
    ({"status": 413}, Rejection.TOO_LONG),
    (
        {"status": 400, "body": {"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}},
        Rejection.TOO_LONG,
    ),
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
