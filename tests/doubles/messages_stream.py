"""A scripted reply as the server-sent events of the Messages API, whole or spoiled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from tests.doubles.http_server import ConnectionCut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from threading import Event

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.usage import Usage
    from orchestrator.llm.playback import Cue
    from orchestrator.llm.scenario import Fault

_PIECE = 48
"""Characters per delta."""
_LONGEST_STALL_S = 20.0


def reply_events(cue: Cue, *, model: str) -> Iterator[JsonObject]:
    """Yield the events of a whole reply, in the API's order."""
    usage = _start_usage(cue.usage)
    message: JsonObject = {
        "id": f"msg_{cue.first_message[:12]}_{cue.index}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    yield {"type": "message_start", "message": message}
    yield {"type": "ping"}
    for at, block in enumerate(cue.blocks):
        is_cut = cue.reply.truncated and at == len(cue.blocks) - 1
        yield from _block_events(at, block, is_cut=is_cut)
    yield {
        "type": "message_delta",
        "delta": {
            "stop_reason": cue.reply.ending,
            "stop_sequence": None,
            "stop_details": cast("Json", cue.reply.stop_details),
        },
        "usage": {
            "input_tokens": cue.usage.input_tokens,
            "cache_creation_input_tokens": usage["cache_creation_input_tokens"],
            "cache_read_input_tokens": cue.usage.cache_read_tokens,
            "output_tokens": cue.usage.output_tokens,
        },
    }
    yield {"type": "message_stop"}


def as_bytes(event: JsonObject) -> bytes:
    """Return one event as it goes over the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def whole(events: Iterator[JsonObject]) -> Iterator[bytes]:
    """Yield all events; every other one arrives in two parts, as on a real network."""
    for number, event in enumerate(events):
        data = as_bytes(event)
        half = len(data) // 2 if number % 2 else 0
        if half:
            yield data[:half]
        yield data[half:]


def spoiled(events: Iterator[JsonObject], fault: Fault, closing: Event) -> Iterator[bytes]:
    """Yield events up to the place where the fault strikes, then let it strike."""
    strikes = (
        (fault.cut_after_events, "cut"),
        (fault.stall_after_events, "stall"),
        (fault.garble_after_events, "garble"),
        (fault.end_after_events, "end"),
    )
    after, kind = next(((at, kind) for at, kind in strikes if at is not None), (3, "error"))
    for number, event in enumerate(events):
        if number == after:
            break
        yield as_bytes(event)
    match kind:
        case "cut":
            raise ConnectionCut
        case "stall":
            closing.wait(_LONGEST_STALL_S)
            raise ConnectionCut
        case "garble":
            yield b'event: message_delta\ndata: {"type": "message_de\n\n'
        case "error":
            yield as_bytes({"type": "error", **cast("Mapping[str, Json]", fault.body)})


def _start_usage(usage: Usage) -> dict[str, Json]:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m_tokens,
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        },
        "output_tokens": 1,
        "service_tier": "standard",
    }


def _block_events(at: int, block: JsonObject, *, is_cut: bool) -> Iterator[JsonObject]:
    start: dict[str, Json] = dict(block)
    deltas: list[JsonObject] = []
    match block.get("type"):
        case "text":
            start["text"] = ""
            deltas = [{"type": "text_delta", "text": part} for part in _parts(str(block["text"]))]
        case "thinking":
            start.update({"thinking": "", "signature": ""})
            thoughts = _parts(str(block["thinking"]))
            deltas = [{"type": "thinking_delta", "thinking": part} for part in thoughts]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use":
            start["input"] = {}
            text = json.dumps(block["input"])
            parts = _parts(text[: len(text) // 2] if is_cut else text)
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in ("", *parts)]
    yield {"type": "content_block_start", "index": at, "content_block": start}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": at, "delta": delta}
    yield {"type": "content_block_stop", "index": at}


def _parts(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
