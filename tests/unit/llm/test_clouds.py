"""Bedrock, Vertex AI and Foundry, each behind a door that checks who knocks."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ModelRejectedError, ModelUnavailableError, Rejection
from orchestrator.llm.capabilities import line_of
from orchestrator.llm.claude import Claude
from orchestrator.llm.signin import Bedrock, Foundry, Vertex
from tests.doubles.clock import SteppingClock
from tests.doubles.clouds import (
    ACCESS_KEY,
    FOUNDRY_KEY,
    SECRET_KEY,
    AwsDouble,
    AzureDouble,
    GoogleDouble,
)
from tests.unit.llm.builders import request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.llm.signin import SignIn


@contextlib.contextmanager
def window(url: str, sign_in: SignIn, clock: SteppingClock | None = None) -> Iterator[Claude]:
    """Open the real window with this sign-in."""
    clock = clock or SteppingClock()
    claude = Claude(sign_in=sign_in, clock=clock, jitter=lambda: 0.5, base_url=url)
    with contextlib.closing(claude):
        yield claude


def aws(secret: str = SECRET_KEY) -> Bedrock:
    """Return the access key of a role's session."""
    return Bedrock(
        region="us-east-1",
        access_key=SecretStr(ACCESS_KEY),
        secret_key=SecretStr(secret),
        session_token=SecretStr("session"),
    )


def test_bedrock__signs_each_request() -> None:
    """With an access key each request carries a signature that fits it, and the cloud's name."""
    with AwsDouble() as double, window(double.url, aws()) as model:
        replies = [model.reply(request(model="opus")) for _ in range(2)]

    assert [reply.text for reply in replies] == ["hi", "hi"]
    message = double.received[0]
    assert "/us-east-1/" in message.headers["authorization"]
    assert SECRET_KEY not in str(message)
    assert message.headers["x-amz-security-token"] == "session"
    body = json.loads(message.body)
    assert body["model"] == "anthropic.claude-opus-5-5"
    assert "diagnostics" not in body
    assert line_of(body["model"]) == "claude-opus-5-5"


def test_bedrock__that_refuses_the_key_names_its_own_action() -> None:
    """Who signs in at a cloud is not sent to look for a key of the vendor."""
    with (
        AwsDouble() as double,
        window(double.url, aws("another-secret-key")) as model,
        pytest.raises(ModelRejectedError, match="403") as caught,
    ):
        model.reply(request())

    assert "`aws-actions/configure-aws-credentials`" in caught.value.hint
    assert "anthropic-api-key" not in caught.value.hint
    assert len(double.received) == 1


def test_vertex__trades_the_workflows_identity_for_a_token(tmp_path: Path) -> None:
    """Google's file is enough: one token for all requests, model and project in the address."""
    with GoogleDouble() as double:
        google = Vertex(
            project="proj", region="global", credentials_file=double.credentials(tmp_path)
        )
        with window(double.url, google) as model:
            replies = [model.reply(request()) for _ in range(2)]

    assert [reply.text for reply in replies] == ["hi", "hi"]
    assert double.given == {"ya29.0"}
    message = double.received[0]
    assert message.path == (
        "/projects/proj/locations/global/publishers/anthropic/models/"
        "claude-opus-5-5:streamRawPredict"
    )
    body = json.loads(message.body)
    assert "model" not in body
    assert body["anthropic_version"]
    assert body["tools"]


def test_vertex__takes_an_access_token() -> None:
    """A token that another step fetched needs no file."""
    token = Vertex(project="proj", region="global", access_token=SecretStr("ya29.mine"))

    with GoogleDouble() as double, window(double.url, token) as model:
        double.given.add("ya29.mine")
        reply = model.reply(request())

    assert reply.text == "hi"


def test_vertex__that_refuses_the_identity_is_a_sign_in_problem(tmp_path: Path) -> None:
    """A pool that does not take the workflow ends the run with what to change, not with a trace."""
    with GoogleDouble() as double:
        double.trade_status = 400
        google = Vertex(project="p", region="r", credentials_file=double.credentials(tmp_path))
        with window(double.url, google) as model, pytest.raises(ModelRejectedError) as caught:
            model.reply(request())

    assert "invalid_grant" in str(caught.value)
    assert caught.value.reason is Rejection.KEY
    assert "`google-github-actions/auth`" in caught.value.hint


def test_vertex__whose_token_endpoint_is_away_is_an_outage(tmp_path: Path) -> None:
    """Where tokens cannot be had for a while, they are asked for again, and the run can go on."""
    clock = SteppingClock()
    with GoogleDouble() as away:
        file = away.credentials(tmp_path)
    google = Vertex(project="p", region="r", credentials_file=file)

    with (
        GoogleDouble() as double,
        window(double.url, google, clock) as model,
        pytest.raises(ModelUnavailableError) as caught,
    ):
        model.reply(request())

    assert len(clock.sleeps) == 5
    assert "status page of your cloud" in caught.value.hint


def test_vertex__without_its_file_names_the_action(tmp_path: Path) -> None:
    """A path that leads nowhere is told before anything is sent."""
    google = Vertex(project="p", region="r", credentials_file=tmp_path / "gone.json")

    with (
        window("http://127.0.0.1:9", google) as model,
        pytest.raises(ModelRejectedError, match=r"gone\.json") as caught,
    ):
        model.reply(request())

    assert "google-github-actions/auth" in caught.value.hint


@pytest.mark.parametrize("key", [FOUNDRY_KEY, "another-key"])
def test_foundry__opens_to_the_key_of_the_resource(key: str) -> None:
    """Microsoft's key goes where its door looks; another key is told by Microsoft's name."""
    with AzureDouble() as double, window(double.url, Foundry(key=SecretStr(key))) as model:
        if key == FOUNDRY_KEY:
            assert model.reply(request()).text == "hi"
            assert json.loads(double.received[0].body)["model"] == "claude-opus-5-5"
            return
        with pytest.raises(ModelRejectedError) as caught:
            model.reply(request())

    assert "ANTHROPIC_FOUNDRY_API_KEY" in caught.value.hint
    assert key not in str(caught.value)
