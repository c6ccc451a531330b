"""From a request to the exact JSON of the wire.

Two promises make caching and preserved thinking work. First, the same request gives the
same bytes: keys come in a fixed order, tools by name, their schemas sorted; blocks of the
history are passed on verbatim, key order included. Second, the history is append-only:
apart from the cache markers, which move, request N is a prefix of request N+1.

Cache markers (at most four, the one-hour ones first):

1. the last system block, one hour: covers tools and system, shared by a group of agents;
2. the first block of the first message, one hour, where more blocks follow: the
   repository brief that all agents of a run share;
3. a block behind the tail, five minutes: where the previous request ended, or fifteen
   blocks behind the end if that is further back. The service looks back twenty blocks from
   a marker, and a turn with many parallel calls adds more than that;
4. the top-level automatic marker, five minutes, which follows the tail.

The last two live for an hour as well where the agent `may_idle`: where its commands take so
long that the conversation would have to be written anew after each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from orchestrator.llm.capabilities import capabilities_of, effort_for, model_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import Message, ModelRequest, ToolSpec

_ONE_HOUR: JsonObject = {"type": "ephemeral", "ttl": "1h"}
_FIVE_MINUTES: JsonObject = {"type": "ephemeral", "ttl": "5m"}
_BEHIND_TAIL = 15
_NOTHING_SAID: JsonObject = {"type": "text", "text": "(no answer)"}
_MARKABLE = frozenset({"text", "image", "document", "tool_use", "tool_result"})


def wire_body(request: ModelRequest) -> dict[str, Json]:
    """Return the body of `POST /v1/messages`, without `stream`, which the caller adds."""
    body: dict[str, Json] = {
        "model": model_id(request.model),
        "max_tokens": min(request.max_tokens, capabilities_of(request.model).max_output_tokens),
    }
    effort = effort_for(request.model, request.effort)
    if effort is not None:
        body["output_config"] = {"effort": effort.value}
    if request.tools:
        body["tools"] = [_tool(spec) for spec in sorted(request.tools, key=lambda spec: spec.name)]
    if request.system:
        body["system"] = _system(request.system)
    tail = _ONE_HOUR if request.may_idle else _FIVE_MINUTES
    body["messages"] = _messages(request.messages, tail)
    body["cache_control"] = tail
    return body


def shared_prefix(body: Mapping[str, Json]) -> str:
    """Return a digest of what this request shares with other agents: all up to the brief."""
    first = cast("Sequence[JsonObject]", body["messages"])[0]
    content = cast("Sequence[Json]", first["content"])
    shared: dict[str, Json] = {**_head(body), "brief": content[0] if len(content) > 1 else None}
    return hashlib.sha256(_compact(unmarked(shared)).encode()).hexdigest()


def prefix_bytes(body: Mapping[str, Json]) -> bytes:
    """Return the bytes that the service's cache and its thinking check go by.

    Model, effort, tools, system and messages in the order the service renders them, cache
    markers taken off, the closing brackets left open: of two requests of one conversation
    the earlier one's bytes are a prefix of the later one's.
    """
    messages = cast("Sequence[JsonObject]", body["messages"])
    lines = [_compact(unmarked(_head(body)))]
    lines.extend(_compact(unmarked(message)) for message in messages)
    return "\n".join(lines).encode()


def _head(body: Mapping[str, Json]) -> dict[str, Json]:
    return {key: body.get(key) for key in ("model", "output_config", "tools", "system")}


def unmarked(value: Json) -> Json:
    """Return the value without any cache marker; everything else stays as it is."""
    if isinstance(value, Mapping):
        return {key: unmarked(part) for key, part in value.items() if key != "cache_control"}
    if isinstance(value, list | tuple):
        return [unmarked(part) for part in value]
    return value


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _tool(spec: ToolSpec) -> JsonObject:
    tool: dict[str, Json] = {
        "name": spec.name,
        "description": spec.description,
        "input_schema": _sorted(spec.input_schema),
    }
    if spec.strict:
        tool["strict"] = True
    return tool


def _sorted(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(part) for part in value]
    return value


def _system(texts: Sequence[str]) -> list[Json]:
    blocks: list[Json] = [{"type": "text", "text": _encodable(text)} for text in texts]
    blocks[-1] = _marked(cast("JsonObject", blocks[-1]), _ONE_HOUR)
    return blocks


def _messages(messages: Sequence[Message], tail: JsonObject) -> list[Json]:
    contents = [_blocks(message) for message in messages]
    places = [(turn, at) for turn, blocks in enumerate(contents) for at in range(len(blocks))]
    markers: dict[tuple[int, int], JsonObject] = {}
    if contents and len(contents[0]) > 1 and _is_markable(contents[0][0]):
        markers[0, 0] = _ONE_HOUR
    behind = _behind_tail(contents, places)
    if behind is not None:
        markers.setdefault(behind, tail)
    for (turn, at), marker in markers.items():
        contents[turn][at] = _marked(contents[turn][at], marker)
    return [
        {"role": message.role, "content": blocks}
        for message, blocks in zip(messages, contents, strict=True)
    ]


def _blocks(message: Message) -> list[JsonObject]:
    """Return what the service accepts: no empty turn, and no half characters from tools."""
    if not message.blocks:
        return [_NOTHING_SAID]
    if message.role == "assistant":
        return list(message.blocks)
    return [cast("JsonObject", _encodable(block)) for block in message.blocks]


def _encodable(value: Json) -> Json:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {key: _encodable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(part) for part in value]
    return value


def _behind_tail(
    contents: Sequence[Sequence[JsonObject]], places: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    """Return where marker 3 stands, or nothing while the conversation is short."""
    previous_end = sum(len(blocks) for blocks in contents[:-2]) - 1
    last = min(len(places) - 1 - _BEHIND_TAIL, previous_end)
    for turn, at in reversed(places[: max(0, last + 1)]):
        if _is_markable(contents[turn][at]):
            return turn, at
    return None


def _is_markable(block: JsonObject) -> bool:
    return block.get("type") in _MARKABLE and block.get("text") != ""


def _marked(block: JsonObject, marker: JsonObject) -> JsonObject:
    return {**block, "cache_control": marker}
