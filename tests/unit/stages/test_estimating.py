"""What a plan costs is said before its first task, and a plan that cannot be paid is not begun."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.event import (
    Entry,
    ModelReplied,
    PlanAccepted,
    RunEnded,
    StageEnded,
    StageStarted,
    WorkDropped,
)
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.usage import Usage
from orchestrator.domain.work_loss import Lost, LostSpend
from orchestrator.sandbox.git import Identity
from orchestrator.stages.implementation import implement
from orchestrator.stages.lease import Owner
from orchestrator.stages.planning import make_plan
from orchestrator.stages.results import Results
from orchestrator.stages.state import StateRef
from orchestrator.telemetry.checkpoint import Checkpoint
from tests.builders_git import git
from tests.doubles.clock import SteppingClock
from tests.end_to_end.play import implementer, planner
from tests.end_to_end.project import SETTINGS
from tests.unit.stages.house import a_plan

if TYPE_CHECKING:
    from orchestrator.domain.event import Event
    from tests.unit.stages.house import Furnish, House


def _leave_a_run(
    house: House, number: int, *earlier: Event, conclusion: Conclusion, usd: str = "0.4"
) -> None:
    """Leave the state of a run on another issue, as it stands in the repository."""
    stages = ("implementation", "testing", "review")
    events: list[Event] = [
        *earlier,
        PlanAccepted(plan=a_plan()),
        *(StageStarted(stage=stage) for stage in stages),
        _reply(usd),
        *(StageEnded(stage=stage, succeeded=True, summary="") for stage in stages),
        RunEnded(outcome=Outcome(conclusion=conclusion, summary="")),
    ]
    entries = [
        Entry(seq=seq, at="2026-01-01T00:00:00Z", elapsed_s=float(seq), event=event)
        for seq, event in enumerate(events, start=1)
    ]
    state = StateRef(
        house.repository,
        house.remote,
        issue_number=number,
        owner=Owner(run="earlier"),
        identity=Identity(name="bot", email="bot@example.com"),
        clock=SteppingClock(),
    )
    content = Checkpoint(entries).content()
    state.save(content, head=None)
    state.release(content, head=None)


def _lost(usd: str) -> WorkDropped:
    spent = LostSpend(
        agent="python-pro",
        stage="implementation",
        model="claude-opus-5-5",
        usage=Usage(output_tokens=1),
        usd=Decimal(usd),
        replies=1,
    )
    return WorkDropped(
        why=(), lost=(Lost.ALL,), tasks=(), head=None, change=None, summary="", spent=(spent,)
    )


def _reply(usd: str) -> ModelReplied:
    return ModelReplied(
        conversation="a/1",
        agent="python-pro",
        stage="implementation",
        task_id=1,
        model="claude-opus-5-5",
        effort=None,
        prompt_digest="",
        stop_reason="end_turn",
        usage=Usage(output_tokens=1),
        usd=Decimal(usd),
        attempts=1,
        request_id=None,
        duration_s=1.0,
    )


def test_price_plan__is_on_record_before_anything_is_implemented(furnish: Furnish) -> None:
    """The range stands in the journal with what is spent, the limit and what it rests on."""
    house = furnish(planner())

    results = make_plan(house.context, Results())

    assert results.stop is None
    found = house.journal.record.estimate
    assert found is not None
    assert Decimal(0) < found.spent_usd < found.low_usd < found.high_usd < found.limit_usd
    assert "a built-in prior, no earlier run to measure" in found.in_words
    assert f"{found.low_usd}–{found.high_usd} USD more" in found.in_words
    assert len(found.low_usd.as_tuple().digits) <= 2


def test_price_plan__stops_what_cannot_be_paid(furnish: Furnish) -> None:
    """A plan whose least cost is over the limit ends the run with advice; nobody works on it."""
    house = furnish(planner(), settings=f"{SETTINGS}limits: {{usd: 0.3}}\n")

    results = make_plan(house.context, Results())

    assert results.plan == a_plan()
    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED
    assert results.stop.failure_class is FailureClass.BUDGET_EXHAUSTED
    assert "Nothing was implemented." in results.stop.summary
    assert "`limits.usd`" in results.stop.hint
    assert house.journal.record.tasks == {}


def test_price_plan__is_asked_again_by_a_run_that_goes_on(furnish: Furnish) -> None:
    """A resumed run with a plan looks at the price of what is left, too."""
    house = furnish(settings=f"{SETTINGS}limits: {{usd: 0.3}}\n")

    results = make_plan(house.context, Results(plan=a_plan()))

    assert results.stop is not None
    assert results.stop.conclusion is Conclusion.BUDGET_EXHAUSTED


def test_price_plan__does_not_deny_what_is_done(furnish: Furnish) -> None:
    """A run that goes on, and cannot pay for the rest, has work on its branch all the same."""
    house = furnish(implementer(), settings=f"{SETTINGS}limits: {{usd: 0.3}}\n")
    implement(house.context, Results(plan=a_plan()))

    results = make_plan(house.context, Results(plan=a_plan()))

    assert results.stop is not None
    assert "Nothing more was implemented." in results.stop.summary


def test_price_plan__rests_on_runs_that_got_through(furnish: Furnish) -> None:
    """Other issues' finished runs count, failed ones, this issue's own and unreadable ones not.

    What one of them had spent on work that was given up is no part of what its plan cost.
    """
    house = furnish(planner())
    _leave_a_run(house, 7, _lost("50"), conclusion=Conclusion.SUCCESS)
    _leave_a_run(house, 8, conclusion=Conclusion.NEEDS_HUMAN)
    _leave_a_run(house, 9, conclusion=Conclusion.FAILURE)
    _leave_a_run(house, 42, conclusion=Conclusion.SUCCESS)

    git(house.bare, "update-ref", "refs/orchestrator/issue-6", house.base.commit)

    make_plan(house.context, Results())

    found = house.journal.record.estimate
    assert found is not None
    assert found.runs == 2
    assert found.low_usd < Decimal("0.4") < found.high_usd < Decimal(1)
    assert "measured on 2 earlier runs here" in found.in_words
