"""Every way in which a neighbour can fail, played at its socket, and what becomes of the work.

Model rows go through the whole of one agent: loop, ledger, real window, HTTP. Forge rows go
through the real forge window. Time is a clock that steps, so nothing waits.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.agent import Agent
from orchestrator.agents.endings import Failed, FailureKind, Submitted
from orchestrator.agents.ledger import Ledger
from orchestrator.domain.errors import ForgeError
from orchestrator.domain.event import Event, ModelReplied
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.scenario import Scenario
from tests.doubles.clock import SteppingClock
from tests.doubles.github_faults import Fault
from tests.doubles.messages_api import MessagesApi
from tests.unit.agents.studio import Studio
from tests.unit.forge.rooms import TEXT, github
from tests.unit.llm.builders import claude
from tests.unit.tools.workshop import WORK

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json

SUBMIT: Json = {"name": "SubmitWork", "input": dict(WORK)}
READ: Json = {"name": "Read", "input": {"file_path": "a.txt"}}
LIMITED: Json = {"error": {"type": "rate_limit_error", "message": "slow down"}}
OVERLOADED: Json = {"error": {"type": "overloaded_error", "message": "Overloaded"}}
SPENT: Json = {"error": {"details": {"error_code": "enforced_spend_limit_reached"}}}
DECLINES: Json = {"stop_reason": "refusal", "stop_details": {"category": "cyber"}}
DONE: Json = {"tools": [SUBMIT]}
CUT: Json = {"tools": [READ], "truncated": True}
HOLOGRAM: Json = {
    "raw_blocks": [
        {"type": "hologram", "beams": [1]},
        {"type": "tool_use", "id": "toolu_x", "name": "Read", "input": {"file_path": "b.txt"}},
    ],
    "stop_reason": "tool_use",
}
MOST_WAITING_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault and the ending it must have; `None` means that the work is handed in."""

    faults: tuple[Json, ...] = ()
    """Of the second reply, one for each attempt."""
    replies: tuple[Json, ...] = ()
    """Instead of the second reply; every one of them is a reply of the conversation."""
    after: tuple[Json, ...] = ()
    """Replies of a second conversation."""
    fallbacks: tuple[str, ...] = ()
    ending: FailureKind | None = None
    requests: int
    """How many reach the service: none too few, and none for nothing."""


MODEL = {
    "429 with retry-after-ms": Row(
        faults=({"status": 429, "body": LIMITED, "headers": {"retry-after-ms": "250"}},), requests=3
    ),
    "429 without retry-after": Row(faults=({"status": 429, "body": LIMITED},), requests=3),
    "429 for an hour": Row(
        faults=({"status": 429, "body": LIMITED, "headers": {"retry-after": "3600"}},),
        ending=FailureKind.MODEL_UNAVAILABLE,
        requests=2,
    ),
    "529 storm that passes": Row(faults=({"status": 529, "body": OVERLOADED},) * 5, requests=7),
    "529 storm that stays": Row(
        faults=({"status": 529, "body": OVERLOADED},) * 6,
        ending=FailureKind.MODEL_UNAVAILABLE,
        requests=7,
    ),
    "529 storm that stays, with a fallback": Row(
        faults=({"status": 529, "body": OVERLOADED},) * 6,
        fallbacks=("claude-sonnet-5-5",),
        after=(DONE,),
        requests=8,
    ),
    "error after 200": Row(faults=({"body": OVERLOADED},), requests=3),
    "cut before it begins": Row(faults=({"cut_after_events": 0},), requests=3),
    "cut in the middle": Row(faults=({"cut_after_events": 4},), requests=3),
    "stall": Row(faults=({"stall_after_events": 3},), requests=3),
    "no message_stop": Row(faults=({"end_after_events": 6},), requests=3),
    "garbage instead of JSON": Row(faults=({"garble_after_events": 4},), requests=3),
    "call cut off by max_tokens": Row(replies=(CUT, DONE), requests=3),
    "call cut off twice": Row(
        replies=(CUT, CUT),
        ending=FailureKind.TRUNCATED,
        requests=3,
    ),
    "spend limit as 429": Row(
        faults=({"status": 429, "body": SPENT},), ending=FailureKind.BUDGET, requests=2
    ),
    "402": Row(faults=({"status": 402},), ending=FailureKind.BUDGET, requests=2),
    "401 of a key": Row(faults=({"status": 401},), ending=FailureKind.NOT_AUTHORISED, requests=2),
    "400": Row(faults=({"status": 400},), ending=FailureKind.MODEL_REJECTED, requests=2),
    "refusal without a fallback": Row(replies=(DECLINES,), ending=FailureKind.REFUSED, requests=2),
    "refusal with a fallback": Row(
        replies=(DECLINES,), fallbacks=("claude-sonnet-5-5",), after=(DONE,), requests=3
    ),
    "context window exceeded": Row(
        replies=({"text": "…", "stop_reason": "model_context_window_exceeded"},),
        after=(DONE,),
        requests=3,
    ),
    "pause_turn": Row(replies=({"text": "hm", "stop_reason": "pause_turn"}, DONE), requests=3),
    "unknown stop reason": Row(
        replies=({"text": "…", "stop_reason": "lunch_break"},),
        ending=FailureKind.UNKNOWN_STOP,
        requests=2,
    ),
    "unknown block type": Row(replies=(HOLOGRAM, DONE), requests=3),
}


@dataclass
class _Told:
    events: list[Event] = field(default_factory=list)


@pytest.mark.parametrize("name", MODEL)
def test_model__fault_has_its_ending(name: str, tmp_path: Path) -> None:
    """Work goes on where it can, ends by name where it cannot; all is billed, nobody waits long."""
    row, clock, told = MODEL[name], SteppingClock(), _Told()
    studio = Studio(tmp_path, fallbacks=row.fallbacks, clock=clock, ledger=Ledger())
    second: Json = {**DONE, "faults": list(row.faults)}  # type: ignore[dict-item]
    replies: list[Json] = [{"text": "I look.", "tools": [READ]}, *(row.replies or (second,))]
    parts: list[Json] = [
        {"name": "first", "when": {"not_contains": ["begun before you"]}, "replies": replies}
    ]
    if row.after:
        again: Json = {"contains": ["begun before you"]}
        parts.append({"name": "second", "when": again, "replies": list(row.after)})
    play = Scenario.parse({"conversations": parts}, source=name)

    with MessagesApi(play) as api, claude(api.url, clock=clock, read_s=0.2) as model:
        ending = Agent(
            model=model,
            ledger=studio.ledger,
            prices=LIST_PRICES,
            clock=clock,
            emit=told.events.append,
        ).run(studio.assignment())

    assert len(api.requests) == row.requests
    assert api.refusals == []
    if row.ending is None:
        assert isinstance(ending, Submitted)
    else:
        assert isinstance(ending, Failed)
        assert ending.kind is row.ending
        assert ending.hint
    spent = [event.usd for event in told.events if isinstance(event, ModelReplied)]
    assert sum(spent) == studio.ledger.spend.usd > 0
    assert sum(clock.sleeps) <= MOST_WAITING_S


FORGE = {
    "secondary rate limit": Fault(
        method="POST", path="/pulls", status=403, message="You have exceeded a secondary rate limit"
    ),
    "429 with retry-after": Fault(
        method="POST", path="/pulls", status=429, headers={"retry-after": "7"}
    ),
    "500": Fault(method="POST", path="/pulls", status=500),
    "502 after it was done": Fault(method="POST", path="/pulls", status=502, is_performed=True),
    "reset": Fault(method="POST", path="/pulls"),
    "reset after it was done": Fault(method="POST", path="/pulls", is_performed=True),
    "slow answer": Fault(method="POST", path="/pulls", slow_s=0.3),
    "503 on reading": Fault(method="GET", path="/pulls", times=2, status=503),
}


@pytest.mark.parametrize("name", FORGE)
def test_forge__fault_leaves_one_pull_request(name: str, tmp_path: Path) -> None:
    """A forge that stumbles is asked again, and never does a thing twice."""
    with github(tmp_path) as room:
        room.double.break_next(FORGE[name])
        room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert len(room.double.pull_requests) == 1
        assert sum(room.clock.sleeps) <= MOST_WAITING_S


def test_forge__that_stays_away_is_named(tmp_path: Path) -> None:
    """Patience ends with an error of the forge, after a bounded wait."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="GET", path="/", times=99, status=503))
        with contextlib.ExitStack() as stack:
            caught = stack.enter_context(pytest.raises(ForgeError))
            room.reader.issue(42)

        assert caught.value.hint
        assert sum(room.clock.sleeps) <= MOST_WAITING_S
