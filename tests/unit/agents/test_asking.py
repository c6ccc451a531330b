"""Limits before each request, and the bill after it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.endings import Failed, FailureKind, Submitted
from orchestrator.agents.ledger import Ledger, Limit
from orchestrator.domain.errors import (
    MalformedReplyError,
    ModelError,
    ModelRefusedError,
    ModelRejectedError,
    ModelUnavailableError,
    UsageError,
)
from orchestrator.domain.event import ModelReplied
from orchestrator.domain.usage import Spend, Usage
from tests.doubles.clock import SteppingClock
from tests.doubles.model import said
from tests.unit.agents.studio import DONE, Studio, read

if TYPE_CHECKING:
    from pathlib import Path

BILLED = Spend(usage=Usage(input_tokens=500), usd=Decimal("0.25"))


def replies_of(studio: Studio) -> list[ModelReplied]:
    """Return what the journal knows of the model's replies."""
    return [event for event in studio.events if isinstance(event, ModelReplied)]


def test_turns__are_counted_before_the_request(tmp_path: Path) -> None:
    """With two turns, exactly two requests go out."""
    studio = Studio(tmp_path, max_turns=2)

    ending = studio.run([said(read("a.txt")), said(read("b.txt")), DONE])

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.TURNS
    assert "'python-pro' used all its 2 turns" in ending.text
    assert "limits.agent.turns" in ending.hint
    assert len(studio.model.requests) == 2


def test_deadline__passed_sends_nothing(tmp_path: Path) -> None:
    """Work that comes too late costs nothing."""
    studio = Studio(tmp_path, deadline_s=0.0)

    ending = studio.run([DONE])

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.DEADLINE
    assert studio.model.requests == []


def test_deadline__during_the_work_ends_it(tmp_path: Path) -> None:
    """Time is looked at before each request, on the clock that was handed in."""
    studio = Studio(tmp_path, clock=SteppingClock(step_s=1.0), deadline_s=40.0)

    ending = studio.run([said(read(f"{n}.txt")) for n in range(40)])

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.DEADLINE
    assert 2 <= len(studio.model.requests) <= 10
    assert any("Four fifths" in text for text in studio.texts_sent())


def test_budget__is_checked_before_the_request(tmp_path: Path) -> None:
    """A request that could pass the limit is never sent."""
    studio = Studio(tmp_path, ledger=Ledger(run=Limit(usd=Decimal("0.01"))))

    ending = studio.run([DONE])

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.BUDGET
    assert ending.kind.ends_run
    assert ending.kind is FailureKind.BUDGET
    assert studio.model.requests == []
    assert studio.ledger.spend.usd == 0


def test_budget__a_reply_that_claims_to_be_free_is_charged_as_estimated(tmp_path: Path) -> None:
    """Usage reported as nothing cannot make an agent run for ever."""
    studio = Studio(tmp_path, ledger=Ledger(task=Limit(usd=Decimal("0.5"))), max_turns=1000)

    ending = studio.run([said(read(f"{n}"), usd="0", tokens=0) for n in range(100)])

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.BUDGET
    assert replies_of(studio)[0].usd > 0
    assert sum(reply.usd for reply in replies_of(studio)) == studio.ledger.spend.usd


def test_agents__beyond_the_limit_do_not_begin(tmp_path: Path) -> None:
    """Fan-out is an ending like any other limit, and costs nothing."""
    studio = Studio(tmp_path, ledger=Ledger(run=Limit(agents=0)))

    ending = studio.run([DONE])

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.BUDGET
    assert "limits.agents" in ending.hint
    assert studio.model.requests == []


def test_charge__goes_to_agent_stage_and_task(tmp_path: Path) -> None:
    """The journal and the ledger tell the same story."""
    studio = Studio(tmp_path)

    ending = studio.run([said(read("a.txt"), usd="0.30"), said(*DONE.message.blocks, usd="0.20")])

    assert isinstance(ending, Submitted)
    assert studio.ledger.spend.usd == Decimal("0.50")
    assert [reply.usd for reply in replies_of(studio)] == [Decimal("0.30"), Decimal("0.20")]
    assert {reply.stage for reply in replies_of(studio)} == {"implementation"}


@pytest.mark.parametrize(
    ("error", "kind", "ends_run"),
    [
        (ModelUnavailableError, FailureKind.MODEL_UNAVAILABLE, True),
        (ModelRejectedError, FailureKind.MODEL_REJECTED, True),
        (MalformedReplyError, FailureKind.MALFORMED, False),
        (ModelRefusedError, FailureKind.REFUSED, False),
        (ModelError, FailureKind.MODEL_UNAVAILABLE, True),
    ],
)
def test_failed_call__is_charged_reported_and_an_ending(
    error: type[ModelError], kind: FailureKind, tmp_path: Path, *, ends_run: bool
) -> None:
    """What a lost reply cost is on the bill, and the words for people survive."""
    studio = Studio(tmp_path)

    ending = studio.run([error("It broke.", hint="Look there.", spend=BILLED)])

    assert ending == Failed(kind=kind, text="It broke.", hint="Look there.")
    assert kind.ends_run is ends_run
    assert studio.ledger.spend == BILLED
    assert [reply.stop_reason for reply in replies_of(studio)] == [error.__name__]


def test_failed_call__without_a_bill_costs_nothing(tmp_path: Path) -> None:
    """Unknown cost of a call that never went out is none."""
    studio = Studio(tmp_path)

    studio.run([ModelUnavailableError("It broke.", hint="Look there.")])

    assert studio.ledger.spend.usd == 0


def test_request__carries_what_the_assignment_says(tmp_path: Path) -> None:
    """Model, effort, system text and tools never change within a conversation."""
    studio = Studio(tmp_path)

    studio.run([replace(said(read("a.txt")), message_id="msg_1"), DONE])

    # The service can say why its cache was missed only of a request that it is told of.
    named = [request.previous_message_id for request in studio.model.requests]
    assert named == [None, "msg_1"]
    assert {request.model for request in studio.model.requests} == {"opus"}
    assert {request.effort for request in studio.model.requests} == {studio.assignment().effort}
    assert {request.system for request in studio.model.requests} == {("The system text.",)}
    assert studio.model.requests[0].tools is studio.model.requests[1].tools


@pytest.mark.parametrize(("step_s", "kind"), [(0.0, None), (200.0, FailureKind.BUDGET)])
def test_budget__does_not_count_on_a_cache_that_is_gone(
    step_s: float, kind: FailureKind | None, tmp_path: Path
) -> None:
    """After a command that outlives the cache, the whole conversation is paid for anew."""
    studio = Studio(
        tmp_path,
        brief="long " * 56_000,
        clock=SteppingClock(step_s=step_s),
        ledger=Ledger(run=Limit(usd=Decimal("0.62"))),
    )
    usage = Usage(input_tokens=100_000)

    ending = studio.run([said(read("a.txt"), usd="0.2", usage=usage), DONE])

    assert (ending.kind if isinstance(ending, Failed) else None) is kind


def test_request__that_was_never_sent_is_not_held_against_anybody(tmp_path: Path) -> None:
    """A setting that keeps every request from going out leaves no money on hold."""
    studio = Studio(tmp_path)

    with pytest.raises(UsageError):
        studio.run([UsageError("No certificates.", hint="Name them.")])

    assert studio.ledger.under_way.usd == studio.ledger.spend.usd == 0
