"""The bytes of the wire: stable, append-only, and marked for the cache."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from orchestrator.domain.message import Effort, Message, ToolSpec, compact_json
from orchestrator.llm.translate import Extra, translate, unmarked, wire_body
from tests.doubles.messages_api import MessagesApi
from tests.doubles.messages_rules import complaint_about, located_blocks
from tests.unit.llm.builders import READ, SUBMIT, answered, claude, request, scenario, user

if TYPE_CHECKING:
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ModelRequest


def markers(body: dict[str, Json]) -> list[tuple[str, Json]]:
    """Return where a body is marked, and for how long."""
    return [
        (place, cast("JsonObject", block["cache_control"])["ttl"])
        for place, block in located_blocks(body)
        if "cache_control" in block
    ]


def turns(*sizes: int) -> tuple[Message, ...]:
    """Return alternating turns of so many blocks each, beginning with the user."""
    return tuple(
        Message(
            role="assistant" if turn % 2 else "user",
            blocks=tuple({"type": "text", "text": f"{turn}.{at}"} for at in range(size)),
        )
        for turn, size in enumerate(sizes)
    )


def prefix_bytes(body: JsonObject) -> bytes:
    """Return the bytes that the service's cache and its thinking check go by.

    Model, effort, tools, system and messages in the order the service renders them, cache
    markers taken off, the closing brackets left open.
    """
    head: Json = {key: body.get(key) for key in ("model", "output_config", "tools", "system")}
    parts = (head, *cast("list[Json]", body["messages"]))
    return "\n".join(compact_json(unmarked(part)) for part in parts).encode()


def test_wire_body__is_the_whole_request() -> None:
    """Nothing is sent that the request does not say, and nothing is left out."""
    body = wire_body(request(tools=(READ,)))

    assert body == snapshot(
        {
            "model": "claude-opus-5-5",
            "max_tokens": 64000,
            "output_config": {"effort": "medium"},
            "tools": [
                {
                    "name": "Read",
                    "description": READ.description,
                    "input_schema": {
                        "additionalProperties": False,
                        "properties": {"file_path": {"type": "string"}},
                        "required": ["file_path"],
                        "type": "object",
                    },
                }
            ],
            "system": [
                {"type": "text", "text": "You work in a team."},
                {
                    "type": "text",
                    "text": "You change code with care.",
                    "cache_control": {"type": "ephemeral", "ttl": "5m"},
                },
            ],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "text",
                            "text": "The repository has a page.",
                            "cache_control": {"type": "ephemeral", "ttl": "5m"},
                        },
                        {"type": "text", "text": "Make the page dark."},
                    ],
                }
            ],
            "cache_control": {"type": "ephemeral", "ttl": "5m"},
        }
    )


def test_wire_body__does_not_depend_on_the_order_of_tools_or_keys() -> None:
    """Two agents that were given the same tools in another order share one cache entry."""
    shuffled = ToolSpec(
        name=READ.name,
        description=READ.description,
        input_schema=MappingProxyType(dict(reversed(list(READ.input_schema.items())))),
    )

    one = wire_body(request(tools=(READ, SUBMIT)))
    other = wire_body(request(tools=(SUBMIT, shuffled)))

    assert json.dumps(one) == json.dumps(other)


def test_wire_body__marks_strict_tools_only() -> None:
    """`strict` is on the wire for the tools that ask for it."""
    tools = cast("list[JsonObject]", wire_body(request())["tools"])

    assert [tool.get("strict") for tool in tools] == [None, True]


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-4-5-20250929", "made-up"])
def test_wire_body__has_no_effort_where_it_is_refused(model: str) -> None:
    """A model that does not know effort, or that nobody knows, is not asked for it."""
    assert "output_config" not in wire_body(request(model=model, effort=Effort.HIGH))


def test_wire_body__caps_the_output_at_what_the_model_can() -> None:
    """More output than the model has is not asked for."""
    assert wire_body(request(model="claude-haiku-4-5", max_tokens=128_000))["max_tokens"] == 64_000
    assert wire_body(request(max_tokens=128_000))["max_tokens"] == 128_000


def test_wire_body__keeps_the_models_blocks_verbatim() -> None:
    """Even the order of keys in the model's own blocks stays as it came."""
    block: JsonObject = {
        "type": "tool_use",
        "id": "t",
        "input": {"b": 1, "a": "é"},
        "name": "x",
    }
    turn = Message(role="assistant", blocks=(block,))

    body = wire_body(request(user("a", "b"), turn, user("c")))

    messages = cast("list[JsonObject]", body["messages"])
    assert json.dumps(messages[1]["content"]) == json.dumps([block])


def test_markers__stand_on_system_brief_and_tail() -> None:
    """A first request marks the shared parts, longer where others come late, and a tail."""
    early, late = wire_body(request()), wire_body(replace(request(), has_followers=True))

    assert markers(early) == [("system.1", "5m"), ("messages.0.user.content.0", "5m")]
    assert markers(late) == [("system.1", "1h"), ("messages.0.user.content.0", "1h")]
    assert early["cache_control"] == late["cache_control"] == {"type": "ephemeral", "ttl": "5m"}


@pytest.mark.parametrize("may_idle", [True, False])
@pytest.mark.parametrize("has_followers", [True, False])
def test_markers__never_put_the_long_life_behind_the_short(
    *, may_idle: bool, has_followers: bool
) -> None:
    """An hour is asked for where it is needed only, and always before the five minutes."""
    plain = request(user("brief", "task"), *turns(2, 40, 40)[1:])

    body = wire_body(replace(plain, may_idle=may_idle, has_followers=has_followers))

    shared = "1h" if may_idle or has_followers else "5m"
    tail = "1h" if may_idle else "5m"
    assert [life for _, life in markers(body)] == [shared, shared, tail]
    assert body["cache_control"] == {"type": "ephemeral", "ttl": tail}
    assert complaint_about(body) is None


def test_markers__need_something_behind_the_brief() -> None:
    """A first message of one block has no separate brief to mark."""
    assert markers(wire_body(request(user("all in one"), system=()))) == []


def test_markers__stand_where_the_last_request_ended_after_a_wide_turn() -> None:
    """However many parallel calls a turn made, the earlier cache entry is found again."""
    body = wire_body(request(*turns(2, 40, 40), system=()))

    assert markers(body)[-1] == ("messages.0.user.content.1", "5m")


def test_markers__stand_fifteen_blocks_behind_the_tail_in_a_narrow_conversation() -> None:
    """In a conversation of short turns the marker follows at a distance."""
    body = wire_body(request(*turns(2, *[1] * 30), system=()))

    places = [place for place, _ in located_blocks(body) if place.startswith("messages")]
    assert places.index(markers(body)[-1][0]) == len(places) - 1 - 15


def test_markers__avoid_thinking() -> None:
    """A block that may not carry a marker passes it to the one before."""
    thinking: JsonObject = {"type": "thinking", "thinking": "hm", "signature": "s"}
    thoughts = Message(role="assistant", blocks=(thinking,))
    history = [turn for at in range(10) for turn in (thoughts, user(str(at)))]

    body = wire_body(request(user("task"), *history, system=()))

    # Fifteen behind message 20 stands the thought of message 5; message 4 is the user's.
    assert markers(body) == [("messages.4.user.content.0", "5m")]


def test_history__grows_at_its_end_only_over_the_wire() -> None:
    """Request N, markers aside, is a byte-prefix of request N+1 as the service received them."""
    call = {"name": "Read", "input": {"file_path": "a", "b": 1, "a": 2}}
    replies = [
        {"thinking": f"step {n}", "text": "ö", "tools": [call] * (1 + 11 * (n % 2))}
        for n in range(8)
    ]
    asked = request()

    with MessagesApi(scenario(*cast("list[Json]", replies))) as api, claude(api.url) as model:
        for _ in replies:
            asked = answered(asked, model.reply(asked))

    api.assert_done()
    sent = [prefix_bytes(body) for body in api.requests]
    assert len(sent) == len(replies)
    for earlier, later in pairwise(sent):
        assert later.startswith(earlier)
        assert len(later) > len(earlier)
    raw = [received.body for received in api.received]
    frames = {_frame(body) for body in raw}
    assert len(frames) == 1


def _frame(raw: bytes) -> bytes:
    """Return what is around the messages in the raw bytes of a request, in its own order."""
    body = json.loads(raw)
    del body["messages"]
    return json.dumps(body).encode()


def test_wire_body__replaces_half_characters_at_any_depth() -> None:
    """Tool output that is no text cannot break the encoding of a request."""
    result: JsonObject = {
        "type": "tool_result",
        "tool_use_id": "t",
        "is_error": True,
        "content": [{"type": "text", "text": "caf\udce9"}],
    }

    body = wire_body(request(user("a"), *turns(1, 1)[1:], Message(role="user", blocks=(result,))))

    assert "caf?" in json.dumps(body, ensure_ascii=False).encode().decode()


SIZES = st.lists(st.integers(0, 25), min_size=1, max_size=9).filter(
    lambda sizes: sizes[0] > 0 and sizes[-1] > 0 and len(sizes) % 2 == 1
)


@given(SIZES, st.integers(0, 3))
def test_markers__are_always_acceptable(sizes: list[int], shared_blocks: int) -> None:
    """Any conversation is marked in a way that the service accepts: at most four, hours first."""
    body = wire_body(replace(request(*turns(*sizes)), shared_blocks=shared_blocks))

    assert complaint_about(body) is None


def test_markers__stand_on_all_that_reviewers_of_one_change_share() -> None:
    """Brief and change are marked; once the conversation is long, its middle needs the place."""
    first = user("brief", "change", "task")

    begun, grown = (
        wire_body(replace(request(first, *more), shared_blocks=2))
        for more in ((), turns(1, *[1] * 30)[1:])
    )

    brief, change = "messages.0.user.content.0", "messages.0.user.content.1"
    assert [place for place, _ in markers(begun)] == ["system.1", brief, change]
    assert [place for place, _ in markers(grown)][:2] == ["system.1", change]
    assert len(markers(grown)) == 3


@given(sizes=SIZES, may_idle=st.booleans(), shared_blocks=st.sampled_from([1, 2]))
def test_markers__without_the_automatic_one_are_as_many(
    *, sizes: list[int], may_idle: bool, shared_blocks: int
) -> None:
    """Where the service does not know it, the last block that may be marked is."""
    asked = replace(request(*turns(*sizes)), may_idle=may_idle, shared_blocks=shared_blocks)

    automatic = wire_body(asked)
    explicit = json.loads(translate(asked, without=frozenset({Extra.AUTOMATIC_MARKER})).encoded())

    assert "cache_control" not in explicit
    assert markers(explicit)[:-1] == markers(automatic)
    assert markers(explicit)[-1][0] == [place for place, _ in located_blocks(explicit)][-1]
    assert markers(explicit)[-1][1] == cast("JsonObject", automatic["cache_control"])["ttl"]
    assert complaint_about(explicit) is None
    assert unmarked(explicit) == unmarked(automatic)


@given(SIZES, st.integers(1, 25), st.integers(1, 25))
def test_prefix__holds_for_every_conversation(sizes: list[int], said: int, heard: int) -> None:
    """Whatever a turn adds, the bytes before it stay."""
    before = request(*turns(*sizes))
    more = (*before.messages, *turns(*sizes, said, heard)[-2:])

    assert _prefix(replace(before, messages=more)).startswith(_prefix(before))


@given(SIZES)
def test_markers__leave_the_content_alone(sizes: list[int]) -> None:
    """Take the markers off and the history is what the agent keeps."""
    asked = request(*turns(*sizes))

    plain = cast("JsonObject", unmarked(wire_body(asked)))

    contents = [message["content"] for message in cast("list[JsonObject]", plain["messages"])]
    kept = [list(message.blocks) for message in asked.messages]
    assert contents == [blocks or [{"type": "text", "text": "(no answer)"}] for blocks in kept]


def test_prefix__differs_when_history_is_edited() -> None:
    """Editing, dropping or reordering an earlier turn is visible."""
    long = request(*turns(2, 1, 1))
    edited = request(user("0.0", "changed"), *turns(2, 1, 1)[1:])

    assert not _prefix(edited).startswith(_prefix(request(*turns(2))))
    assert _prefix(long).startswith(_prefix(request(*turns(2))))


def _prefix(asked: ModelRequest) -> bytes:
    return prefix_bytes(wire_body(asked))


def test_shared__is_what_other_agents_requests_begin_with() -> None:
    """Who waits for whose reply: all that have model, effort, tools, system and brief in common."""
    first = translate(request(user("brief", "task 1"))).shared
    others = (
        request(user("another brief", "task 1")),
        request(user("brief", "task 1"), model="claude-sonnet-5-5"),
        request(user("brief", "task 1"), effort=Effort.LOW),
        request(user("brief", "task 1"), tools=(READ,)),
        request(user("brief", "task 1"), system=("You work alone.",)),
    )

    assert translate(request(user("brief", "task 2"), max_tokens=9)).shared == first
    assert first not in [translate(other).shared for other in others]
