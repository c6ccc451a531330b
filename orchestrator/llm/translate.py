"""From a request to the exact JSON of the wire.

Two promises make caching and preserved thinking work. First, the same request gives the
same bytes: keys come in a fixed order, tools by name, their schemas sorted; blocks of the
history are passed on verbatim, key order included. Second, the history is append-only:
apart from the cache markers, which move, request N is a prefix of request N+1.

Cache markers (at most four, the one-hour ones first):

1. the last system block: covers tools and system, shared by a group of agents;
2. the shared blocks of the first message, where more blocks follow: the repository brief that
   all agents of a run share, and in a review the change that all its lenses share;
3. a block behind the tail, five minutes: where the previous request ended, or fifteen
   blocks behind the end if that is further back. The service looks back twenty blocks from
   a marker, and a turn with many parallel calls adds more than that. It takes the place of
   the brief's where the change is marked, too;
4. the top-level automatic marker, five minutes, which follows the tail; for a service that
   does not know it, a marker on the last block.

The first two live for an hour where a conversation `has_followers` that begin too late for
anything shorter. All four do where the agent `may_idle`: where its commands take so long that
the conversation would have to be written anew after each. Everything else lives for five
minutes, and anew with each use.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from orchestrator.domain.message import Message, compact_json
from orchestrator.llm.capabilities import capabilities_of, effort_for, model_id
from orchestrator.llm.draft import is_blank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ModelRequest, ToolSpec

_LIFE_S: Mapping[str, float] = {"1h": 3_600.0, "5m": 300.0}
_ONE_HOUR: JsonObject = {"type": "ephemeral", "ttl": "1h"}
_FIVE_MINUTES: JsonObject = {"type": "ephemeral", "ttl": "5m"}
_BEHIND_TAIL = 15
_MOST_SHARED = 2
_NOTHING_SAID: JsonObject = {"type": "text", "text": "(no answer)"}
_MARKABLE = frozenset({"text", "image", "document", "tool_use", "tool_result"})


class Extra(StrEnum):
    """What makes a request better and can be left out: a pattern of the word that refuses it."""

    DIAGNOSTICS = r"diagnos\w*"
    """The question why a prefix was not found in the cache."""
    AUTOMATIC_MARKER = "cache_control"
    STRICT_TOOLS = "strict"
    """The service holds the input of a tool to its schema; we do in any case."""


NO_EXTRA: frozenset[Extra] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A request as it goes out: written once, however often it is sent."""

    model: str
    """By the vendor's own name."""
    shared: str
    """A digest of what this request shares with other agents: all up to the brief."""
    shared_life_s: float
    """How long the service keeps that after its last use."""
    _rest: tuple[bytes, ...]
    """What follows the model, between commas: a long history is copied once, when it is sent."""

    def encoded(self, *, served: str | None = None, **more: Json) -> bytes:
        """Return the body of `POST /v1/messages`.

        Args:
            served: What the provider calls the model, if not as the vendor does.
            more: Members that come last: `stream`, and what differs between requests.
        """
        first = b"{" + _member("model", served or self.model)
        last = b"".join(b"," + _member(name, value) for name, value in more.items()) + b"}"
        return b",".join((first, *self._rest[:-1], self._rest[-1] + last))


def translate(request: ModelRequest, *, without: frozenset[Extra] = NO_EXTRA) -> Wire:
    """Write a request down.

    Args:
        request: What is said so far.
        without: What this service does not know.
    """
    is_automatic = Extra.AUTOMATIC_MARKER not in without
    model = model_id(request.model)
    effort = effort_for(request.model, request.effort)
    head = [] if effort is None else [_member("output_config", {"effort": effort.value})]
    are_strict = Extra.STRICT_TOOLS not in without
    head += [_tools(request.tools, are_strict=are_strict)] if request.tools else []
    is_long = request.has_followers or request.may_idle
    head += [_system(request.system, is_long=is_long)] if request.system else []
    longest = min(request.max_tokens, capabilities_of(request.model).max_output_tokens)
    tail, shared = _marker(is_long=request.may_idle), _marker(is_long=is_long)
    return Wire(
        model=model,
        shared=_shared(model, head, request.messages),
        shared_life_s=_LIFE_S[str(shared["ttl"])],
        _rest=(
            _member("max_tokens", longest),
            *head,
            *_messages(request, shared, tail, ends_marked=not is_automatic),
            *([_member("cache_control", tail)] if is_automatic else []),
        ),
    )


def wire_body(request: ModelRequest) -> dict[str, Json]:
    """Return the body of `POST /v1/messages` as a value, without `stream`."""
    return cast("dict[str, Json]", json.loads(translate(request).encoded()))


def unmarked(value: Json) -> Json:
    """Return the value without any cache marker; everything else stays as it is."""
    if isinstance(value, Mapping):
        return {key: unmarked(part) for key, part in value.items() if key != "cache_control"}
    if isinstance(value, list | tuple):
        return [unmarked(part) for part in value]
    return value


def _member(name: str, value: Json) -> bytes:
    return f'"{name}":{compact_json(value)}'.encode("utf-8", "replace")


def _shared(model: str, head: Sequence[bytes], messages: Sequence[Message]) -> str:
    digest = hashlib.sha256(b"\n".join((model.encode(), *head)))
    first = messages[0].blocks if messages else ()
    if len(first) > 1:
        digest.update(compact_json(first[0]).encode("utf-8", "replace"))
    return digest.hexdigest()


@lru_cache(maxsize=16)
def _tools(specs: tuple[ToolSpec, ...], *, are_strict: bool) -> bytes:
    ordered = sorted(specs, key=lambda spec: spec.name)
    return _member("tools", [_tool(spec, is_strict=spec.strict and are_strict) for spec in ordered])


def _tool(spec: ToolSpec, *, is_strict: bool) -> JsonObject:
    tool: dict[str, Json] = {
        "name": spec.name,
        "description": spec.description,
        "input_schema": _sorted(spec.input_schema),
    }
    if is_strict:
        tool["strict"] = True
    return tool


def _sorted(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {
            key: _in_order(value[key]) if key == "properties" else _sorted(value[key])
            for key in sorted(value)
        }
    if isinstance(value, list | tuple):
        return [_sorted(part) for part in value]
    return value


def _in_order(parameters: Json) -> Json:
    """Keep parameters as they are declared: a model writes them in that order."""
    if isinstance(parameters, Mapping):
        return {name: _sorted(part) for name, part in parameters.items()}
    return parameters


def _marker(*, is_long: bool) -> JsonObject:
    return _ONE_HOUR if is_long else _FIVE_MINUTES


@lru_cache(maxsize=16)
def _system(texts: tuple[str, ...], *, is_long: bool) -> bytes:
    blocks: list[JsonObject] = [{"type": "text", "text": text} for text in texts]
    return _member("system", [*blocks[:-1], _marked(blocks[-1], _marker(is_long=is_long))])


def _messages(
    request: ModelRequest, shared: JsonObject, tail: JsonObject, *, ends_marked: bool
) -> list[bytes]:
    """Write the history: as it was written before, but for the few turns with a marker."""
    messages = request.messages
    contents = [message.blocks or (_NOTHING_SAID,) for message in messages]
    markers: dict[int, dict[int, JsonObject]] = {
        turn: {} for turn, message in enumerate(messages) if not message.blocks
    }
    shared_at, behind = _shared_places(contents, request.shared_blocks), _behind_tail(contents)
    if behind is not None and behind > (0, max(shared_at, default=-1)):
        turn, at = behind
        markers.setdefault(turn, {})[at] = tail
        shared_at = shared_at[-1:]
    if shared_at:
        markers.setdefault(0, {}).update(dict.fromkeys(shared_at, shared))
    end = _last_markable(contents) if ends_marked else None
    if end is not None:
        markers.setdefault(end[0], {})[end[1]] = tail
    turns = [message.turn_json for message in messages] or [b""]
    for turn, marked in markers.items():
        blocks = tuple(_with(contents[turn], marked))
        turns[turn] = Message(role=messages[turn].role, blocks=blocks).turn_json
    turns[0] = b'"messages":[' + turns[0]
    turns[-1] += b"]"
    return turns


def _with(blocks: Sequence[JsonObject], markers: Mapping[int, JsonObject]) -> list[JsonObject]:
    return [
        _marked(block, markers[at]) if at in markers else block for at, block in enumerate(blocks)
    ]


def _shared_places(contents: Sequence[Sequence[JsonObject]], shared_blocks: int) -> list[int]:
    first = contents[0] if contents else ()
    places = [at for at in range(min(shared_blocks, len(first) - 1)) if _is_markable(first[at])]
    return places[-_MOST_SHARED:]


def _behind_tail(contents: Sequence[Sequence[JsonObject]]) -> tuple[int, int] | None:
    """Return where marker 3 stands, or nothing while the conversation is short."""
    end = sum(map(len, contents))
    last = min(end - 1 - _BEHIND_TAIL, end - 1 - sum(map(len, contents[-2:])))
    return _last_markable(contents, last)


def _last_markable(
    contents: Sequence[Sequence[JsonObject]], last: int | None = None
) -> tuple[int, int] | None:
    """Return turn and place of the last block up to `last`, counted through, that may be marked."""
    end = sum(map(len, contents))
    last = end - 1 if last is None else last
    for turn in reversed(range(len(contents))):
        begin = end - len(contents[turn])
        for at in reversed(range(min(len(contents[turn]), last + 1 - begin))):
            if _is_markable(contents[turn][at]):
                return turn, at
        end = begin
    return None


def _is_markable(block: JsonObject) -> bool:
    return block.get("type") in _MARKABLE and not is_blank(block)


def _marked(block: JsonObject, marker: JsonObject) -> JsonObject:
    return {**block, "cache_control": marker}
