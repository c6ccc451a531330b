"""How good, fast and dear a run was, as one JSON record."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.domain.review import Severity, standing_passes
from orchestrator.domain.usage import Usage
from orchestrator.metrics.change_metrics import (
    ComplexityMetrics,
    CoverageMetrics,
    PatchCoverage,
    PatternMetrics,
    SizeMetrics,
    StrengthMetrics,
    complexity,
    coverage,
    new_warnings,
    patch_coverage,
    patterns,
    size,
    strength,
)
from orchestrator.metrics.first_run import FirstRun, first_run
from orchestrator.metrics.measured import Measured
from orchestrator.metrics.work_metrics import (
    ReviewMetrics,
    ReworkMetrics,
    TimeMetrics,
    TimeToPr,
    TruthMetrics,
    asked_to_pr_s,
    interventions,
    reviews,
    rework,
    rounded,
    times,
    to_pr,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.domain.record import RunRecord, SpendLine

SCHEMA_VERSION = 5


class SpendShare(Measured):
    """Tokens and money of one agent, task, stage or model."""

    name: str
    replies: int
    usage: Usage
    usd: Decimal
    cache_hit: float | None
    """Percent of the input tokens that came from the cache."""
    model_s: float


class StageTime(Measured):
    """How long a stage took; `None` when it never ended."""

    stage: str
    duration_s: float | None
    succeeded: bool | None
    head: str | None
    """Commit at the end of the branch when it ended; `None` before the first change."""


class RunMetrics(Measured):
    """`metrics.json`: measured on one run; what was not measured is `None`, never zero."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    version: str
    repository: str
    issue_number: int | None
    base_commit: str
    head_commit: str | None
    config_digest: str
    tools: dict[str, str]
    """Versions of what something is measured with."""
    prices_as_of: str
    """Date of the table that money is reckoned by."""
    prompts: dict[str, tuple[str, ...]]
    """Agent → fingerprints of the system texts and tools that it was asked with."""
    models: tuple[str, ...]
    conclusion: str | None
    failure_class: str | None

    duration_s: float
    time_to_pr_s: float | None
    """From the run's beginning to the first publication of the pull request."""
    asked_to_pr_s: float | None
    """From when somebody asked to the opening of the pull request, both by the forge's clock."""
    to_pr: TimeToPr | None
    stages: tuple[StageTime, ...]
    time: TimeMetrics

    usage: Usage
    cache_hit: float | None
    """Percent of the input tokens that came from the cache."""
    usd: Decimal
    usd_before: Decimal
    """Part of `usd` that earlier runs on the issue had spent."""
    duration_before_s: float
    """Part of `duration_s` that earlier runs took."""
    by_agent: tuple[SpendShare, ...]
    by_task: tuple[SpendShare, ...]
    by_stage: tuple[SpendShare, ...]
    by_model: tuple[SpendShare, ...]

    tasks_total: int
    tasks_by_status: dict[str, int]
    plan_refusals: int

    first_run: FirstRun | None
    findings_by_severity: dict[str, int]
    """Of the findings that stayed open."""
    review: ReviewMetrics | None
    review_rounds: int
    refusals: int
    """What agents asked for and code did not allow."""
    gates: dict[str, str]
    interventions: tuple[str, ...]
    """What people have to do before they can merge, such as `gate:all_tests_passing`."""

    size: SizeMetrics | None
    complexity: ComplexityMetrics | None
    coverage: CoverageMetrics | None
    patch_coverage: PatchCoverage | None
    patterns: PatternMetrics | None
    new_warnings: int | None
    """Lint warnings on the head that base does not have."""
    strength: StrengthMetrics | None
    rework: ReworkMetrics
    truth: TruthMetrics


def run_metrics(record: RunRecord) -> RunMetrics:
    """Return the metrics of a record, finished or not."""
    started, outcome = record.started, record.outcome
    spend = record.spend
    last = standing_passes(record.reviews)
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
        tools=started.tools if started else {},
        prices_as_of=started.prices_as_of if started else "",
        prompts=_prompts(record.spend_lines),
        models=tuple(dict.fromkeys(line.model for line in record.spend_lines)),
        conclusion=outcome.conclusion.value if outcome else None,
        failure_class=failure_class.value if failure_class else None,
        duration_s=record.elapsed_s,
        time_to_pr_s=record.pull_request_s,
        asked_to_pr_s=asked_to_pr_s(record),
        to_pr=to_pr(record),
        stages=_stage_times(record),
        time=times(record),
        usage=spend.usage,
        cache_hit=_share(spend.usage.cache_read_tokens, spend.usage.prompt_tokens),
        usd=spend.usd,
        usd_before=record.spend_before.usd,
        duration_before_s=rounded(record.elapsed_before_s),
        by_agent=_shares(record.spend_lines, lambda line: line.agent),
        by_task=_shares(record.spend_lines, _task_name),
        by_stage=_shares(record.spend_lines, lambda line: line.stage),
        by_model=_shares(record.spend_lines, lambda line: line.model),
        tasks_total=len(record.plan.tasks) if record.plan else 0,
        tasks_by_status=dict(Counter(task.status.value for task in record.tasks.values())),
        plan_refusals=len(record.plan_refusals),
        first_run=first_run(record),
        findings_by_severity={kind.value: severities[kind.value] for kind in Severity},
        review=reviews(record),
        review_rounds=max((one.round for one in record.reviews), default=0),
        refusals=len(record.refusals),
        gates={gate.gate: gate.verdict.value for gate in record.gates},
        interventions=interventions(record),
        size=size(record),
        complexity=complexity(record),
        coverage=coverage(record),
        patch_coverage=patch_coverage(record),
        patterns=patterns(record),
        new_warnings=new_warnings(record),
        strength=strength(record),
        rework=rework(record),
        truth=truth(record),
    )


def _prompts(lines: Iterable[SpendLine]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        found.setdefault(line.agent, {}).update(dict.fromkeys(line.prompts))
    return {agent: tuple(sorted(digests)) for agent, digests in found.items()}


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
            duration_s=None if stage.ended_s is None else rounded(stage.ended_s - stage.started_s),
            succeeded=stage.succeeded,
            head=stage.head,
        )
        for stage in record.stages
    )


def _shares(lines: Iterable[SpendLine], name: Callable[[SpendLine], str]) -> tuple[SpendShare, ...]:
    groups: dict[str, list[SpendLine]] = {}
    for line in lines:
        groups.setdefault(name(line), []).append(line)
    return tuple(_spend_share(found, group) for found, group in groups.items())


def _spend_share(name: str, lines: Iterable[SpendLine]) -> SpendShare:
    lines = tuple(lines)
    usage = sum((line.usage for line in lines), Usage())
    return SpendShare(
        name=name,
        replies=sum(line.replies for line in lines),
        usage=usage,
        usd=sum((line.usd for line in lines), Decimal(0)),
        cache_hit=_share(usage.cache_read_tokens, usage.prompt_tokens),
        model_s=rounded(sum(line.duration_s for line in lines)),
    )


def _task_name(line: SpendLine) -> str:
    return "-" if line.task_id is None else str(line.task_id)


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
