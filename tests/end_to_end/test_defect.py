"""A defect of ours ends a run as honestly as anything else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.metrics.run_metrics import RunMetrics
from tests.end_to_end import faulty, project
from tests.end_to_end.play import play
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("function", "is_pushed"),
    [("make_plan", False), ("test_change", True)],
    ids=["before anything is done", "in the middle of the work"],
)
def test_defect__is_told_measured_and_leaves_the_issue_free(
    function: str,
    is_pushed: bool,  # noqa: FBT001 -- a column of the table
    tmp_path: Path,
) -> None:
    """Comment, outputs, metrics: a failure, with what was spent and done; a later run goes on."""
    need_walls()
    with world(tmp_path) as place:
        usual = place.program
        place.program = (faulty.__file__, *usual, function)
        crashed = place.dispatch(play())
        measured = (crashed.journal.parent / "metrics.json").read_text(encoding="utf-8")
        (comment,) = crashed.comments
        told, drafts = comment.body, [pull.draft for pull in crashed.pull_requests]
        place.program = usual
        again = place.dispatch(play())

    assert crashed.exit_code == 1
    assert "a defect of ours" in crashed.stdout + crashed.stderr
    assert crashed.outputs["conclusion"] == Conclusion.FAILURE
    assert crashed.outputs["failure-class"] == FailureClass.OTHER
    metrics = RunMetrics.model_validate_json(measured)
    assert (metrics.conclusion, metrics.usd > 0) == (Conclusion.FAILURE, True)
    assert "defect" in told
    assert "⏳" not in told
    assert (project.BRANCH in crashed.branches) is is_pushed
    assert drafts == [True] * is_pushed
    assert (again.exit_code, len(again.comments), len(again.pull_requests)) == (0, 1, 1)


def test_defect__before_a_run_begins_is_an_output(tmp_path: Path) -> None:
    """A later step that asks how it ended is told: a failure, with the log to look into."""
    with world(tmp_path) as place:
        place.program = (faulty.__file__, *place.program, "open_run")
        crashed = place.dispatch()

    assert crashed.exit_code == 1
    assert crashed.outputs["conclusion"] == Conclusion.FAILURE
    assert crashed.outputs["failure-class"] == FailureClass.OTHER
    assert "log" in crashed.outputs["next-step"]
