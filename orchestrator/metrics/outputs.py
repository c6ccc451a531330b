"""What later steps of the job can read: the action's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion
from orchestrator.metrics.run_metrics import latest_passes, tasks_done

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.domain.record import RunRecord


def outputs(
    record: RunRecord,
    *,
    plan_file: Path | None = None,
    report_file: Path | None = None,
    journal_file: Path | None = None,
) -> Mapping[str, str]:
    """Return every declared output by name; what does not apply is empty, never missing.

    Args:
        record: The run, ended or broken off; a run without an outcome is a failure.
        plan_file: Where `plan.json` was written, `None` if nowhere.
        report_file: Where the report was written.
        journal_file: Where the journal is.
    """
    outcome, published = record.outcome, record.pull_request
    # What earlier runs spent on the issue was their own output: adding up must come out right.
    spend = record.spend - record.spend_before
    conclusion = outcome.conclusion if outcome else Conclusion.FAILURE
    failure_class = outcome.failure_class if outcome else None
    findings = sum(len(one.findings) for one in latest_passes(record.reviews))
    usage = spend.usage
    return {
        "conclusion": conclusion.value,
        "failure-class": failure_class.value if failure_class else "",
        "pull-request-number": str(published.number) if published else "",
        "pull-request-url": published.url if published else "",
        "pull-request-operation": published.operation if published else "none",
        "pull-request-head-sha": record.pushed.commit if published and record.pushed else "",
        "branch-name": record.pushed.branch if record.pushed else "",
        "plan-file": str(plan_file or ""),
        "report-file": str(report_file or ""),
        "journal-file": str(journal_file or ""),
        "cost-usd": f"{spend.usd:.4f}",
        "tokens-input": str(usage.prompt_tokens),
        "tokens-output": str(usage.output_tokens),
        "tokens-cache-read": str(usage.cache_read_tokens),
        "tokens-cache-write": str(usage.cache_write_5m_tokens + usage.cache_write_1h_tokens),
        "duration-seconds": str(round(record.elapsed_s)),
        "tasks-total": str(len(record.plan.tasks) if record.plan else 0),
        "tasks-completed": str(tasks_done(record)),
        "gates-passed": "true" if _all_let_through(record) else "false",
        "findings-count": str(findings),
        "skip-reason": _skip_reason(record),
    }


def _all_let_through(record: RunRecord) -> bool:
    """Tell whether gates were asked about the head as it stands, and none stands in the way."""
    return bool(record.gates) and all(
        gate.lets_through and gate.commit == record.head for gate in record.gates
    )


def _skip_reason(record: RunRecord) -> str:
    outcome = record.outcome
    is_skipped = outcome is not None and outcome.conclusion is Conclusion.SKIPPED
    return outcome.summary if outcome is not None and is_skipped else ""
