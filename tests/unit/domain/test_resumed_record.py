"""What a resumed run takes over from the one before it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.change import Change
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.record import fold
from orchestrator.domain.usage import Usage
from orchestrator.domain.work_loss import Lost
from orchestrator.stages.laying_anew import all_dropped
from orchestrator.stages.losing import Loss
from tests.builders_events import run_started
from tests.unit.stages.house import a_plan

if TYPE_CHECKING:
    from orchestrator.domain.event import Event
    from orchestrator.domain.record import RunRecord

STARTED = run_started()
BEGUN = ev.TaskStarted(task_id=1, title="t", agent="a", stage="implementation", attempt=1)
DONE = ev.TaskEnded(task_id=1, attempt=1, status=ev.TaskStatus.DONE, summary="s")
REPLY = ev.ModelReplied(
    conversation="c",
    agent="a",
    stage="implementation",
    task_id=1,
    model="m",
    effort=None,
    prompt_digest="",
    stop_reason="end_turn",
    usage=Usage(output_tokens=5),
    usd=Decimal("0.5"),
    attempts=1,
    request_id=None,
    duration_s=1.0,
)


def moved(commit: str, *, task_id: int | None = None) -> ev.HeadMoved:
    """Return a move of the head."""
    change = Change(base="b", head=commit, tree="t", files=(), diff="")
    return ev.HeadMoved(commit=commit, change=change, task_id=task_id)


def folded(*events: Event) -> RunRecord:
    """Return what these events add up to."""
    return fold(
        ev.Entry(seq=seq, at="2026-01-01T00:00:00Z", elapsed_s=0.0, event=event)
        for seq, event in enumerate(events, start=1)
    )


@pytest.mark.parametrize(
    ("events", "head"),
    [
        ((BEGUN, moved("one", task_id=1)), None),
        ((BEGUN, moved("one", task_id=1), DONE), "one"),
        ((moved("one"), BEGUN, moved("two", task_id=1)), "one"),
        ((moved("one"), moved("two")), "two"),
    ],
    ids=["in between", "on record", "back by one", "for no task"],
)
def test_head__of_a_task_that_is_done_again_is_not_taken_over(
    events: tuple[Event, ...], head: str | None
) -> None:
    """A run that was stopped between a task's commit and its end does not meet its own change."""
    record = folded(STARTED, *events, STARTED)

    assert record.head == head
    assert (record.change.head if record.change else None) == head


def test_spend__of_earlier_runs_is_told_apart() -> None:
    """What the runs before have spent stays on record and is not this run's."""
    record = folded(STARTED, BEGUN, REPLY, STARTED, BEGUN, REPLY, REPLY)

    assert record.spend.usd == Decimal("1.5")
    assert (record.spend - record.spend_before).usd == Decimal("1.0")
    assert (record.spend - record.spend_before).usage.output_tokens == 10


def test_spend__of_work_that_is_lost_stays_on_record() -> None:
    """Money that went into an issue is told though nothing of the work counts any more."""
    before = folded(STARTED, BEGUN, REPLY)
    dropped = all_dropped(before, Loss(why=("the issue has changed",), lost=frozenset({Lost.ALL})))

    record = folded(STARTED, dropped, BEGUN, REPLY, REPLY)
    again = folded(STARTED, all_dropped(record, Loss()), REPLY)

    assert record.spend.usd == Decimal("1.5")
    assert (record.spend - record.spend_before).usd == Decimal("1.0")
    assert [(line.usd, line.task_id, line.is_lost) for line in record.spend_lines] == [
        (Decimal("0.5"), None, True),
        (Decimal("1.0"), 1, False),
    ]
    assert again.spend_before == record.spend
    assert again.spend.usd == Decimal("2.0")


def test_task__that_ended_without_a_beginning_is_unknown() -> None:
    """Whoever may push can write a journal: one that makes no sense ends no other issue's run."""
    assert folded(STARTED, DONE).tasks == {}


def test_note__that_is_said_again_is_kept_once() -> None:
    """Each run of an issue finds the same gaps; its page lists them once."""
    note = ev.Noted(level=NoteLevel.NOTICE, text="A gap.")

    assert folded(STARTED, note, STARTED, note).notes == (note,)


def test_task__that_a_new_plan_gave_up_stays_on_record() -> None:
    """A resumed run tells of the same failures as one that was not interrupted."""
    lost = DONE.model_copy(update={"status": ev.TaskStatus.FAILED})
    revised = ev.PlanRevised(plan=a_plan(), dropped=(1,), why="")

    assert folded(STARTED, BEGUN, lost, revised, STARTED).tasks[1].status is ev.TaskStatus.FAILED
    assert folded(STARTED, BEGUN, lost, STARTED).tasks == {}


def test_ready__is_said_of_a_commit_until_it_is_a_draft() -> None:
    """The word outlives the run that said it; once taken back it is nobody's but people's."""
    green = GateResult(gate="no_secrets", verdict=GateVerdict.PASSED, reason="", commit="c1")
    draft = ev.PullRequestPublished(number=5, url="", operation="updated", is_draft=True)
    ready = draft.model_copy(update={"is_draft": False})
    said = (STARTED, draft, ev.GatesEvaluated(results=(green,)), ready)

    assert folded(*said).ready_commit == "c1"
    assert folded(*said, STARTED).ready_commit == "c1"
    assert folded(*said, draft).ready_commit is None
    assert folded(*said, draft, STARTED).ready_commit is None


def test_resumed__has_pre_flight_still_before_it() -> None:
    """Nothing of an earlier run is touched before its pre-flight is passed anew."""
    stages = ("preflight", "planning")
    ends = [ev.StageEnded(stage=stage, succeeded=True, summary="") for stage in stages]
    begins = [ev.StageStarted(stage=stage) for stage in stages]

    record = folded(STARTED, begins[0], ends[0], begins[1], ends[1], STARTED)

    assert [stage.stage for stage in record.stages] == ["planning"]


@pytest.mark.parametrize(("ended", "known"), [((), set()), ((DONE,), {1})])
def test_verdicts__on_tests_of_a_task_that_is_done_again_are_not_taken_over(
    ended: tuple[Event, ...], known: set[int]
) -> None:
    """A run that was stopped before its tests were on the branch tells nobody what they prove."""
    judged = ev.TestsJudged(task_id=1, commit="c", verdicts=())

    assert set(folded(STARTED, BEGUN, judged, *ended, STARTED).verdicts) == known
