"""Metrics and outputs add up to what happened."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from orchestrator.domain import event as ev
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.record import RunRecord
from orchestrator.metrics.outputs import outputs
from orchestrator.metrics.run_metrics import RunMetrics, run_metrics
from tests.builders_events import run_started
from tests.unit.metrics.story import HEAD, checks, gated, head_moved, record, replied, whole

_ROOT = Path(__file__).parents[3]


def test_run_metrics__whole_story() -> None:
    """Every number is the one that can be added up by hand."""
    found = run_metrics(whole())

    assert (found.duration_s, found.time_to_pr_s) == (240.0, 220.0)
    assert [(one.stage, one.duration_s, one.succeeded) for one in found.stages] == [
        ("implementation", 140.0, True)
    ]
    assert (found.time.model_s, found.time.tools_s, found.time.tests_s) == (3.75, 0.5, 7.5)
    assert (found.usd, found.usage.total_tokens) == (Decimal("0.33"), 330)
    assert (found.tasks_total, found.rework.attempts, found.plan_refusals) == (2, 3, 1)
    assert found.tasks_by_status == {"done": 2}
    assert found.first_run is not None
    assert found.first_run.model_dump() == {"tests": 3, "failures": 1, "new_failures": 0}
    assert found.findings_by_severity == {"blocking": 0, "advisory": 1}
    assert found.review is not None
    assert (found.review.dropped, found.review_rounds) == (2, 2)
    assert found.size is not None
    assert (found.size.files, found.size.reading_lines) == (1, 5)
    assert found.cache_hit == 60.0
    assert found.gates == {"no_secrets": "passed"}
    assert found.models == ("m1", "m2")


@pytest.mark.parametrize("split", ["by_agent", "by_task", "by_stage", "by_model"])
def test_run_metrics__shares_add_up(split: str) -> None:
    """However spend is split, the shares are the whole."""
    found = run_metrics(whole())

    shares = getattr(found, split)

    assert sum(share.usd for share in shares) == found.usd
    assert sum(share.usage.total_tokens for share in shares) == found.usage.total_tokens
    assert sum(share.replies for share in shares) == 3
    assert sum(share.model_s for share in shares) == found.time.model_s


def test_run_metrics__per_task() -> None:
    """Spend without a task is listed apart."""
    shares = run_metrics(whole()).by_task

    assert [(share.name, str(share.usd)) for share in shares] == [("1", "0.30"), ("-", "0.03")]


def test_run_metrics__nothing_happened() -> None:
    """What was not measured is unknown, not zero."""
    found = run_metrics(RunRecord())

    assert (found.time_to_pr_s, found.first_run, found.size) == (
        None,
        None,
        None,
    )
    assert (found.issue_number, found.conclusion, found.usd) == (None, None, Decimal(0))


def test_run_metrics__open_stage() -> None:
    """A stage that never ended has no duration."""
    found = run_metrics(record(run_started(), ev.StageStarted(stage="analysis")))

    assert [(one.duration_s, one.succeeded) for one in found.stages] == [(None, None)]


def test_metrics__tell_what_a_run_was_made_with() -> None:
    """Where the branch stood after each stage, and with which prompts, tools and prices."""
    first, other = (
        replied("coder", task_id=1, usd="1").model_copy(update={"prompt_digest": digest})
        for digest in ("p1", "p2")
    )
    story = record(
        run_started(tools={"lizard": "1.24.3"}, prices_as_of="2026-11-22"),
        ev.StageStarted(stage="analysis"),
        ev.StageEnded(stage="analysis", succeeded=True, summary=""),
        ev.StageStarted(stage="implementation"),
        first,
        other,
        first,
        head_moved(),
        ev.StageEnded(stage="implementation", succeeded=True, summary=""),
    )

    found = run_metrics(story)

    assert [(one.stage, one.head) for one in found.stages] == [
        ("analysis", None),
        ("implementation", HEAD),
    ]
    assert found.prompts == {"coder": ("p1", "p2")}
    assert (found.tools, found.prices_as_of) == ({"lizard": "1.24.3"}, "2026-11-22")


def test_run_metrics__uncounted_tests() -> None:
    """Tests that could not be counted did not run zero times."""
    silent = checks("head")
    report = silent.reports[0].model_copy(update={"tests_run": None, "cases": None})

    found = run_metrics(record(silent.model_copy(update={"reports": (report,)})))

    assert found.first_run is None


def test_run_metrics__survives_json() -> None:
    """The file can be read back as it was."""
    found = run_metrics(whole())

    assert RunMetrics.model_validate_json(found.model_dump_json()) == found


def test_outputs__whole_story() -> None:
    """Later steps read exactly this."""
    found = outputs(
        whole(), plan_file=Path("o/plan.json"), report_file=Path("o/r"), journal_file=Path("o/j")
    )

    assert dict(found) == snapshot(
        {
            "conclusion": "success",
            "failure-class": "",
            "next-step": "",
            "pull-request-number": "5",
            "pull-request-url": "http://f/5",
            "pull-request-operation": "created",
            "pull-request-head-sha": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "branch-name": "orchestrator/issue-47",
            "plan-file": "o/plan.json",
            "report-file": "o/r",
            "journal-file": "o/j",
            "metrics-file": "",
            "cost-usd": "0.3300",
            "tokens-input": "300",
            "tokens-output": "30",
            "tokens-cache-read": "180",
            "tokens-cache-write": "60",
            "duration-seconds": "240",
            "tasks-total": "2",
            "tasks-completed": "1",
            "gates-passed": "true",
            "gates-open": "",
            "findings-count": "1",
            "skip-reason": "",
            "spend-by-agent": (
                '{"javascript-pro":{"usd":"0.3000","tokens":220},'
                '"orchestrator":{"usd":"0.0300","tokens":110}}'
            ),
            "spend-by-task": (
                '{"1":{"usd":"0.3000","tokens":220},"-":{"usd":"0.0300","tokens":110}}'
            ),
            "spend-by-stage": '{"implementation":{"usd":"0.3300","tokens":330}}',
            "cache-hit-percent": "60",
            "time-to-pr-seconds": "220",
            "queue-seconds": "",
            "model-seconds": "3.75",
            "tools-seconds": "0.5",
            "tests-seconds": "7.5",
            "interventions": "",
            "review-precision": "",
            "fix-rounds": "0",
            "rework-index": "",
            "test-failures-first-run": "1",
            "coverage-delta": "",
            "patch-coverage": "",
            "mutation-score": "",
            "complexity-delta": "",
            "pattern-compliance": "",
            "changed-files": "1",
            "changed-lines": "5",
        }
    )


def test_outputs__nothing_happened() -> None:
    """A run that broke off before it began still sets every output."""
    found = outputs(RunRecord())

    assert found.keys() == outputs(whole()).keys()
    assert (found["conclusion"], found["gates-passed"], found["cost-usd"]) == (
        "failure",
        "false",
        "0.0000",
    )
    assert found["pull-request-operation"] == "none"


def test_outputs__declared_in_the_action() -> None:
    """What a run sets is what action.yml declares; `matrix` is set without a run."""
    text = (_ROOT / "action.yml").read_text(encoding="utf-8")
    declared = re.findall(
        r"^  ([a-z-]+):$", text.split("\noutputs:\n")[1].split("\nruns:")[0], re.MULTILINE
    )

    assert list(outputs(RunRecord())) != []
    assert sorted({*outputs(RunRecord()), "matrix"}) == sorted(declared)


def _ended(conclusion: Conclusion, failure_class: FailureClass | None = None) -> ev.RunEnded:
    outcome = Outcome(conclusion=conclusion, summary="not ours", failure_class=failure_class)
    return ev.RunEnded(outcome=outcome)


def test_outputs__skipped() -> None:
    """A skipped run says why."""
    found = outputs(record(_ended(Conclusion.SKIPPED)))

    assert (found["conclusion"], found["skip-reason"]) == ("skipped", "not ours")


def test_outputs__failure_class() -> None:
    """A run that did not succeed says of which class its failure is."""
    found = outputs(record(_ended(Conclusion.BLOCKED, FailureClass.MERGE_CONFLICTS)))

    assert (found["failure-class"], found["skip-reason"]) == ("merge_conflicts", "")
    assert found["next-step"] == FailureClass.MERGE_CONFLICTS.action
    assert run_metrics(record(_ended(Conclusion.BLOCKED, FailureClass.OTHER))).failure_class == (
        "other"
    )


@pytest.mark.parametrize(
    ("verdict", "commit", "expected"),
    [
        (GateVerdict.PASSED, "a" * 40, "true"),
        (GateVerdict.NOT_REQUIRED, "a" * 40, "true"),
        (GateVerdict.FAILED, "a" * 40, "false"),
        (GateVerdict.NO_EVIDENCE, "a" * 40, "false"),
        (GateVerdict.PASSED, "d" * 40, "false"),
    ],
)
def test_outputs__gates_passed(verdict: GateVerdict, commit: str, expected: str) -> None:
    """Gates count for the head as it stands, and no evidence is no pass."""
    assert outputs(record(head_moved(), gated(verdict, commit)))["gates-passed"] == expected


def test_outputs__money_in_full() -> None:
    """Small sums are not rounded away, and tokens are counted by kind."""
    found = outputs(record(replied("a", task_id=None, usd="0.00034")))

    assert found["cost-usd"] == "0.0003"
    assert [
        found[f"tokens-{kind}"] for kind in ("input", "output", "cache-read", "cache-write")
    ] == [
        "100",
        "10",
        "60",
        "20",
    ]
