"""What is said of the work equals what happened in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.change import Change, FileChange, FileStatus
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.record import RunRecord
from orchestrator.domain.review import (
    Finding,
    FixEnding,
    FixRound,
    Lens,
    ReviewPass,
    Severity,
    Standing,
    Verdict,
)
from orchestrator.metrics import work_metrics
from tests.builders_events import run_started
from tests.unit.metrics.story import checks, gated, head_moved, record, task_started, whole


def _written(task_id: int, attempt: int, lines: int, status: ev.TaskStatus) -> ev.TaskEnded:
    """End an attempt that left that many lines."""
    file = FileChange(path="a.js", status=FileStatus.MODIFIED, added_lines=lines, removed_lines=0)
    change = Change(base="b" * 40, head="c" * 40, tree="t", files=(file,))
    return ev.TaskEnded(task_id=task_id, attempt=attempt, status=status, summary="", change=change)


def _finding(claim: str, standing: Standing, severity: Severity = Severity.BLOCKING) -> Finding:
    return Finding(
        severity=severity,
        path="a",
        line=1,
        quote="",
        claim=claim,
        evidence="",
        suggestion="",
        standing=standing,
    )


def _reviewed(*passes: ReviewPass) -> RunRecord:
    """Return a run with these passes."""
    return RunRecord(reviews=passes)


def test_rework__counts_every_attempt() -> None:
    """5 lines are left of 4 that failed, 5 that did not, and 3 that a fix wrote: 12 - 5 of 5."""
    found = work_metrics.rework(
        record(
            run_started(),
            task_started(1, attempt=1),
            _written(1, 1, 4, ev.TaskStatus.FAILED),
            task_started(1, attempt=2),
            _written(1, 2, 5, ev.TaskStatus.DONE),
            task_started(1001, attempt=1),
            _written(1001, 1, 3, ev.TaskStatus.DONE),
            head_moved(),
        )
    )

    assert (found.lines_written, found.index, found.attempts) == (12, 1.4, 3)


def test_rework__without_a_change_has_no_index() -> None:
    """What was thrown away whole is no rework of nothing."""
    assert work_metrics.rework(RunRecord()).index is None


def test_times__are_told_apart() -> None:
    """Three test runs of 2.5 s, of which none is setup; the model's and the tools' beside them."""
    found = work_metrics.times(whole())

    assert (found.setup_s, found.model_s, found.tools_s, found.tests_s) == (0.0, 3.75, 0.5, 7.5)
    assert found.queue_s is None


@pytest.mark.parametrize(
    ("asked", "operation", "opened", "expected"),
    [
        ("2026-01-01T00:00:00Z", "created", "2026-01-01T00:05:30Z", 330.0),
        ("2026-01-01T00:00:00Z", "updated", "2026-01-01T00:05:30Z", None),
        ("2026-01-01T00:00:00Z", "created", "2025-12-31T00:00:00Z", None),
        ("2026-01-01T00:00:00Z", "created", "", None),
        ("", "created", "2026-01-01T00:05:30Z", None),
    ],
)
def test_asked_to_pr__goes_by_the_forges_clock(
    asked: str, operation: str, opened: str, expected: float | None
) -> None:
    """A request that was there before, or a time that nobody told, is not measured."""
    published = {"number": 5, "url": "", "operation": operation, "is_draft": True}
    event = ev.PullRequestPublished.model_validate({**published, "created_at": opened})

    assert work_metrics.asked_to_pr_s(record(run_started(triggered_at=asked), event)) == expected


def test_asked_to_pr__begins_with_the_first_run() -> None:
    """Whoever answers a question or starts again has waited since they asked at first."""
    opened = ev.PullRequestPublished(
        number=5, url="", operation="created", is_draft=True, created_at="2026-01-02T00:00:00Z"
    )
    again = opened.model_copy(update={"created_at": "2026-01-03T00:00:00Z"})
    first = run_started(triggered_at="2026-01-01T00:00:00Z")
    second = run_started(triggered_at="2026-01-01T23:59:00Z")

    story = record(first, second, opened, again)

    assert work_metrics.asked_to_pr_s(story) == 86_400.0
    assert work_metrics.times(story).queue_s == 0.0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2025-12-31T23:59:30Z", 30.0),
        ("2026-01-01T01:00:05+01:00", 0.0),
        ("yesterday", None),
        ("2025-12-31T23:59:30", None),
        ("", None),
    ],
)
def test_queue__is_between_event_and_run(asked: str, expected: float | None) -> None:
    """Clocks that disagree wait no negative time; an event without a time waits an unknown one."""
    story = record(run_started(triggered_at=asked))

    assert work_metrics.times(story).queue_s == expected


def test_reviews__precision_is_of_what_was_verified() -> None:
    """Two stood, one did not, one was never put to anybody, two had no quote: 2 of 3."""
    first = ReviewPass(
        lens=Lens.SECURITY,
        round=1,
        tree="t1",
        verdict=Verdict.CHANGES,
        findings=(
            _finding("one", Standing.VERIFIED),
            _finding("two", Standing.VERIFIED, Severity.ADVISORY),
            _finding("three", Standing.UNVERIFIED, Severity.ADVISORY),
        ),
        dropped=("no quote", "no quote either"),
        refuted=(_finding("four", Standing.REFUTED),),
    )
    last = first.model_copy(
        update={"round": 2, "tree": "t2", "findings": (), "dropped": (), "refuted": ()}
    )
    fix = FixRound(lens=Lens.SECURITY, round=1, before="t1", after="t2", ending=FixEnding.KEPT)

    found = work_metrics.reviews(RunRecord(reviews=(first, last), fix_rounds=(fix,)))

    assert found is not None
    assert found.model_dump() == {
        "raised": 6,
        "dropped": 2,
        "refuted": 1,
        "verified": 2,
        "fixed": 1,
        "precision": 66.67,
    }
    undone = replace(
        _reviewed(first, last), fix_rounds=(fix.model_copy(update={"ending": FixEnding.UNDONE}),)
    )
    assert (again := work_metrics.reviews(undone)) is not None
    assert again.fixed == 0


def test_reviews__fix_of_one_lens_is_not_another_s() -> None:
    """What another lens found on the same tree was not mended by the fix, whatever comes after."""
    security, style = (
        ReviewPass(
            lens=lens,
            round=1,
            tree="t1",
            verdict=Verdict.CHANGES,
            findings=(_finding(str(lens), Standing.VERIFIED),),
            dropped=(),
        )
        for lens in (Lens.SECURITY, Lens.STYLE)
    )
    later = [
        one.model_copy(update={"round": 2, "tree": "t2", "findings": ()})
        for one in (security, style)
    ]
    fix = FixRound(lens=Lens.STYLE, round=1, before="t1", after="t2", ending=FixEnding.KEPT)

    found = work_metrics.reviews(RunRecord(reviews=(security, style, *later), fix_rounds=(fix,)))

    assert found is not None
    assert found.fixed == 1


def test_reviews__finding_that_counts_for_less_is_raised_once() -> None:
    """What was kept as advice, with a sentence on why it is no more, is one finding and not two."""
    advice = ReviewPass(
        lens=Lens.SECURITY,
        round=1,
        tree="t1",
        verdict=Verdict.APPROVE,
        findings=(_finding("one", Standing.UNVERIFIED, Severity.ADVISORY),),
        dropped=("a.py:1: without evidence it cannot block; kept as advisory.", "no quote"),
        raised=2,
    )

    assert (found := work_metrics.reviews(_reviewed(advice))) is not None
    assert (found.raised, found.dropped) == (2, 1)


def test_reviews__unknown_when_nobody_looked() -> None:
    """No review is not a review without findings, and nothing verified has no precision."""
    assert work_metrics.reviews(RunRecord()) is None
    looked = ReviewPass(
        lens=Lens.STYLE, round=1, tree="t", verdict=Verdict.APPROVE, findings=(), dropped=()
    )
    assert (found := work_metrics.reviews(_reviewed(looked))) is not None
    assert (found.raised, found.precision) == (0, None)


def test_interventions__name_what_is_left() -> None:
    """A gate without evidence, a failed task and the failure itself are left to people."""
    outcome = Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.TEST_FLAKINESS,
        summary="",
    )
    story = record(
        run_started(),
        task_started(1, attempt=1),
        _written(1, 1, 1, ev.TaskStatus.FAILED),
        checks("head", a="failed"),
        head_moved(),
        gated(GateVerdict.NO_EVIDENCE),
        ev.RunEnded(outcome=outcome),
    )

    assert work_metrics.interventions(story) == (
        "gate:no_secrets",
        "task:1",
        "failure:test_flakiness",
    )
    assert work_metrics.interventions(whole()) == ()


def test_interventions__are_none_for_what_was_planned_anew() -> None:
    """A failed task that the revised plan does in another way is nothing for people to do."""
    told = record(
        run_started(), task_started(1, attempt=1), _written(1, 1, 1, ev.TaskStatus.FAILED)
    )
    plan = whole().plan
    assert plan is not None
    anew = ev.PlanRevised(plan=plan, dropped=(1,), why="too large")

    assert work_metrics.interventions(told) == ("task:1",)
    assert work_metrics.interventions(replace(told, revisions=(anew,))) == ()


def test_truth__is_unknown_without_a_claim() -> None:
    """Silence is not the whole truth."""
    assert work_metrics.truth(RunRecord()).truthfulness is None


def test_truth__counts_what_nothing_backs() -> None:
    """Of two claims on files, the one about a file that is not there was taken out."""
    ended = _written(1, 1, 5, ev.TaskStatus.DONE).model_copy(
        update={"summary": "Changed `a.js`. Added `src/never.js` too."}
    )
    story = record(run_started(), task_started(1, attempt=1), ended, head_moved())

    found = work_metrics.truth(story)

    assert (found.claims, found.removed, found.truthfulness) == (2, 1, 50.0)
