"""What later steps of the job can read: the action's outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.record import RunRecord
from orchestrator.metrics.run_metrics import run_metrics, tasks_done

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from orchestrator.metrics.run_metrics import RunMetrics, SpendShare


def outputs(
    record: RunRecord,
    *,
    plan_file: Path | None = None,
    report_file: Path | None = None,
    journal_file: Path | None = None,
    metrics_file: Path | None = None,
) -> Mapping[str, str]:
    """Return every declared output by name; what does not apply is empty, never missing.

    Args:
        record: The run, ended or broken off; a run without an outcome is a failure.
        plan_file: Where `plan.json` was written, `None` if nowhere.
        report_file: Where the report was written.
        journal_file: Where the journal is.
        metrics_file: Where `metrics.json` was written.
    """
    outcome, published = record.outcome, record.pull_request
    # What earlier runs spent on the issue was their own output: adding up must come out right.
    spend = record.spend - record.spend_before
    conclusion = outcome.conclusion if outcome else Conclusion.FAILURE
    failure_class = outcome.failure_class if outcome else None
    metrics = run_metrics(record)
    usage = spend.usage
    return {
        "conclusion": conclusion.value,
        "failure-class": failure_class.value if failure_class else "",
        "next-step": outcome.hint if outcome and conclusion is not Conclusion.SUCCESS else "",
        "pull-request-number": str(published.number) if published else "",
        "pull-request-url": published.url if published else "",
        "pull-request-operation": published.operation if published else "none",
        "pull-request-head-sha": record.pushed.commit if published and record.pushed else "",
        "branch-name": record.pushed.branch if record.pushed else "",
        "plan-file": str(plan_file or ""),
        "report-file": str(report_file or ""),
        "journal-file": str(journal_file or ""),
        "metrics-file": str(metrics_file or ""),
        "cost-usd": f"{spend.usd:.4f}",
        "tokens-input": str(usage.prompt_tokens),
        "tokens-output": str(usage.output_tokens),
        "tokens-cache-read": str(usage.cache_read_tokens),
        "tokens-cache-write": str(usage.cache_write_5m_tokens + usage.cache_write_1h_tokens),
        "duration-seconds": str(round(record.elapsed_s - record.elapsed_before_s)),
        "tasks-total": str(len(record.plan.tasks) if record.plan else 0),
        "tasks-completed": str(tasks_done(record)),
        "gates-passed": "true" if _all_let_through(record) else "false",
        "gates-open": " ".join(gate.gate for gate in record.gates if not gate.lets_through),
        "findings-count": str(sum(metrics.findings_by_severity.values())) if metrics.review else "",
        "skip-reason": _skip_reason(record),
        "spend-by-agent": _shares(metrics.by_agent),
        "spend-by-task": _shares(metrics.by_task),
        "spend-by-stage": _shares(metrics.by_stage),
        **_measured(metrics),
    }


def _measured(metrics: RunMetrics) -> Mapping[str, str]:
    return {
        "cache-hit-percent": _number(metrics.cache_hit),
        "time-to-pr-seconds": _number(metrics.time_to_pr_s),
        "queue-seconds": _number(metrics.time.queue_s),
        "model-seconds": _number(metrics.time.model_s),
        "tools-seconds": _number(metrics.time.tools_s),
        "tests-seconds": _number(metrics.time.tests_s),
        "interventions": " ".join(metrics.interventions),
        "review-precision": _part(metrics.review, "precision"),
        "fix-rounds": str(metrics.rework.fix_rounds),
        "rework-index": _number(metrics.rework.index),
        "test-failures-first-run": _part(metrics.first_run, "failures"),
        "coverage-delta": _part(metrics.coverage, "delta"),
        "patch-coverage": _part(metrics.patch_coverage, "percent"),
        "mutation-score": _part(metrics.strength, "percent"),
        "complexity-delta": _part(metrics.complexity, "delta"),
        "pattern-compliance": _part(metrics.patterns, "compliance"),
        "changed-files": _part(metrics.size, "files"),
        "changed-lines": _part(metrics.size, "reading_lines"),
    }


def _all_let_through(record: RunRecord) -> bool:
    """Tell whether gates were asked about the head as it stands, and none stands in the way."""
    return bool(record.gates) and all(
        gate.lets_through and gate.commit == record.head for gate in record.gates
    )


def _shares(shares: Iterable[SpendShare]) -> str:
    """Return who spent what as JSON, for `fromJSON`; empty when nobody asked a model."""
    spent = {
        one.name: {"usd": f"{one.usd:.4f}", "tokens": one.usage.total_tokens} for one in shares
    }
    return json.dumps(spent, separators=(",", ":")) if spent else ""


def _number(value: float | None) -> str:
    """Return a number without an exponent; what was not measured is empty, never zero."""
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _part(measured: BaseModel | None, name: str) -> str:
    return "" if measured is None else _number(getattr(measured, name))


def _skip_reason(record: RunRecord) -> str:
    outcome = record.outcome
    is_skipped = outcome is not None and outcome.conclusion is Conclusion.SKIPPED
    return outcome.summary if outcome is not None and is_skipped else ""


def measured_names() -> tuple[str, ...]:
    """Return the outputs that `docs/metrics.md` defines, empty where nothing was measured."""
    return tuple(_measured(run_metrics(RunRecord())))
