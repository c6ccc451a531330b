"""The service through another process: what is asked and answered, here without the process."""

from __future__ import annotations

import contextlib
import errno
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    MalformedReplyError,
    ModelRejectedError,
    ModelUnavailableError,
    SandboxError,
)
from orchestrator.llm.exchange import Began
from orchestrator.llm.remote import Answers, LookUp, Message, Opening, RemoteService
from orchestrator.llm.signin import ApiKey, Federation
from tests.doubles.identity import IdentityDouble
from tests.doubles.messages_api import API_KEY, MessagesApi
from tests.unit.llm.builders import claude, failing, request

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from orchestrator.llm.connection import Timeouts
    from orchestrator.llm.exchange import Part
    from orchestrator.llm.remote import Question
    from orchestrator.llm.signin import SignIn
    from tests.unit.llm.builders import Connect

    Ask = Callable[[Question], Generator[Part]]


def through(ask: Ask) -> Connect:
    """Return what connects by asking; whatever is asked and answered could have been sent."""

    def crossing(question: Question) -> Generator[Part]:
        buffers: list[pickle.PickleBuffer] = []
        sent = pickle.dumps(question, protocol=5, buffer_callback=buffers.append)
        for part in ask(pickle.loads(sent, buffers=buffers)):  # noqa: S301 -- made here
            yield pickle.loads(pickle.dumps(part))  # noqa: S301 -- made here

    def connect(sign_in: SignIn, base_url: str | None, timeouts: Timeouts) -> RemoteService:
        opening = Opening(
            sign_in=sign_in,
            base_url=base_url,
            timeouts=timeouts,
            folder=str(Path.cwd()),
            environment={},
        )
        return RemoteService(crossing, opening)

    return connect


@pytest.fixture
def answers() -> Iterator[Answers]:
    """Return what answers, in this process."""
    with contextlib.closing(Answers()) as made:
        yield made


def test_reply__crosses_with_all_its_parts(answers: Answers) -> None:
    """A reply that others carried is the reply, and the models are known as well."""
    with MessagesApi(failing()) as api, claude(api.url, connect=through(answers)) as model:
        model.check("claude-opus-5-5")
        reply = model.reply(request())

    assert reply.text == "at last, a reply"
    assert reply.request_id is not None


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 401}])
def test_refusal__crosses_without_what_belongs_to_the_library(
    answers: Answers, fault: dict[str, int]
) -> None:
    """A failure keeps its words and loses the exception that no other process could read."""
    with (
        MessagesApi(failing(fault)) as api,
        claude(api.url, connect=through(answers)) as model,
        pytest.raises(ModelRejectedError, match=f"status {fault['status']}") as caught,
    ):
        model.reply(request())

    assert caught.value.__cause__ is None
    assert API_KEY not in str(caught.value)


def test_sign_in__that_is_refused_is_told_as_it_is_here(answers: Answers) -> None:
    """What a person has to change is said in the same words, whoever finds it out."""
    with IdentityDouble() as double:
        identity = Federation(
            rule_id="fdrl_1",
            organization_id="org-1",
            request_url=f"{double.url}/identity",
            request_token=SecretStr("another"),
        )
        with (
            claude(double.url, sign_in=identity, connect=through(answers)) as model,
            pytest.raises(ModelRejectedError, match="no identity token") as caught,
        ):
            model.reply(request())

    assert "id-token: write" in caught.value.hint


def _lost(_: Question) -> Generator[Part]:
    yield from ()
    raise EOFError("exit code 137")


def _lost_in_the_middle(_: Question) -> Generator[Part]:
    yield Began({})
    raise EOFError("exit code 137")


def _cannot_start(_: Question) -> Generator[Part]:
    yield from ()
    raise SandboxError("No memory for it.", hint="Free some.")


def _no_room(_: Question) -> Generator[Part]:
    yield from ()
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("ask", "why"), [(_cannot_start, "No memory for it"), (_no_room, "No space left on device")]
)
def test_process__that_cannot_be_asked_is_tried_again(ask: Ask, why: str) -> None:
    """A machine that has no room at the moment costs an attempt, and is named when it stays so."""
    with (
        claude("http://127.0.0.1:1", connect=through(ask)) as model,
        pytest.raises(
            ModelUnavailableError, match=f"6 attempts: .* could not be .*{why}"
        ) as caught,
    ):
        model.reply(request())

    assert "this machine" in caught.value.hint


@pytest.mark.parametrize(
    ("ask", "error"),
    [(_lost, ModelUnavailableError), (_lost_in_the_middle, MalformedReplyError)],
)
def test_process__that_is_lost_each_time_ends_the_call_by_name(
    ask: Ask, error: type[Exception]
) -> None:
    """It is tried again like any service that breaks off, and then said what happened."""
    with (
        claude("http://127.0.0.1:1", connect=through(ask)) as model,
        pytest.raises(error, match=r"6 attempts: our process .* ended \(exit code 137\)"),
    ):
        model.reply(request())


def test_questions__show_no_secret_and_no_history() -> None:
    """A question that somebody prints while looking for a fault gives nothing away."""
    asked: list[Question] = []

    def ask(question: Question) -> Generator[Part]:
        asked.append(question)
        yield from _lost(question)

    with claude("http://127.0.0.1:1", connect=through(ask)) as model:
        with pytest.raises(ModelUnavailableError):
            model.check("claude-opus-5-5")
        with pytest.raises(ModelUnavailableError):
            model.reply(request())

    assert {type(each) for each in asked} == {LookUp, Message}
    assert API_KEY not in repr(asked)
    assert repr(ApiKey(key=SecretStr(API_KEY))).count(API_KEY) == 0
