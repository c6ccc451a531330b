"""One sentence on each stage."""

from __future__ import annotations

import pytest

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.event import TaskStatus
from orchestrator.domain.record import RunRecord
from orchestrator.domain.record_parts import TaskRecord
from orchestrator.domain.review import Lens, ReviewPass, Verdict
from orchestrator.stages.summaries import summary_of


def _report(kind: CheckKind, exit_code: int) -> CheckReport:
    return CheckReport(
        kind=kind,
        command="run",
        commit="c",
        ending=CheckEnding.FINISHED,
        exit_code=exit_code,
        duration_s=1.0,
        output_tail="",
    )


def _look(
    verdict: Verdict | None, lens: Lens = Lens.SECURITY, *, is_undone: bool = False
) -> ReviewPass:
    return ReviewPass(
        lens=lens,
        round=1,
        tree="t",
        verdict=verdict,
        findings=(),
        dropped=(),
        is_undone=is_undone,
    )


RECORD = RunRecord(
    base_checks=(_report(CheckKind.TEST, 0), _report(CheckKind.LINT, 1)),
    head_checks=(_report(CheckKind.TEST, 1), _report(CheckKind.TEST, 0)),
    reviews=(_look(Verdict.CHANGES), _look(Verdict.APPROVE)),
)


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("preflight", "test green, lint red."),
        ("testing", "0 of 0 tasks done; test now green, now red."),
        ("implementation", "0 of 0 tasks done; no file changed so far."),
        ("review", "security: approve."),
        ("questions", "Done."),
    ],
)
def test_summary__says_what_the_record_shows(stage: str, said: str) -> None:
    """Every run of a command counts, as for the gate, and the last look through each lens."""
    assert summary_of(stage, RECORD) == said


@pytest.mark.parametrize("stage", ["preflight", "analysis", "planning", "testing", "review"])
def test_summary__of_nothing_claims_nothing(stage: str) -> None:
    """A stage that left no trace is not said to have done something."""
    said = summary_of(stage, RunRecord())

    assert "green" not in said
    assert "approve" not in said


def test_summary__counts_one_thing_as_one() -> None:
    """One task is not called 1 tasks."""
    task = TaskRecord(
        task_id=1,
        title="Do it",
        agent="a",
        stage="testing",
        status=TaskStatus.DONE,
        attempt=1,
        started_s=0.0,
    )

    said = summary_of("testing", RunRecord(tasks={1: task}))

    assert said == "1 of 1 task done; no command ran."


def test_summary__of_the_review_knows_what_stands() -> None:
    """A verdict on a tree that was given up, or on a single task, is not the change's."""
    undone = _look(Verdict.APPROVE, is_undone=True)
    reviews = (_look(Verdict.APPROVE, Lens.TASK), _look(Verdict.CHANGES), undone)

    assert summary_of("review", RunRecord(reviews=reviews)) == "security: changes."
