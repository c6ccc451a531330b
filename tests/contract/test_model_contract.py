"""What every model promises, asked of the real window on the double and of the script."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.sidecar import through
from orchestrator.domain.errors import MalformedReplyError, ModelRejectedError
from orchestrator.domain.message import Message, StopReason, ToolCall
from orchestrator.domain.usage import Usage
from orchestrator.llm.connection import Connection
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.scripted import ScriptedModel
from tests.doubles.messages_api import MessagesApi
from tests.unit.llm.builders import answered, claude, request, scenario, user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from orchestrator.domain.json import Json
    from orchestrator.llm.llm import Model
    from tests.unit.llm.builders import Connect

    Opens = Callable[[Scenario], AbstractContextManager[Model]]

READ_CALL: Json = {"name": "Read", "input": {"file_path": "style.css"}}


@contextlib.contextmanager
def claude_at_the_double(play: Scenario, connect: Connect = Connection) -> Iterator[Model]:
    """Open the real window in front of the HTTP double."""
    with MessagesApi(play) as api, claude(api.url, connect=connect) as model:
        yield model


@contextlib.contextmanager
def scripted(play: Scenario) -> Iterator[Model]:
    """Open the scripted model."""
    yield ScriptedModel(play)


@pytest.fixture(params=["here", "beside", "scripted"])
def opens(request: pytest.FixtureRequest) -> Opens:
    """Give each way to a model in turn."""
    match request.param:
        case "here":
            return claude_at_the_double
        case "beside":
            beside = through(request.getfixturevalue("sidecar"), os.environ)
            return partial(claude_at_the_double, connect=beside)
        case _:
            return scripted


def test_reply__comes_as_the_wire_blocks(opens: Opens) -> None:
    """Thinking, text and calls arrive in order and with nothing added or lost."""
    play = scenario({"thinking": "A page.", "text": "I look.", "tools": [READ_CALL, READ_CALL]})

    with opens(play) as model:
        reply = model.reply(request())

    assert [block["type"] for block in reply.message.blocks] == [
        "thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert reply.message.role == "assistant"
    assert reply.message.blocks[0]["thinking"] == "A page."
    assert reply.text == "I look."


def test_reply__names_the_calls(opens: Opens) -> None:
    """Tool calls carry distinct ids, their names and their whole arguments."""
    arguments: Json = {"file_path": "a/ü.css", "lines": [1, 2.5, None], "deep": {"b": True, "a": 1}}
    play = scenario({"tools": [{"name": "Read", "input": arguments}, READ_CALL]})

    with opens(play) as model:
        first, second = model.reply(request()).tool_calls

    assert first == ToolCall(id=first.id, name="Read", arguments=arguments)  # type: ignore[arg-type]
    assert list(first.arguments) == ["file_path", "lines", "deep"]
    assert first.id != second.id


def test_reply__takes_no_arguments_for_an_empty_object(opens: Opens) -> None:
    """A call without parameters has an empty object, not a missing one."""
    with opens(scenario({"tools": [{"name": "Read"}]})) as model:
        (call,) = model.reply(request()).tool_calls

    assert call.arguments == {}


@pytest.mark.parametrize(
    ("scripted_reply", "expected"),
    [
        ({"text": "done"}, (StopReason.END_TURN, None)),
        ({"tools": [READ_CALL]}, (StopReason.TOOL_USE, None)),
        ({"text": "too", "stop_reason": "max_tokens"}, (StopReason.MAX_TOKENS, None)),
        ({"text": "a", "stop_reason": "stop_sequence"}, (StopReason.STOP_SEQUENCE, None)),
        ({"text": "a", "stop_reason": "pause_turn"}, (StopReason.PAUSE_TURN, None)),
        ({"text": "a", "stop_reason": "compaction"}, (StopReason.COMPACTION, None)),
        (
            {"text": "a", "stop_reason": "model_context_window_exceeded"},
            (StopReason.CONTEXT_EXCEEDED, None),
        ),
        (
            {"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "cyber"}},
            (StopReason.REFUSAL, "cyber"),
        ),
        ({"stop_reason": "refusal"}, (StopReason.REFUSAL, "unspecified")),
        ({"text": "a", "stop_reason": "lunch_break"}, (StopReason.UNKNOWN, "lunch_break")),
    ],
)
def test_reply__says_why_it_ended(
    opens: Opens, scripted_reply: Json, expected: tuple[StopReason, str | None]
) -> None:
    """Every stop reason, known or not, arrives in the house's words."""
    with opens(scenario(scripted_reply)) as model:
        reply = model.reply(request())

    assert (reply.stop_reason, reply.detail) == expected


def test_reply__leaves_a_truncated_call_out(opens: Opens) -> None:
    """A call cut off by the token limit is not there to be run; the whole ones stay."""
    play = scenario({"text": "I write.", "tools": [READ_CALL, READ_CALL], "truncated": True})

    with opens(play) as model:
        reply = model.reply(request())

    assert reply.stop_reason is StopReason.MAX_TOKENS
    assert len(reply.tool_calls) == 1
    assert reply.text == "I write."


def test_reply__never_passes_on_a_broken_call_to_run(opens: Opens) -> None:
    """A reply that wants a call run whose input is no JSON is an error, not a guess."""
    play = scenario({"tools": [READ_CALL], "truncated": True, "stop_reason": "tool_use"})

    with opens(play) as model, pytest.raises(MalformedReplyError, match="not a JSON object"):
        model.reply(request())


def test_reply__drops_texts_that_cannot_be_sent_back(opens: Opens) -> None:
    """An empty text block, which the service sends but refuses, stays out of the history."""
    play = scenario({"raw_blocks": [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]})

    with opens(play) as model:
        reply = model.reply(request())

    assert reply.message.blocks == ({"type": "text", "text": "x"},)


def test_reply__keeps_blocks_it_does_not_know(opens: Opens) -> None:
    """A kind of block invented tomorrow is carried verbatim into the next request."""
    block: Json = {"type": "hologram", "beams": [1, 2], "text": "glow", "inner": {"b": 1, "a": 2}}
    play = scenario({"raw_blocks": [block, {"type": "text", "text": "see"}]}, {"text": "ok"})

    with opens(play) as model:
        reply = model.reply(request())
        model.reply(answered(request(), reply))

    assert reply.message.blocks[0] == block


def test_reply__continues_after_an_empty_answer(opens: Opens) -> None:
    """A turn without content does not poison the conversation."""
    with opens(scenario({}, {"text": "awake"})) as model:
        empty = model.reply(request())
        reply = model.reply(answered(request(), empty, "Please answer."))

    assert empty.message.blocks == ()
    assert reply.text == "awake"


def test_reply__is_found_by_its_place_in_the_conversation(opens: Opens) -> None:
    """The same request gets the same reply, and a longer one the next."""
    play = scenario({"text": "one"}, {"text": "two"})

    with opens(play) as model:
        first = model.reply(request())
        again = model.reply(request())
        second = model.reply(answered(request(), first))

    assert (first.text, again.text, second.text) == ("one", "one", "two")
    assert again.message == first.message


def test_spend__is_priced_by_the_usage(opens: Opens) -> None:
    """All five kinds of tokens are reported apart and priced for the model."""
    usage = {
        "input_tokens": 1_000,
        "cache_read_tokens": 2_000,
        "cache_write_5m_tokens": 3_000,
        "cache_write_1h_tokens": 4_000,
        "output_tokens": 5_000,
    }

    with opens(scenario({"text": "x", "usage": usage})) as model:
        reply = model.reply(request())

    assert reply.spend.usage == Usage(**usage)
    assert reply.spend.usd == Decimal("0.1514")
    assert reply.attempts == 1


def test_spend__shows_a_growing_cache(opens: Opens) -> None:
    """Without scripted counts, a second request reads from the cache what the first wrote."""
    with opens(scenario({"text": "one"}, {"text": "two"})) as model:
        first = model.reply(request())
        second = model.reply(answered(request(), first))

    assert first.spend.usage.cache_read_tokens == 0
    assert second.spend.usage.cache_read_tokens == first.spend.usage.prompt_tokens
    assert second.spend.usd > 0


def test_spend__shares_the_brief_between_agents(opens: Opens) -> None:
    """A second agent with the same tools, system and brief reads them from the cache."""
    brief = "The repository. " * 50
    play = Scenario.parse(
        {"conversations": [{"name": "any", "times": 2, "replies": [{"text": "ok"}]}]},
        source="a test",
    )

    with opens(play) as model:
        first = model.reply(request(user(brief, "Task one.")))
        second = model.reply(request(user(brief, "Task two.")))

    written, read = first.spend.usage.cache_write_5m_tokens, second.spend.usage.cache_read_tokens
    assert 200 < read < written
    assert second.spend.usage.cache_write_5m_tokens == written - read


def test_reply__refuses_an_unexpected_conversation(opens: Opens) -> None:
    """A request that no scenario foresees is an error that shows how it began."""
    play = scenario({"text": "x"}, contains=["reviewer"])

    with opens(play) as model, pytest.raises(ModelRejectedError) as caught:
        model.reply(request(user("You are the planner.")))

    assert "You are the planner." in str(caught.value)
    assert "'page' (waits for 'reviewer')" in str(caught.value)
    assert caught.value.hint


def test_reply__refuses_one_request_too_many(opens: Opens) -> None:
    """A conversation that goes on past its script is an error that shows the last message."""
    with opens(scenario({"text": "all"})) as model:
        reply = model.reply(request())
        with pytest.raises(ModelRejectedError, match="And now\\?"):
            model.reply(answered(request(), reply, "And now?"))


def test_reply__serves_several_threads(opens: Opens) -> None:
    """Parallel agents get their own conversations, whatever the order they come in."""
    conversations: list[Json] = [
        {
            "name": f"c{n}",
            "when": {"contains": [f"task {n};"]},
            "replies": [{"text": f"answer {n}"}],
        }
        for n in range(8)
    ]
    play = Scenario.parse({"conversations": conversations}, source="a test")

    with opens(play) as model, ThreadPoolExecutor(8) as pool:
        asked = [request(user("brief", f"task {n};")) for n in range(8)]
        texts = [reply.text for reply in pool.map(model.reply, asked)]

    assert texts == [f"answer {n}" for n in range(8)]


def test_reply__survives_half_characters_of_the_models_own(opens: Opens) -> None:
    """Half a character in a call is replaced before anybody uses it, and can be sent back."""
    half: Json = {"name": "Read", "input": {"file_path": "caf\ud83d.txt"}}
    play = scenario({"text": "h\ud83dh", "tools": [half]}, {"text": "ok"})

    with opens(play) as model:
        first = model.reply(request())
        second = model.reply(answered(request(), first))

    assert first.tool_calls[0].arguments == {"file_path": "caf\ufffd.txt"}
    assert first.text == "h\ufffdh"
    assert second.text == "ok"


def test_reply__survives_half_characters_in_results(opens: Opens) -> None:
    """A lone surrogate in a tool's output is replaced instead of breaking the request."""
    with opens(scenario({"tools": [READ_CALL]}, {"text": "fine"})) as model:
        reply = model.reply(request())
        last = model.reply(answered(request(), reply, "caf\udce9"))

    assert last.text == "fine"


def test_reply__accepts_aliases(opens: Opens) -> None:
    """A short model name is as good as the id, on the wire and in the price."""
    with opens(scenario({"text": "x", "usage": {"output_tokens": 1_000_000}})) as model:
        reply = model.reply(request(model="sonnet"))

    assert reply.spend.usd == Decimal(10)


def test_message__may_be_any_shape(opens: Opens) -> None:
    """A first message of a single block is cached by the tail marker alone."""
    single = Message(role="user", blocks=({"type": "text", "text": "Only this."},))

    with opens(scenario({"text": "x"})) as model:
        reply = model.reply(request(single, system=(), tools=(), effort=None))

    assert reply.text == "x"
