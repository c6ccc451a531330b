"""What the Messages API refuses, so that the double refuses it too.

Each rule returns the API's complaint, or nothing. They follow the documentation of API
version 2026-10-21 for the current models; no rule knows how our own window builds requests.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias, cast

from tests.doubles.messages_tools import tools_complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.domain.json import Json, JsonObject

Complaint: TypeAlias = str

_KNOWN = frozenset(
    {
        "model",
        "max_tokens",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "cache_control",
        "output_config",
        "thinking",
        "stream",
        "stop_sequences",
        "metadata",
        "service_tier",
        "speed",
        "inference_geo",
        "container",
        "diagnostics",
        "temperature",
        "top_p",
        "top_k",
        "user_profile_id",
        "workspace_id",
    }
)
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
_MAX_OUTPUT = 128_000
_MAX_OUTPUT_OF_OLDER = 64_000
_OLDER = ("claude-haiku-4-5", "claude-sonnet-4-5")
"""Models with half the output and no effort."""
_MAX_BREAKPOINTS = 4
_LIVES = frozenset({"5m", "1h"})
_OF_OUTPUT = frozenset({"effort", "format", "task_budget"})
_OF_THE_ASSISTANT = frozenset({"tool_use", "thinking", "redacted_thinking"})
_ID = re.compile(r"[a-zA-Z0-9_-]+")


def complaint_about(body: JsonObject, *, is_paused: bool = False) -> Complaint | None:
    """Return the first thing that is wrong with a request body, in the API's order.

    A conversation that `is_paused` ends with the assistant's turn, to be gone on with.
    """
    rules: tuple[Callable[[JsonObject], Complaint | None], ...] = (
        _unknown_fields,
        _sampling,
        _sizes,
        _thinking_and_effort,
        tools_complaint,
        _turns,
        *(() if is_paused else (_prefill,)),
        _blocks,
        _tool_results,
        _lives,
        _breakpoints,
    )
    for rule in rules:
        complaint = rule(body)
        if complaint is not None:
            return complaint
    return None


def _unknown_fields(body: JsonObject) -> Complaint | None:
    for key in body:
        if key not in _KNOWN:
            return f"{key}: Extra inputs are not permitted"
    return None


def _sampling(body: JsonObject) -> Complaint | None:
    for key in ("temperature", "top_p", "top_k"):
        if key in body:
            return f"{key}: this parameter is not supported in this API version"
    return None


def _sizes(body: JsonObject) -> Complaint | None:
    for key in ("model", "max_tokens", "messages"):
        if key not in body:
            return f"{key}: Field required"
    is_older = str(body["model"]).startswith(_OLDER)
    most = _MAX_OUTPUT_OF_OLDER if is_older else _MAX_OUTPUT
    if not 0 < cast("int", body["max_tokens"]) <= most:
        return f"max_tokens: {body['max_tokens']} is not from 1 to {most}"
    return None


def _thinking_and_effort(body: JsonObject) -> Complaint | None:
    thinking = cast("Mapping[str, Json]", body.get("thinking") or {})
    if thinking and (thinking.get("type") != "adaptive" or "budget_tokens" in thinking):
        return "thinking: this model only supports adaptive thinking"
    config = cast("Mapping[str, Json]", body.get("output_config") or {})
    for key in config:
        if key not in _OF_OUTPUT:
            return f"output_config.{key}: Extra inputs are not permitted"
    if "effort" in config and str(body["model"]).startswith(_OLDER):
        return "output_config.effort: this model does not support the effort parameter"
    if "effort" in config and config["effort"] not in _EFFORTS:
        return f"output_config.effort: {config['effort']!r} is not one of {sorted(_EFFORTS)}"
    return None


def _turns(body: JsonObject) -> Complaint | None:
    messages = cast("Sequence[JsonObject]", body["messages"])
    if not messages:
        return "messages: at least one message is required"
    for at, message in enumerate(messages):
        if message.get("role") not in {"user", "assistant"}:
            return f"messages.{at}.role: Input should be 'user' or 'assistant'"
    if messages[0].get("role") != "user":
        return "messages.0.role: the first message must use the user role"
    return None


def _prefill(body: JsonObject) -> Complaint | None:
    messages = cast("Sequence[JsonObject]", body["messages"])
    if messages[-1].get("role") == "assistant":
        return "This model does not support assistant message prefill."
    return None


def _blocks(body: JsonObject) -> Complaint | None:
    for place, block in located_blocks(body):
        complaint = _misplaced(block, is_users=".user." in place)
        if complaint is not None:
            return f"{place}: {complaint}"
    for at, message in enumerate(cast("Sequence[JsonObject]", body["messages"])):
        if not message.get("content"):
            return f"messages.{at}: all messages must have non-empty content"
    return None


def _misplaced(block: JsonObject, *, is_users: bool) -> Complaint | None:
    kind = block.get("type")
    rules = (
        (
            kind == "text" and not str(block.get("text") or "").strip(),
            "text content blocks must contain non-whitespace text",
        ),
        (
            kind == "text" and is_users and bool(block.get("citations")),
            "citations are not allowed in user messages",
        ),
        (
            kind in _OF_THE_ASSISTANT and is_users,
            f"`{kind}` blocks can only be in assistant messages",
        ),
        (
            kind in {"document", "tool_result"} and not is_users,
            f"{kind} blocks are not allowed in assistant messages",
        ),
        (
            kind == "tool_use" and not _ID.fullmatch(str(block.get("id"))),
            f"id: String should match pattern '{_ID.pattern}'",
        ),
        (
            "cache_control" in block and kind in {"thinking", "redacted_thinking"},
            "cache_control cannot be set on thinking blocks",
        ),
    )
    return next((complaint for is_wrong, complaint in rules if is_wrong), None)


def _tool_results(body: JsonObject) -> Complaint | None:
    seen: set[str] = set()
    open_calls: list[str] = []
    for at, message in enumerate(cast("Sequence[JsonObject]", body["messages"])):
        content = cast("Sequence[JsonObject]", message["content"])
        results = [str(b["tool_use_id"]) for b in content if b.get("type") == "tool_result"]
        missing = [call for call in open_calls if call not in results]
        if missing:
            return (
                f"messages.{at}: `tool_use` ids were found without `tool_result` blocks "
                f"immediately after: {', '.join(missing)}"
            )
        if sorted(results) != sorted(open_calls):
            return f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks"
        if any(block.get("type") == "tool_result" for block in content[len(results) :]):
            return f"messages.{at}: `tool_result` blocks must come first"
        open_calls = [str(b["id"]) for b in content if b.get("type") == "tool_use"]
        if len(set(open_calls)) != len(open_calls) or seen & set(open_calls):
            return f"messages.{at}: `tool_use` ids must be unique"
        seen.update(open_calls)
    return None


def _lives(body: JsonObject) -> Complaint | None:
    for place, marker in _markers(body):
        if not isinstance(marker, dict) or marker.get("type") != "ephemeral":
            return f"{place}.cache_control: Input should be of type 'ephemeral'"
        if ttl_of(marker) not in _LIVES:
            return f"{place}.cache_control.ttl: Input should be '5m' or '1h'"
    return None


def _breakpoints(body: JsonObject) -> Complaint | None:
    marked = [
        (place, ttl_of(block["cache_control"]))
        for place, block in located_blocks(body)
        if "cache_control" in block
    ]
    automatic = body.get("cache_control")
    last_place = [place for place, _ in located_blocks(body)][-1]
    if automatic is not None:
        if marked and marked[-1][0] == last_place and marked[-1][1] != ttl_of(automatic):
            return "cache_control: the last block is already marked with another ttl"
        marked.append(("cache_control", ttl_of(automatic)))
    if len(marked) > _MAX_BREAKPOINTS:
        return f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}."
    for (_, before), (place, after) in pairwise(marked):
        if before == "5m" and after == "1h":
            return f"{place}.cache_control.ttl: a ttl='1h' block must not come after a '5m' block"
    return None


def _markers(body: JsonObject) -> Iterator[tuple[str, Json]]:
    if "cache_control" in body:
        yield "body", body["cache_control"]
    for place, block in located_blocks(body):
        if "cache_control" in block:
            yield place, block["cache_control"]


def ttl_of(marker: Json) -> str:
    """Return the lifetime that a cache marker asks for."""
    return str(cast("Mapping[str, Json]", marker).get("ttl", "5m"))


def located_blocks(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield every tool and content block with its place, in rendering order."""
    for at, tool in enumerate(cast("Sequence[JsonObject]", body.get("tools") or ())):
        yield f"tools.{at}", tool
    for at, block in enumerate(cast("Sequence[JsonObject]", body.get("system") or ())):
        yield f"system.{at}", block
    for turn, message in enumerate(cast("Sequence[JsonObject]", body["messages"])):
        for at, block in enumerate(cast("Sequence[JsonObject]", message["content"])):
            yield f"messages.{turn}.{message['role']}.content.{at}", block
