"""A reply in the making, from events in whatever pieces they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import MalformedReplyError
from orchestrator.domain.usage import Usage
from orchestrator.llm.draft import Draft, estimated_tokens

if TYPE_CHECKING:
    from orchestrator.domain.json import Json

CALL: Json = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
SIGNATURE = "c2lnbmF0dXJl" * 100


def test_draft__joins_halves_of_a_character_that_came_apart() -> None:
    """A character that the service cut in two between events is one character in the history."""
    draft = Draft()
    draft.add({"type": "content_block_start", "content_block": {"type": "text", "text": "a"}})
    for half in ("\ud83d", "\ude00", "\ud83d"):
        delta = {"type": "text_delta", "text": half}
        draft.add({"type": "content_block_delta", "index": 0, "delta": delta})

    assert draft.blocks() == ({"type": "text", "text": "a\U0001f600\ufffd"},)


def test_draft__gives_up_a_call_that_can_be_none_before_it_has_ended() -> None:
    """The rest of a long reply is not waited and paid for once its call is no JSON object."""
    draft = Draft()
    draft.add({"type": "content_block_start", "content_block": CALL})
    good, bad = ({"type": "input_json_delta", "partial_json": part} for part in ('{"a": [', "}"))
    draft.add({"type": "content_block_delta", "index": 0, "delta": good})

    with pytest.raises(MalformedReplyError, match="not a JSON object"):
        draft.add({"type": "content_block_delta", "index": 0, "delta": bad})


def test_draft__counts_thoughts_that_are_not_shown() -> None:
    """Of a hidden thought only its signature arrives: a stream cut after it was not for free."""
    draft = Draft()
    usage = {"input_tokens": 5, "output_tokens": 1}
    draft.add({"type": "message_start", "message": {"id": "msg_1", "usage": usage}})
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    draft.add({"type": "content_block_start", "content_block": thought})
    signed = {"type": "signature_delta", "signature": SIGNATURE}
    draft.add({"type": "content_block_delta", "index": 0, "delta": signed})

    assert draft.usage() == Usage(input_tokens=5, output_tokens=estimated_tokens(len(SIGNATURE)))


def _stopped(draft: Draft, reason: str) -> None:
    draft.add({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}})
    draft.add({"type": "message_stop"})


@pytest.mark.parametrize("text", ["", "\n\n", " \t"])
def test_draft__leaves_out_text_that_the_service_does_not_take_back(text: str) -> None:
    """A blank line before a call does not make every later request invalid."""
    draft = Draft()
    for block in ({"type": "text", "text": text}, CALL):
        draft.add({"type": "content_block_start", "content_block": block})

    assert [block["type"] for block in draft.blocks()] == ["tool_use"]


@pytest.mark.parametrize(
    ("reason", "signature", "kinds"),
    [
        ("max_tokens", "", ["text"]),
        ("max_tokens", SIGNATURE, ["thinking", "text"]),
        ("end_turn", "", ["thinking", "text"]),
    ],
    ids=["cut off", "signed", "not cut"],
)
def test_draft__leaves_out_a_thought_that_was_cut_off(
    reason: str, signature: str, kinds: list[str]
) -> None:
    """A thought without its signature cannot be sent back; every other one must be."""
    draft = Draft()
    thought: Json = {"type": "thinking", "thinking": "", "signature": signature}
    for block in (thought, {"type": "text", "text": "So far."}):
        draft.add({"type": "content_block_start", "content_block": block})
    _stopped(draft, reason)

    assert [block["type"] for block in draft.blocks()] == kinds


def test_draft__counts_the_time_of_a_thought_that_never_ended() -> None:
    """A stream that breaks inside of a hidden thought was thinking all the time, and is billed."""
    draft = Draft(most_tokens=7_000)
    usage = {"input_tokens": 5, "output_tokens": 1}
    draft.add({"type": "message_start", "message": {"id": "msg_1", "usage": usage}})
    before = draft.usage(elapsed_s=100.0).output_tokens
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    draft.add({"type": "content_block_start", "content_block": thought})
    during = draft.usage(elapsed_s=100.0).output_tokens
    at_most = draft.usage(elapsed_s=1_000.0).output_tokens
    signed = {"type": "signature_delta", "signature": SIGNATURE}
    draft.add({"type": "content_block_delta", "index": 0, "delta": signed})

    assert (before, during, at_most) == (1, 6_000, 7_000)
    assert draft.usage(elapsed_s=100.0).output_tokens == estimated_tokens(len(SIGNATURE))


def test_draft__counts_the_words_of_a_thought_that_is_shown() -> None:
    """A stream that breaks inside of it is billed for what was said, however long it took."""
    draft = Draft(most_tokens=7_000)
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    draft.add({"type": "content_block_start", "content_block": thought})
    words = {"type": "thinking_delta", "thinking": "Let me see."}
    draft.add({"type": "content_block_delta", "index": 0, "delta": words})

    assert draft.usage(elapsed_s=100.0).output_tokens == estimated_tokens(len("Let me see."))


@pytest.mark.parametrize("block", ["text", ["text"], 7, None], ids=repr)
def test_draft__refuses_a_block_that_is_none(block: Json) -> None:
    """Garbage in the place of a block is a broken reply, which is asked for again."""
    draft = Draft()

    with pytest.raises(MalformedReplyError, match="not as documented"):
        draft.add({"type": "content_block_start", "index": 0, "content_block": block})


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text"},
        {"type": "text", "text": 7},
        {"type": "tool_use", "name": "Read", "input": {}},
        {"type": "tool_use", "id": "toolu_1", "name": None, "input": {}},
    ],
    ids=repr,
)
def test_draft__refuses_a_block_without_what_makes_it_one(block: Json) -> None:
    """Nobody who reads a reply has to look whether its texts are texts and its calls have names."""
    draft = Draft()
    draft.add({"type": "content_block_start", "index": 0, "content_block": block})
    _stopped(draft, "tool_use")

    with pytest.raises(MalformedReplyError, match="not as documented"):
        draft.blocks()


@pytest.mark.parametrize("kind", ["content_block_delta", "message_delta"])
@pytest.mark.parametrize("delta", ["text", 7, None], ids=repr)
def test_draft__refuses_a_delta_that_is_none(delta: Json, kind: str) -> None:
    """Nor is garbage in the place of what is new a reason for a run to crash."""
    draft = Draft()
    draft.add({"type": "content_block_start", "content_block": {"type": "text", "text": ""}})

    with pytest.raises(MalformedReplyError, match="not as documented"):
        draft.add({"type": kind, "index": 0, "delta": delta})


def test_draft__takes_no_count_below_nothing() -> None:
    """A gateway that subtracts too much does not give back what others have spent."""
    draft = Draft()
    split: Json = {"ephemeral_5m_input_tokens": -20}
    counts = {"input_tokens": -5_000, "output_tokens": 1, "cache_creation_input_tokens": 10}
    usage: Json = {**counts, "cache_creation": split}
    draft.add({"type": "message_start", "message": {"id": "msg_1", "usage": usage}})

    assert draft.usage() == Usage(cache_write_1h_tokens=10, output_tokens=1)
