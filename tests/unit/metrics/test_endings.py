"""Every ending leaves a valid `metrics.json`, and so does a journal of an earlier version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.record import fold
from orchestrator.metrics.run_metrics import RunMetrics, run_metrics
from orchestrator.rendering.templates import Templates
from orchestrator.stages.reports import write_reports
from orchestrator.telemetry.replay import parse_journal
from tests.builders_events import run_started

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import JsonObject

_REPORT: JsonObject = {
    "kind": "test",
    "command": "npm test",
    "commit": "b",
    "ending": "finished",
    "exit_code": 0,
    "duration_s": 2.5,
    "output_tail": "",
}
# As the first version wrote them, without anything that was added since.
_OLD: tuple[JsonObject, ...] = (
    {
        "kind": "run_started",
        "run_id": "r1",
        "version": "0.1.0",
        "issue_number": 47,
        "issue_title": "Dark mode",
        "issue_url": "",
        "actor": "ada",
        "trigger": "local",
        "repository": "o/r",
        "base_branch": "main",
        "base_commit": "b",
        "branch": "orchestrator/issue-47",
        "stages": ["implementation"],
        "config_digest": "d1",
    },
    {"kind": "checks_run", "where": "base", "reports": [_REPORT]},
    {
        "kind": "head_moved",
        "commit": "c",
        "change": {"base": "b", "head": "c", "tree": "t", "files": []},
    },
    {"kind": "change_measured", "measures": {"commit": "c", "diff": "", "diff_characters": 0}},
    {
        "kind": "pull_request_published",
        "number": 5,
        "url": "u",
        "operation": "created",
        "is_draft": True,
    },
    {"kind": "run_ended", "outcome": {"conclusion": "success", "summary": "done"}},
)


@pytest.mark.parametrize("ending", [*Conclusion, None], ids=str)
def test_metrics_file__is_there_after_every_ending(
    ending: Conclusion | None, tmp_path: Path
) -> None:
    """Success, a block, a skip, a failure, a cancelled run, and one that broke off unended."""
    events: list[ev.Event] = [run_started()]
    if ending is not None:
        failure = None if ending is Conclusion.SUCCESS else FailureClass.CANCELLED
        outcome = Outcome(conclusion=ending, summary="", failure_class=failure)
        events.append(ev.RunEnded(outcome=outcome))
    entries = [
        ev.Entry(seq=seq, at="2026-01-01T00:00:00Z", elapsed_s=float(seq), event=event)
        for seq, event in enumerate(events, start=1)
    ]

    files = write_reports(Templates(), entries, tmp_path)

    found = RunMetrics.model_validate_json(files.metrics.read_text(encoding="utf-8"))
    assert found.conclusion == ending
    assert (found.size, found.complexity, found.coverage, found.to_pr) == (None,) * 4


def test_metrics__of_an_old_journal() -> None:
    """What an earlier version did not measure is unknown, and the rest is as it was."""
    lines = [
        json.dumps(
            {"seq": seq, "at": "2026-01-01T00:00:00Z", "elapsed_s": 10.0 * seq, "event": event}
        )
        for seq, event in enumerate(_OLD, start=1)
    ]

    found = run_metrics(fold(parse_journal("\n".join(lines).encode() + b"\n", name="journal")))

    assert (found.conclusion, found.time_to_pr_s, found.time.tests_s) == ("success", 50.0, 2.5)
    assert found.to_pr is not None
    assert (found.to_pr.queue_s, found.to_pr.tests_s, found.to_pr.rest_s) == (None, 2.5, 47.5)
    assert (found.first_run, found.review, found.patch_coverage) == (None, None, None)
