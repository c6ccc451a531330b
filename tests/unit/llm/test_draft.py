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
