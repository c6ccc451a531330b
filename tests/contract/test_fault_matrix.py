"""Every way in which the model can fail, played at its socket, and what becomes of the work.

A row goes through the whole of one agent: loop, ledger, real window, HTTP. Time is a clock
that steps, so nothing waits.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.agents.agent import Agent
from orchestrator.agents.endings import Failed, FailureKind, Submitted
from orchestrator.agents.ledger import Ledger
from orchestrator.domain.event import Event, ModelReplied, ToolAnswered
from orchestrator.domain.outcome import Conclusion
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.signin import Federation
from orchestrator.stages.endings import outcome_of_failure
from tests.doubles.clock import SteppingClock
from tests.doubles.identity import RUNNER_TOKEN, IdentityDouble
from tests.doubles.messages_api import MessagesApi
from tests.unit.agents.studio import Studio
from tests.unit.llm.builders import claude
from tests.unit.tools.workshop import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.llm.llm import Model
    from tests.unit.llm.builders import Connect

USAGE: Json = {"input_tokens": 1_000, "output_tokens": 100}
SUBMIT: Json = {"name": "SubmitWork", "input": dict(WORK)}
READ: Json = {"name": "Read", "input": {"file_path": "a.txt"}}
EDIT: Json = {
    "name": "Edit",
    "input": {"file_path": "a.txt", "old_string": "one", "new_string": "uno"},
}
NEVER: Json = {"name": "Write", "input": {"file_path": "never.txt", "content": "x"}}
LIMITED: Json = {"error": {"type": "rate_limit_error", "message": "slow down"}}
OVERLOADED: Json = {"error": {"type": "overloaded_error", "message": "Overloaded"}}
USED_UP: Json = {"error": {"message": "You have reached your specified API usage limits."}}
DECLINES: JsonObject = {"stop_reason": "refusal", "stop_details": {"category": "cyber"}}
WORKS: Json = {"text": "I look.", "tools": [READ, EDIT]}
DONE: Json = {"tools": [SUBMIT]}
CUT: JsonObject = {"text": "Well,", "tools": [NEVER, READ], "truncated": True}
HOLOGRAM: Json = {
    "raw_blocks": [
        {"type": "hologram", "beams": [1]},
        {"type": "tool_use", "id": "toolu_x", "name": "Read", "input": {"file_path": "b.txt"}},
    ],
    "stop_reason": "tool_use",
}
TOO_LONG: Json = {"error": {"message": "prompt is too long: 200001 tokens > 200000 maximum"}}
SONNET = ("claude-sonnet-5-5",)
MOST_WAITING_S = 600.0


def spent(code: str) -> Json:
    """Return the body of a limit that is named by its code."""
    return {"error": {"details": {"error_code": code}}}


def event(kind: str) -> Json:
    """Return a fault inside a stream that began well."""
    return {"body": {"error": {"type": kind, "message": "as the scenario wants it"}}}


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
    conclusion: Conclusion = Conclusion.FAILURE
    """Of a run that cannot do without this work; only with an `ending`."""
    requests: int
    """How many reach the service: none too few, and none for nothing."""
    billed: int
    """How many of them cost tokens: whole replies, and those that broke off."""
    has_identity: bool = False
    """Sign in with the workflow's identity instead of a key."""


def passes(fault: Json, *, bills: bool = False) -> Row:
    """Return the row of a fault that the next attempt does not meet again."""
    return Row(faults=(fault,), requests=3, billed=3 if bills else 2)


def ends(fault: Json, ending: FailureKind, conclusion: Conclusion, *, bills: bool = False) -> Row:
    """Return the row of a fault after which the service is not asked again."""
    billed = 2 if bills else 1
    return Row(faults=(fault,), ending=ending, conclusion=conclusion, requests=2, billed=billed)


AWAY = (FailureKind.MODEL_UNAVAILABLE, Conclusion.FAILURE)
BROKE = (FailureKind.BUDGET, Conclusion.BUDGET_EXHAUSTED)
SHUT = (FailureKind.NOT_AUTHORISED, Conclusion.BLOCKED)
WRONG = (FailureKind.MODEL_REJECTED, Conclusion.FAILURE)

MODEL = {
    # No answer, or one that says: later.
    "cut before it begins": passes({"cut_after_events": 0}),
    "408": passes({"status": 408}),
    "409": passes({"status": 409}),
    "429 with retry-after": passes(
        {"status": 429, "body": LIMITED, "headers": {"retry-after": "30"}}
    ),
    "429 with retry-after-ms": passes(
        {"status": 429, "body": LIMITED, "headers": {"retry-after-ms": "250"}}
    ),
    "429 without retry-after": passes({"status": 429, "body": LIMITED}),
    "429 for an hour": ends(
        {"status": 429, "body": LIMITED, "headers": {"retry-after": "3600"}}, *AWAY
    ),
    "429 of a steep ramp": passes({"status": 429, "body": spent("ramp_limit_exceeded")}),
    "429 without end": Row(
        faults=({"status": 429, "body": LIMITED, "headers": {"retry-after": "119"}},) * 9,
        ending=FailureKind.MODEL_UNAVAILABLE,
        requests=7,
        billed=1,
    ),
    "500": passes({"status": 500}),
    "502 of a proxy": passes({"status": 502, "body": "<html>bad gateway</html>"}),
    "503 that is final": ends({"status": 503, "headers": {"x-should-retry": "false"}}, *AWAY),
    "504": passes({"status": 504}),
    "529 storm that passes": Row(
        faults=({"status": 529, "body": OVERLOADED},) * 5, requests=7, billed=2
    ),
    "529 storm that stays": Row(
        faults=({"status": 529, "body": OVERLOADED},) * 6,
        ending=FailureKind.MODEL_UNAVAILABLE,
        requests=7,
        billed=1,
    ),
    "529 storm that stays, with a fallback": Row(
        faults=({"status": 529, "body": OVERLOADED},) * 6,
        fallbacks=SONNET,
        after=(DONE,),
        requests=8,
        billed=2,
    ),
    # An answer that began well.
    "overloaded after 200": passes({"body": OVERLOADED}, bills=True),
    "API error after 200": passes(event("api_error"), bills=True),
    "timeout after 200": passes(event("timeout_error"), bills=True),
    "rate limit after 200": passes(event("rate_limit_error"), bills=True),
    "no credit after 200": ends(event("billing_error"), *BROKE, bills=True),
    "spend limit after 200": ends(
        {"body": spent("enforced_spend_limit_reached")}, *BROKE, bills=True
    ),
    "error without a name after 200": passes({"body": {"error": "?"}}, bills=True),
    "unknown error after 200": ends(event("lunch_error"), *WRONG, bills=True),
    "cut in the middle": passes({"cut_after_events": 4}, bills=True),
    "stall": passes({"stall_after_events": 3}, bills=True),
    # A reply that is whole is not paid for twice.
    "cut after the whole reply": Row(faults=({"cut_after_events": 99},), requests=2, billed=2),
    "stall after the whole reply": Row(faults=({"stall_after_events": 99},), requests=2, billed=2),
    "no message_stop": passes({"end_after_events": 6}, bills=True),
    "no message_stop, ever": Row(
        faults=({"end_after_events": 6},) * 6,
        ending=FailureKind.MALFORMED,
        requests=7,
        billed=7,
    ),
    "garbage instead of JSON": passes({"garble_after_events": 4}, bills=True),
    "cut in every way": Row(
        faults=(
            {"cut_after_events": 3},
            {"garble_after_events": 4},
            {"status": 500},
            {"end_after_events": 4},
            {"body": OVERLOADED},
        ),
        requests=7,
        billed=6,
    ),
    # Calls that are not whole.
    "call cut off by max_tokens": Row(replies=(CUT, DONE), requests=3, billed=3),
    "call cut off twice": Row(
        replies=(CUT, CUT), ending=FailureKind.TRUNCATED, requests=3, billed=3
    ),
    "call cut off in a reply that wants it run": Row(
        replies=({**CUT, "stop_reason": "tool_use"},),
        ending=FailureKind.MALFORMED,
        requests=7,
        billed=7,
    ),
    # What will not pass.
    "spend limit as 429": ends(
        {"status": 429, "body": spent("enforced_spend_limit_reached")}, *BROKE
    ),
    "contract's limit as 429": ends(
        {"status": 429, "body": spent("contract_spend_limit_reached")}, *BROKE
    ),
    "usage limit as 400": ends({"status": 400, "body": USED_UP}, *BROKE),
    "402": ends({"status": 402}, *BROKE),
    "401 of a key": ends({"status": 401}, *SHUT),
    "401 of an access token": Row(
        faults=({"status": 401},), has_identity=True, requests=3, billed=2
    ),
    "401 of an access token, in the stream": Row(
        faults=(event("authentication_error"),), has_identity=True, requests=3, billed=3
    ),
    "401 of every access token": Row(
        faults=({"status": 401},) * 2,
        has_identity=True,
        ending=FailureKind.NOT_AUTHORISED,
        conclusion=Conclusion.BLOCKED,
        requests=3,
        billed=1,
    ),
    "403": ends({"status": 403}, *SHUT),
    "404": ends({"status": 404}, *AWAY),
    "400": ends({"status": 400}, *WRONG),
    "413": Row(faults=({"status": 413},), after=(DONE,), requests=3, billed=2),
    "prompt too long as 400": Row(
        faults=({"status": 400, "body": TOO_LONG},), after=(DONE,), requests=3, billed=2
    ),
    "422": ends({"status": 422}, *WRONG),
    # Whole replies that end otherwise than with a call or a last word.
    "refusal without a fallback": Row(
        replies=(DECLINES,), ending=FailureKind.REFUSED, requests=2, billed=2
    ),
    "refusal with a fallback": Row(
        replies=(DECLINES,), fallbacks=SONNET, after=(DONE,), requests=3, billed=3
    ),
    "refusal with a fallback that refuses": Row(
        replies=(DECLINES,),
        fallbacks=SONNET,
        after=(DECLINES,),
        ending=FailureKind.REFUSED,
        requests=3,
        billed=3,
    ),
    "refusal after a call": Row(
        replies=({**DECLINES, "tools": [NEVER]},),
        ending=FailureKind.REFUSED,
        requests=2,
        billed=2,
    ),
    "context window exceeded": Row(
        replies=({"text": "…", "tools": [NEVER], "stop_reason": "model_context_window_exceeded"},),
        after=(DONE,),
        requests=3,
        billed=3,
    ),
    "pause_turn": Row(
        replies=({"text": "hm", "stop_reason": "pause_turn"}, DONE), requests=3, billed=3
    ),
    "pause_turn without end": Row(
        replies=tuple({"text": f"hm {n}", "stop_reason": "pause_turn"} for n in range(6)),
        ending=FailureKind.UNKNOWN_STOP,
        requests=7,
        billed=7,
    ),
    "nothing said": Row(replies=({"text": ""}, DONE), requests=3, billed=3),
    "nothing said twice": Row(
        replies=({"text": ""},) * 2, ending=FailureKind.NO_RESULT, requests=3, billed=3
    ),
    "unknown stop reason": Row(
        replies=({"text": "…", "tools": [NEVER], "stop_reason": "lunch_break"},),
        ending=FailureKind.UNKNOWN_STOP,
        requests=2,
        billed=2,
    ),
    "unknown block type": Row(replies=(HOLOGRAM, DONE), requests=3, billed=3),
}
LATER = {FailureKind.MODEL_UNAVAILABLE, FailureKind.BUDGET}
"""What a person can wait out or pay for: the run goes on where it stopped."""


@dataclass
class _Told:
    events: list[Event] = field(default_factory=list)

    def tools(self) -> list[str]:
        return [each.tool for each in self.events if isinstance(each, ToolAnswered)]

    def usd(self) -> Decimal:
        paid = (each.usd for each in self.events if isinstance(each, ModelReplied))
        return sum(paid, Decimal(0))


def played(row: Row, name: str) -> Scenario:
    """Return the story of a row: some work, then the fault."""
    second: Json = {**DONE, "faults": list(row.faults)}  # type: ignore[dict-item]
    parts: list[Json] = []
    for which, replies in (
        ("not_contains", (WORKS, *(row.replies or (second,)))),
        ("contains", row.after),
    ):
        priced: list[Json] = [{**reply, "usage": USAGE} for reply in replies]  # type: ignore[dict-item]
        when: Json = {which: ["begun before you"]}
        parts += [{"name": which, "when": when, "replies": priced}] if priced else []
    return Scenario.parse({"conversations": parts}, source=name)


@contextlib.contextmanager
def service(
    row: Row, play: Scenario, clock: SteppingClock, connect: Connect
) -> Iterator[tuple[MessagesApi, Model]]:
    """Open the double, and the real window in front of it."""
    with MessagesApi(play) as api:
        if not row.has_identity:
            read_s = 1.5 if "stall" in str(row.faults) else 20.0
            with claude(api.url, clock=clock, read_s=read_s, connect=connect) as model:
                yield api, model
            return
        with IdentityDouble(behind=api) as double:
            identity = Federation(
                rule_id="fdrl_1",
                organization_id="org-1",
                request_url=f"{double.url}/identity",
                request_token=SecretStr(RUNNER_TOKEN),
            )
            with claude(double.url, clock=clock, sign_in=identity, connect=connect) as model:
                yield api, model
            assert len(double.exchanges) == 2


@pytest.mark.parametrize("name", MODEL)
def test_model__fault_has_its_ending(name: str, tmp_path: Path, connect: Connect) -> None:
    """Work goes on where it can, ends by name where it cannot; all is billed, nobody waits long."""
    row, clock, told = MODEL[name], SteppingClock(), _Told()
    studio = Studio(tmp_path, fallbacks=row.fallbacks, clock=clock, ledger=Ledger())

    with service(row, played(row, name), clock, connect) as (api, model):
        ending = Agent(
            model=model,
            ledger=studio.ledger,
            prices=LIST_PRICES,
            clock=clock,
            emit=told.events.append,
        ).run(studio.assignment())

    assert len(api.requests) == row.requests
    assert api.refusals == []
    # What was done stands, was done once, and what was not to be done was not.
    assert (tmp_path / "tree" / "a.txt").read_text() == "uno\n"
    assert told.tools().count("Edit") == 1
    assert not (tmp_path / "tree" / "never.txt").exists()
    # Every attempt is on the bill, and the journal says the same.
    assert studio.ledger.spend.usage.input_tokens == 1_000 * row.billed
    assert told.usd() == studio.ledger.spend.usd
    assert sum(clock.sleeps) <= MOST_WAITING_S
    if row.ending is None:
        assert isinstance(ending, Submitted)
        return
    assert isinstance(ending, Failed)
    assert ending.kind is row.ending
    outcome = outcome_of_failure(ending, who="python-pro")
    assert outcome.conclusion is row.conclusion
    assert outcome.exit_code != 0
    assert ending.kind not in LATER or "run again" in outcome.hint


def test_model__attempts_of_one_request_are_the_same_bytes(
    tmp_path: Path, connect: Connect
) -> None:
    """What is sent again is what was sent: nothing that the service holds in its cache is lost."""
    row, clock = MODEL["cut in every way"], SteppingClock()
    studio = Studio(tmp_path, clock=clock)

    with service(row, played(row, "again"), clock, connect) as (api, model):
        studio.work_with(model)

    bodies = [received.body for received in api.received if received.method == "POST"]
    assert len(bodies) == 7
    assert len(set(bodies[1:])) == 1
