"""Signing in with a workflow's identity, at the socket."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ModelRejectedError, ModelUnavailableError, Rejection
from orchestrator.llm.claude import Claude
from orchestrator.llm.signin import Federation
from tests.doubles.clock import SteppingClock
from tests.doubles.http_server import Answer, json_answer
from tests.doubles.identity import RUNNER_TOKEN, IdentityDouble
from tests.unit.llm.builders import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.llm.signin import SignIn


@contextlib.contextmanager
def window(double: IdentityDouble, sign_in: SignIn) -> Iterator[Claude]:
    """Open the real window with this sign-in."""
    claude = Claude(sign_in=sign_in, clock=SteppingClock(), jitter=lambda: 0.5, base_url=double.url)
    try:
        yield claude
    finally:
        claude.close()


def federation(double: IdentityDouble, *, token: str = RUNNER_TOKEN) -> Federation:
    """Return a workflow's identity."""
    return Federation(
        rule_id="fdrl_1",
        organization_id="org-1",
        service_account_id="svac_1",
        workspace_id="wrkspc_1",
        request_url=f"{double.url}/identity?api-version=2",
        request_token=SecretStr(token),
    )


def test_federation__exchanges_once_for_many_requests() -> None:
    """The identity is asked for with its audience, exchanged once, and used as a bearer token."""
    with IdentityDouble() as double, window(double, federation(double)) as model:
        first = model.reply(request())
        model.reply(request())

    identity, *_ = double.received
    assert first.text == "hi"
    assert identity.query == {"api-version": ("2",), "audience": ("https://api.anthropic.com",)}
    (exchange,) = double.exchanges
    assert exchange == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "header.1.signature",
        "federation_rule_id": "fdrl_1",
        "organization_id": "org-1",
        "service_account_id": "svac_1",
        "workspace_id": "wrkspc_1",
    }
    sent = [message.headers for message in double.messages()]
    assert {headers["authorization"] for headers in sent} == {"Bearer sk-ant-oat01-1"}
    assert all("oauth-2025-04-20" in headers["anthropic-beta"] for headers in sent)


def test_federation__of_eight_agents_at_once_is_one_client() -> None:
    """Agents that start together share one client: one exchange, and each has its reply."""
    with (
        IdentityDouble() as double,
        window(double, federation(double)) as model,
        ThreadPoolExecutor(8) as pool,
    ):
        replies = list(pool.map(model.reply, [request()] * 8))

    assert {reply.text for reply in replies} == {"hi"}
    assert len(double.exchanges) == 1


def test_federation__refreshes_once_after_401_with_a_fresh_identity() -> None:
    """An access token that is no longer taken costs one exchange more, never a run."""
    with IdentityDouble() as double, window(double, federation(double)) as model:
        model.reply(request())
        double.revoked.add("sk-ant-oat01-1")
        reply = model.reply(request())

    assert reply.text == "hi"
    assert [exchange["assertion"] for exchange in double.exchanges] == [
        "header.1.signature",
        "header.2.signature",
    ]


def test_federation__of_eight_agents_with_an_ended_token_exchanges_once_more() -> None:
    """When all find their token ended at once, one exchange replaces it for all of them."""
    with (
        IdentityDouble() as double,
        window(double, federation(double)) as model,
        ThreadPoolExecutor(8) as pool,
    ):
        model.reply(request())
        double.hold_until_refused(8, token="sk-ant-oat01-1")
        replies = list(pool.map(model.reply, [request()] * 8))

    assert {reply.text for reply in replies} == {"hi"}
    assert len(double.exchanges) == 2


def test_federation__that_the_runner_refuses_shows_the_permission() -> None:
    """Without an identity token there is one thing to change, and it is shown."""
    with (
        IdentityDouble() as double,
        window(double, federation(double, token="another")) as model,
        pytest.raises(ModelRejectedError, match="no identity token") as caught,
    ):
        model.reply(request())

    assert "id-token: write" in caught.value.hint
    assert caught.value.reason is Rejection.KEY


def test_federation__survives_a_runner_that_has_no_identity_at_the_moment() -> None:
    """An outage of the runner's own service is waited for; nobody is told to change permissions."""
    with IdentityDouble() as double, window(double, federation(double)) as model:
        double.runner_answers = [
            Answer(status=503),
            Answer(body=b"<html>"),
            json_answer({"message": "later"}, status=429),
        ]
        reply = model.reply(request())

    assert reply.text == "hi"
    assert reply.attempts == 4
    assert len(double.exchanges) == 1


def test_federation__whose_identity_was_used_up_shows_a_fresh_one() -> None:
    """`jti_reused` costs one exchange more: each one is made with an identity of its own."""
    with IdentityDouble() as double, window(double, federation(double)) as model:
        double.used.add("header.1.signature")
        reply = model.reply(request())

    assert reply.text == "hi"
    assert [exchange["assertion"] for exchange in double.exchanges] == [
        "header.1.signature",
        "header.2.signature",
    ]


def test_federation__that_the_service_refuses_names_the_rule() -> None:
    """A rule that does not fit is a sign-in problem, not an outage."""
    with IdentityDouble() as double:
        double.refuses = json_answer({"error": "invalid_grant"}, status=400)
        with (
            window(double, federation(double)) as model,
            pytest.raises(ModelRejectedError, match="invalid_grant") as caught,
        ):
            model.reply(request())

    assert "`anthropic-federation-rule-id`" in caught.value.hint
    assert caught.value.reason is Rejection.KEY
    assert len(double.exchanges) == 1


def test_federation__tries_again_when_the_exchange_is_down() -> None:
    """A token endpoint that fails for a moment is waited for like any other outage."""
    with IdentityDouble() as double:
        double.refuses = json_answer({"error": "server_error"}, status=503)
        with window(double, federation(double)) as model, pytest.raises(ModelUnavailableError):
            model.reply(request())

    assert len(double.exchanges) == 6
    assert len({str(exchange["assertion"]) for exchange in double.exchanges}) == 6
