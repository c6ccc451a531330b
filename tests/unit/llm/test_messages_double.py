"""The double refuses what the real service refuses; otherwise its approval means nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError

import pytest

from orchestrator.domain.message import Message
from orchestrator.llm.translate import wire_body
from orchestrator.tools.toolbox import IMPLEMENTERS, ORCHESTRATOR, READERS
from tests.doubles.messages_api import API_KEY, MessagesApi
from tests.doubles.messages_rules import complaint_about
from tests.unit.llm.builders import READ, SUBMIT, request, scenario, user

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.domain.json import Json
    from orchestrator.domain.message import ToolSpec

Body = dict[str, Any]  # edited at will by the tests, as a careless client would

CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
SHORT = {"type": "ephemeral"}


def body_of(*turns: list[Json]) -> Body:
    """Return a plain good body whose turns alternate, beginning with the user."""
    messages = [
        {"role": "assistant" if at % 2 else "user", "content": content}
        for at, content in enumerate(turns or ([text("hello")],))
    ]
    return {"model": "claude-opus-5-5", "max_tokens": 100, "messages": messages}


def text(words: str, **more: Json) -> Json:
    """Return a text block."""
    return {"type": "text", "text": words, **more}


def tool(name: str, **more: Json) -> Json:
    """Return a tool as it is on the wire."""
    return {"name": name, "input_schema": {"type": "object"}, **more}


def strict(name: str, properties: Json) -> Json:
    """Return a strict tool."""
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"name": name, "strict": True, "input_schema": schema}


def post(api: MessagesApi, body: Json | bytes, **headers: str) -> tuple[int, str]:
    """Send a body as any client could, and return status and answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": f"Bearer {API_KEY}", "anthropic-version": "2026-10-21", **headers}
    sent = {name: value for name, value in sent.items() if value}
    return fetch(f"{api.url}/v1/messages", sent, data)


def fetch(url: str, headers: dict[str, str], data: bytes | None = None) -> tuple[int, str]:
    """Return status and answer of a request."""
    asked = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 -- loopback
    try:
        with urllib.request.urlopen(asked, timeout=5) as response:  # noqa: S310 -- loopback
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"temperature": 1}, "temperature"),
        ({"top_p": 1}, "top_p"),
        ({"top_k": 1}, "top_k"),
        ({"frobnicate": 1}, "Extra inputs"),
        ({"tool_choice": {"type": "any"}}, "forced tool use"),
        ({"tool_choice": {"type": "tool", "name": "Read"}}, "forced tool use"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "adaptive"),
        ({"thinking": {"type": "disabled"}}, "adaptive"),
        ({"output_config": {"effort": "extreme"}}, "effort"),
        ({"thinking": {"type": "between_tools"}}, "adaptive"),
        ({"output_config": {"verbosity": "low"}}, "Extra inputs"),
        ({"model": "claude-haiku-4-5", "output_config": {"effort": "low"}}, "effort"),
        ({"max_tokens": 200_000}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model": "claude-haiku-4-5-20251001", "max_tokens": 100_000}, "max_tokens"),
        ({"cache_control": {"type": "persistent"}}, "ephemeral"),
        ({"cache_control": {"type": "ephemeral", "ttl": "1d"}}, "'5m' or '1h'"),
        ({"messages": [{"role": "tool", "content": [text("a")]}]}, "'user' or 'assistant'"),
        ({"messages": []}, "at least one"),
        ({"tools": [tool("a"), tool("a")]}, "unique"),
        ({"tools": [tool("a b")]}, "pattern"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "'object'"),
        ({"tools": [tool("a", strict=True)]}, "additionalProperties"),
        ({"tools": [tool("a", examples=[])]}, "Extra inputs"),
        ({"tools": [strict(f"a{n}", {}) for n in range(21)]}, "too many strict"),
        ({"tools": [strict("a", {"b": {"type": "object"}})]}, "additionalProperties"),
        ({"tools": [strict("a", {"b": {"type": "string", "maxLength": 9}})]}, "maxLength"),
        ({"tools": [strict("a", {"b": {"type": "array", "items": {"$ref": "#"}}})]}, "recursive"),
        ({"tools": [strict("a", {f"b{n}": {} for n in range(25)})]}, "24 optional"),
        (
            {"tools": [strict("a", {f"b{n}": {"type": ["string", "null"]} for n in range(17)})]},
            "several types",
        ),
    ],
    ids=str,
)
def test_rules__refuse_fields(wrong: Mapping[str, Json], complaint: str) -> None:
    """Parameters that the current models do not take are refused by name."""
    assert complaint in str(complaint_about({**body_of(), **wrong}))


def test_rules__ask_for_what_is_missing() -> None:
    """A body without a model is refused before anything else is looked at."""
    assert complaint_about({"max_tokens": 1, "messages": []}) == "model: Field required"


@pytest.mark.parametrize(
    ("turns", "complaint"),
    [
        ([[text("a")], [text("b")]], "prefill"),
        ([[text("a")], [], [text("c")]], "non-empty content"),
        ([[text("")]], "non-whitespace"),
        ([[text(" \n")]], "non-whitespace"),
        ([[text("a")], [{"type": "document"}], [text("c")]], "document"),
        ([[text("a")], [{"type": "thinking", "cache_control": SHORT}], [text("c")]], "thinking"),
        ([[text("a", citations=[{}])]], "citations"),
        ([[CALL]], "only be in assistant"),
        ([[text("a")], [{**CALL, "id": "a b"}], [RESULT]], "pattern"),
        ([[text("a")], [CALL], [text("c")]], "without `tool_result`"),
        ([[text("a")], [CALL], [RESULT, RESULT]], "unexpected"),
        ([[RESULT]], "unexpected"),
        ([[text("a")], [CALL], [text("c"), RESULT]], "come first"),
        ([[text("a")], [CALL, CALL], [RESULT, RESULT]], "unique"),
        ([[text("a")], [CALL], [RESULT], [CALL], [RESULT]], "unique"),
        ([[text("a", cache_control=SHORT), text("b", cache_control=HOUR)]], "must not come after"),
        ([[text(str(n), cache_control=SHORT) for n in range(5)]], "Found 5"),
    ],
    ids=str,
)
def test_rules__refuse_histories(turns: list[list[Json]], complaint: str) -> None:
    """Turns, calls and results must fit together, and markers stand in order."""
    assert complaint in str(complaint_about(body_of(*turns)))


def test_rules__refuse_a_first_turn_of_the_assistant() -> None:
    """A conversation begins with the user."""
    body = body_of([text("a")], [text("b")], [text("c")])
    del body["messages"][0]

    assert "first message" in str(complaint_about(body))


def test_rules__count_the_automatic_marker() -> None:
    """The top-level marker is one of four, and may not contradict the last block's."""
    four = [text(str(n), cache_control=SHORT) for n in range(4)]

    full = {**body_of([*four, text("tail")]), "cache_control": SHORT}
    other = {**body_of([text("a", cache_control=HOUR)]), "cache_control": SHORT}

    assert "Found 5" in str(complaint_about(full))
    assert "another ttl" in str(complaint_about(other))


@pytest.mark.parametrize("tools", [(READ, SUBMIT), ORCHESTRATOR, READERS, IMPLEMENTERS], ids=len)
def test_rules__accept_our_own_requests(tools: tuple[ToolSpec, ...]) -> None:
    """The full body of the window, with each list of tools and all four markers, is fine."""
    said = Message(role="assistant", blocks=({"type": "text", "text": "I look."},))
    turns = (user("brief", "task"), *((said, user("go on")) * 10))
    body = wire_body(request(*turns, tools=tools))

    assert str(body).count("cache_control") == 4
    assert complaint_about(body) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": ""}, 401),
        ({"authorization": "", "x-api-key": API_KEY}, 401),
        ({"anthropic-version": ""}, 400),
        ({"anthropic-version": "2031-01-01"}, 400),
    ],
)
def test_double__asks_for_its_headers(headers: dict[str, str], status: int) -> None:
    """A missing or wrong key is 401, as on the real service."""
    with MessagesApi(scenario({"text": "x"})) as api:
        answered_status, _ = post(api, body_of(), **headers)

    assert answered_status == status
    with pytest.raises(AssertionError, match=f"refused with {status}"):
        api.assert_done()


def test_double__knows_models_and_paths() -> None:
    """Unknown models and addresses are 404; garbage is 400."""
    with MessagesApi(scenario({"text": "x"})) as api:
        unknown_model = post(api, {**body_of(), "model": "gpt"})
        garbage = post(api, b"{")
        headers = {"authorization": f"Bearer {API_KEY}", "anthropic-version": "2026-10-21"}
        elsewhere = fetch(f"{api.url}/v1/else", headers)

    assert [unknown_model[0], garbage[0], elsewhere[0]] == [404, 400, 404]
    assert "not_found_error" in unknown_model[1]


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        (json.dumps(body_of([text("caf\udce9")])).encode(), 400, "low surrogate"),
        (b'{"a":"' + b"x" * 32_000_001 + b'"}', 413, "maximum size"),
        ({**body_of(), "diagnostics": {"previous_message_id": None}}, 400, "Extra inputs"),
    ],
    ids=["half a character", "too large", "trial without its header"],
)
def test_double__refuses_bodies(body: Json | bytes, status: int, complaint: str) -> None:
    """What the service does not read, and what it reads by a header only, is refused."""
    with MessagesApi(scenario({"text": "x"})) as api:
        answered_status, said = post(api, body)

    assert (answered_status, complaint in said) == (status, True)


def with_other_system(body: Body) -> None:
    """Change the system prompt."""
    body["system"] = [text("another")]


def with_other_brief(body: Body) -> None:
    """Change an answer that was already given to the model."""
    body["messages"][2]["content"][0]["content"] = "edited"


@pytest.mark.parametrize("edit", [with_other_system, with_other_brief])
def test_double__binds_replies_to_their_history(edit: Callable[[Body], None]) -> None:
    """Editing anything before a reply is refused, as preserved thinking does."""
    call: Json = {"name": "Read"}
    play = scenario({"tools": [call]}, {"tools": [call]}, {"text": "end"})
    history: Body = cast("Body", wire_body(request(user("brief", "task"))))

    with MessagesApi(play) as api:
        for _ in range(2):
            _, stream = post(api, history)
            (block,) = [
                json.loads(line.removeprefix("data: "))["content_block"]
                for line in stream.splitlines()
                if "content_block_start" in line and line.startswith("data")
            ]
            result = {"type": "tool_result", "tool_use_id": block["id"], "content": "x"}
            history["messages"] += [
                {"role": "assistant", "content": [block]},
                {"role": "user", "content": [result]},
            ]
        edited = deepcopy(history)
        edit(edited)
        refused = post(api, edited)
        accepted = post(api, history)

    assert refused[0] == 400
    assert "bound to a different conversation" in refused[1]
    assert accepted[0] == 200


def test_double__says_what_was_not_played() -> None:
    """A test that forgets half the story does not pass."""
    with MessagesApi(scenario({"text": "x"})) as api:
        pass

    with pytest.raises(AssertionError, match="begun 0 of 1 times"):
        api.assert_done()


def test_double__is_a_program_too(tmp_path: Path) -> None:
    """As a process it prints its address, plays, records, and reports what was left."""
    play = tmp_path / "play.yml"
    play.write_text("conversations: [{name: a, replies: [{text: hello}, {text: bye}]}]")
    record = tmp_path / "record.jsonl"
    command = [sys.executable, "-m", "tests.doubles.messages_api"]
    command += [str(play), "--record", str(record)]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"authorization": f"Bearer {API_KEY}", "anthropic-version": "2026-10-21"}
        data = json.dumps(body_of()).encode()
        status, stream = fetch(f"{url}/v1/messages", headers, data)
        _, complaints = process.communicate(timeout=20)

    assert status == 200
    assert "hello" in stream
    assert "reply 1 of conversation 'a' was never asked for" in complaints
    assert process.returncode == 1
    assert json.loads(record.read_text()) == body_of()
