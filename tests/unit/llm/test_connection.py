"""One connection for many turns, and what happens when the other end closes it."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import UsageError
from orchestrator.llm.claude import Claude
from orchestrator.llm.connection import Timeouts
from orchestrator.llm.signin import ApiKey
from tests.doubles.clock import SteppingClock
from tests.doubles.http_server import Answer, ConnectionCut, LoopbackServer
from tests.doubles.identity import EVENTS, stream_answer
from tests.doubles.messages_api import API_KEY, MessagesApi
from tests.unit.llm.builders import USAGE, answered, claude, request, scenario

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.http_server import Received


def test_connection__is_kept_between_requests() -> None:
    """Turns share one connection: a handshake per turn would be paid in latency."""
    play = scenario({"text": "one"}, {"text": "two"})

    with MessagesApi(play) as api, claude(api.url) as model:
        first = model.reply(request())
        model.reply(answered(request(), first))

    assert len({received.client for received in api.received}) == 1


def test_connection__outlives_slow_tools() -> None:
    """A connection is kept idle for minutes, where the library would drop it after seconds."""
    play = scenario({"text": "one"}, {"text": "two"})
    fleeting = Timeouts(keep_alive_s=0.0)

    with (
        MessagesApi(play) as api,
        contextlib.closing(
            Claude(
                sign_in=ApiKey(key=SecretStr(API_KEY)),
                clock=SteppingClock(),
                jitter=lambda: 0.5,
                base_url=api.url,
                timeouts=fleeting,
            )
        ) as model,
    ):
        first = model.reply(request())
        model.reply(answered(request(), first))

    # The time is in force: without it each request opens its own.
    assert len({received.client for received in api.received}) == 2
    assert Timeouts().keep_alive_s >= 120


def test_connection__that_the_service_closed_costs_neither_turn_nor_money() -> None:
    """While tools ran the other end hung up: the next request goes out on a new connection."""
    play = scenario(*[{"text": str(turn), "usage": USAGE} for turn in range(3)])

    with MessagesApi(play) as api, claude(api.url) as model:
        asked = request()
        replies = []
        for _ in range(3):
            replies.append(model.reply(asked))
            asked = answered(asked, replies[-1])
            api.hang_up()

    assert [reply.text for reply in replies] == ["0", "1", "2"]
    assert [reply.spend.usage.input_tokens for reply in replies] == [1_000] * 3
    assert len({received.client for received in api.received}) == 3
    assert len(api.requests) == 3


def test_connection__that_breaks_as_the_request_goes_out_bills_once() -> None:
    """The service hangs up just as it is asked: the reply comes at the second try, at one price."""
    turns = count()

    def answer(_: Received) -> Answer:
        if next(turns) == 1:
            raise ConnectionCut
        return stream_answer(EVENTS)

    with LoopbackServer(answer) as server, claude(server.url) as model:
        first, second = model.reply(request()), model.reply(request())

    assert (first.attempts, second.attempts) == (1, 2)
    assert second.spend.usage.input_tokens == 3


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_connection__without_certificates_says_which_setting(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong path to certificates is a mistake of a setting, and no defect of ours."""
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    with (
        claude("https://model.example") as model,
        pytest.raises(UsageError, match=r"certificates .* cannot be read") as caught,
    ):
        model.reply(request())

    assert "`SSL_CERT_FILE`" in caught.value.hint
