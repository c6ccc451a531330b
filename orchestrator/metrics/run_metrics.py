"""How good, fast and dear a run was, as one JSON record."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from orchestrator.domain.check import CaseResult
from orchestrator.domain.event import TaskStatus
from orchestrator.domain.review import Severity, standing_passes
from orchestrator.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.record import RunRecord, SpendLine
    from orchestrator.domain.review import ReviewPass

SCHEMA_VERSION = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SpendShare(_Frozen):
    """Tokens and money of one agent, task, stage or model."""

    name: str
    replies: int
    usage: Usage
    usd: Decimal
    model_s: float


class StageTime(_Frozen):
    """How long a stage took; `None` when it never ended."""

    stage: str
    duration_s: float | None
    succeeded: bool | None


class RunMetrics(_Frozen):
    """`metrics.json`: measured on one run; what was not measured is `None`, never zero."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    version: str
    repository: str
    issue_number: int | None
    base_commit: str
    head_commit: str | None
    config_digest: str
    models: tuple[str, ...]
    conclusion: str | None
    failure_class: str | None

    duration_s: float
    time_to_pr_s: float | None
    """From the run's beginning to the first publication of the pull request."""
    stages: tuple[StageTime, ...]
    model_s: float
    """Waiting for replies; parallel waits are added up, so it can pass `duration_s`."""
    tools_s: float
    checks_s: float

    usage: Usage
    usd: Decimal
    by_agent: tuple[SpendShare, ...]
    by_task: tuple[SpendShare, ...]
    by_stage: tuple[SpendShare, ...]
    by_model: tuple[SpendShare, ...]

    tasks_total: int
    tasks_by_status: dict[str, int]
    attempts: int
    plan_refusals: int

    first_run_test_failures: int | None
    """Tests that failed on the first tested head and not on base."""
    first_run_tests: int | None
    findings_by_severity: dict[str, int]
    findings_dropped: int
    review_rounds: int
    refusals: int
    """What agents asked for and code did not allow."""
    gates: dict[str, str]
    changed_files: int | None
    changed_lines: int | None


def run_metrics(record: RunRecord) -> RunMetrics:
    """Return the metrics of a record, finished or not."""
    started, outcome, change = record.started, record.outcome, record.change
    spend = record.spend
    failures, ran = _first_run(record.base_checks, record.first_head_tests)
    last = latest_passes(record.reviews)
    severities = Counter(finding.severity.value for one in last for finding in one.findings)
    failure_class = outcome.failure_class if outcome else None
    return RunMetrics(
        run_id=started.run_id if started else "",
        version=started.version if started else "",
        repository=started.repository if started else "",
        issue_number=started.issue_number if started else None,
        base_commit=started.base_commit if started else "",
        head_commit=record.head,
        config_digest=started.config_digest if started else "",
        models=tuple(dict.fromkeys(line.model for line in record.spend_lines)),
        conclusion=outcome.conclusion.value if outcome else None,
        failure_class=failure_class.value if failure_class else None,
        duration_s=record.elapsed_s,
        time_to_pr_s=record.pull_request_s,
        stages=_stage_times(record),
        model_s=_seconds(line.duration_s for line in record.spend_lines),
        tools_s=_seconds([record.tools_s]),
        checks_s=_seconds([record.checks_s]),
        usage=spend.usage,
        usd=spend.usd,
        by_agent=_shares(record.spend_lines, lambda line: line.agent),
        by_task=_shares(record.spend_lines, _task_name),
        by_stage=_shares(record.spend_lines, lambda line: line.stage),
        by_model=_shares(record.spend_lines, lambda line: line.model),
        tasks_total=len(record.plan.tasks) if record.plan else 0,
        tasks_by_status=dict(Counter(task.status.value for task in record.tasks.values())),
        attempts=sum(task.attempt for task in record.tasks.values()),
        plan_refusals=len(record.plan_refusals),
        first_run_test_failures=failures,
        first_run_tests=ran,
        findings_by_severity={kind.value: severities[kind.value] for kind in Severity},
        findings_dropped=sum(len(one.dropped) for one in record.reviews),
        review_rounds=max((one.round for one in record.reviews), default=0),
        refusals=len(record.refusals),
        gates={gate.gate: gate.verdict.value for gate in record.gates},
        changed_files=len(change.files) if change else None,
        changed_lines=change.lines if change else None,
    )


def latest_passes(reviews: Iterable[ReviewPass]) -> tuple[ReviewPass, ...]:
    """Return the last pass of each lens: its findings are those that stayed open."""
    return standing_passes(reviews)


def tasks_done(record: RunRecord) -> int:
    """Return how many of the plan's tasks were done; fix tasks do not count."""
    planned = {task.id for task in record.plan.tasks} if record.plan else set()
    return sum(
        task.status is TaskStatus.DONE for number, task in record.tasks.items() if number in planned
    )


def _stage_times(record: RunRecord) -> tuple[StageTime, ...]:
    return tuple(
        StageTime(
            stage=stage.stage,
            duration_s=None
            if stage.ended_s is None
            else _seconds([stage.ended_s, -stage.started_s]),
            succeeded=stage.succeeded,
        )
        for stage in record.stages
    )


def _shares(lines: Iterable[SpendLine], name: Callable[[SpendLine], str]) -> tuple[SpendShare, ...]:
    shares: dict[str, SpendShare] = {}
    for line in lines:
        before = shares.get(name(line))
        shares[name(line)] = SpendShare(
            name=name(line),
            replies=line.replies + (before.replies if before else 0),
            usage=line.usage + (before.usage if before else Usage()),
            usd=line.usd + (before.usd if before else Decimal(0)),
            model_s=_seconds([line.duration_s, before.model_s if before else 0.0]),
        )
    return tuple(shares.values())


def _task_name(line: SpendLine) -> str:
    return "-" if line.task_id is None else str(line.task_id)


def _first_run(
    base: Iterable[CheckReport], head: Iterable[CheckReport]
) -> tuple[int | None, int | None]:
    head = tuple(head)
    counts = [report.tests_run for report in head if report.tests_run is not None]
    if not counts:
        return None, None
    old = _failed(base)
    return len([name for name in _failed(head) if name not in old]), sum(counts)


def _failed(reports: Iterable[CheckReport]) -> Mapping[str, None]:
    return {
        case.id: None
        for report in reports
        for case in report.cases or ()
        if case.result is CaseResult.FAILED
    }


def _seconds(parts: Iterable[float]) -> float:
    return round(sum(parts), 3)
