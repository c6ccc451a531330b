"""How much stands before an agent's own work: every conversation pays for it."""

from __future__ import annotations

import json

import pytest

from orchestrator.agents.roles import BUILT_IN
from orchestrator.domain.message import Effort, Message, ModelRequest
from orchestrator.domain.role import RoleKind
from orchestrator.llm.draft import estimated_tokens
from orchestrator.llm.translate import wire_body
from orchestrator.rendering.prompts import render_role, render_system
from orchestrator.rendering.templates import Templates
from orchestrator.tools.toolbox import shown_to

MOST_TOKENS = 6_000
TEMPLATES = Templates()
WRITERS = [name for name, role in BUILT_IN.items() if role.kind.can_write]


def first_request(name: str) -> bytes:
    """Return tools, system and first message as they go over the wire, without any material."""
    role = BUILT_IN[name]
    text = render_role(TEMPLATES, role, turns=80)
    body = wire_body(
        ModelRequest(
            model="opus",
            effort=Effort.MEDIUM,
            system=render_system(TEMPLATES, role.kind),
            tools=shown_to(role.kind),
            messages=(Message(role="user", blocks=({"type": "text", "text": text},)),),
        )
    )
    shared = {key: body[key] for key in ("tools", "system", "messages")}
    return json.dumps(shared, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", WRITERS)
def test_first_request__of_a_writer_leaves_room_for_the_work(name: str) -> None:
    """At 2.8 bytes a token, which errs on the side of more, it is at most 6,000 tokens."""
    assert estimated_tokens(len(first_request(name))) <= MOST_TOKENS


def test_first_request__shares_tools_and_system_byte_for_byte() -> None:
    """All roles of a group begin alike: one of them pays for the cache entry, the others read."""
    heads = {
        kind: {
            json.dumps([body["tools"], body["system"]])
            for name, role in BUILT_IN.items()
            if role.kind in kind
            for body in [json.loads(first_request(name))]
        }
        for kind in (
            (RoleKind.IMPLEMENTER, RoleKind.TESTER),
            (RoleKind.READER, RoleKind.REVIEWER),
        )
    }

    assert [len(heads_of_group) for heads_of_group in heads.values()] == [1, 1]
