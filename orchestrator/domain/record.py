"""The state of a run: what its journal adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain import event as ev
from orchestrator.domain.check import CheckKind
from orchestrator.domain.record_folds import (
    before_work,
    begun,
    measured,
    moved,
    planned,
    published,
    pushed,
    reviewed,
)
from orchestrator.domain.record_parts import (
    HeadBefore,
    Shown,
    SpendLine,
    StageRecord,
    TaskRecord,
    charged,
    ended_stage,
    ended_task,
    started_task,
    with_stage,
)
from orchestrator.domain.spans import Busy, Span, spans_of_checks
from orchestrator.domain.usage import NO_SPEND, Spend, Usage

__all__ = ["RunRecord", "SpendLine", "StageRecord", "TaskRecord", "fold"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.measures import Measures
    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.plan import Plan
    from orchestrator.domain.requirements import Answer, TechnicalRequirements
    from orchestrator.domain.review import FixRound, ReviewPass, SkippedReview
    from orchestrator.domain.strength import MutationSample, PatternReport, TestVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Everything a report, a metric or a resumed run needs; build it with `apply` only."""

    started: ev.RunStarted | None = None
    started_at: str = ""
    elapsed_s: float = 0.0
    stages: tuple[StageRecord, ...] = ()
    looks: tuple[ev.PreflightLooked, ...] = ()
    """What pre-flight saw, in the order it looked."""
    asked: ev.QuestionsAsked | None = None
    """Set while the run waits for answers."""
    answers: tuple[Answer, ...] = ()
    requirements: TechnicalRequirements | None = None
    plan: Plan | None = None
    plan_refusals: tuple[ev.PlanRefused, ...] = ()
    estimate: ev.CostEstimated | None = None
    revisions: tuple[ev.PlanRevised, ...] = ()
    choices: Mapping[int, ev.AgentChosen] = field(default_factory=dict)
    """By task id."""
    tasks: Mapping[int, TaskRecord] = field(default_factory=dict)
    exits: tuple[ev.AgentStopped, ...] = ()
    spend_lines: tuple[SpendLine, ...] = ()
    base_checks: tuple[CheckReport, ...] = ()
    head_checks: tuple[CheckReport, ...] = ()
    first_head_tests: tuple[CheckReport, ...] = ()
    """The test reports of the first head that was tested at all."""
    check_seconds: Mapping[CheckKind, float] = field(default_factory=dict)
    """Seconds spent in the project's own commands, on both commits."""
    spans: tuple[Span, ...] = ()
    """Who was busy when, until the pull request was there."""
    lines_written: int = 0
    """Added plus removed lines of every attempt that left a change."""
    tools_s: float = 0.0
    """Seconds spent in agents' tools, added up over parallel ones."""
    reviews: tuple[ReviewPass, ...] = ()
    skipped_reviews: tuple[SkippedReview, ...] = ()
    fix_rounds: tuple[FixRound, ...] = ()
    """For reviews; the latest word on each."""
    gates: tuple[GateResult, ...] = ()
    change: Change | None = None
    measures: Measures | None = None
    """Of the last head that was measured."""
    verdicts: Mapping[int, tuple[TestVerdict, ...]] = field(default_factory=dict)
    """What each new test proves, by the id of the task that wrote it."""
    judged_at: Mapping[int, str] = field(default_factory=dict)
    """The commit those verdicts speak of, by the same id."""
    mutation: MutationSample | None = None
    patterns: PatternReport | None = None
    mentions: ev.MentionsResolved | None = None
    head: str | None = None
    unsure: HeadBefore | None = None
    """Where the head stood before a move whose task has not ended yet."""
    pushed: ev.BranchPushed | None = None
    shown: Shown | None = None
    """What a run has pushed last, this one or an earlier one."""
    pull_request: ev.PullRequestPublished | None = None
    request_before: int | None = None
    """Number of the pull request that earlier runs have written to last."""
    ready_commit: str | None = None
    """The commit for which a run marked the pull request as ready; `None` once it is a draft again.

    What people mark as ready after that is their word.
    """
    asked_at: str = ""
    """When somebody asked for the first run, ISO 8601; empty where its event does not say."""
    opened_at: str = ""
    """When a run opened the pull request, ISO 8601, by the forge's clock."""
    pull_request_s: float | None = None
    """Seconds from the beginning of the first run to the first publication."""
    progress: ev.ProgressPublished | None = None
    dropped: ev.WorkDropped | None = None
    """What this run could not take over from an earlier one."""
    spend_before: Spend = NO_SPEND
    """What earlier runs had spent that this one went on from; part of `spend`."""
    elapsed_before_s: float = 0.0
    """Seconds of those earlier runs; part of `elapsed_s`."""
    refusals: tuple[ev.AttemptRefused, ...] = ()
    notes: tuple[ev.Noted, ...] = ()
    outcome: Outcome | None = None

    @property
    def spend(self) -> Spend:
        """Everything spent so far."""
        usage = Usage()
        usd = Decimal(0)
        for line in self.spend_lines:
            usage += line.usage
            usd += line.usd
        return Spend(usage=usage, usd=usd)

    @property
    def dropped_tasks(self) -> frozenset[int]:
        """Ids of tasks that nobody will do any more."""
        return frozenset(number for revision in self.revisions for number in revision.dropped)

    @property
    def request_number(self) -> int | None:
        """The pull request that this run or an earlier one has written to last."""
        return self.pull_request.number if self.pull_request else self.request_before

    def apply(self, entry: ev.Entry) -> RunRecord:
        """Return the record after one more entry; entries must come in `seq` order."""
        return replace(_applied(self, entry), elapsed_s=entry.elapsed_s)


def fold(entries: Iterable[ev.Entry]) -> RunRecord:
    """Return the record that a whole journal adds up to."""
    record = RunRecord()
    for entry in entries:
        record = record.apply(entry)
    return record


def _applied(record: RunRecord, entry: ev.Entry) -> RunRecord:  # noqa: C901, PLR0912 -- one arm per event kind
    match entry.event:
        case ev.RunStarted() as event:
            return begun(record, event, entry.at)
        case ev.StageStarted() as event:
            stage = StageRecord(stage=event.stage, started_s=entry.elapsed_s)
            return replace(record, stages=with_stage(record.stages, stage))
        case ev.StageEnded() as event:
            return replace(
                record, stages=ended_stage(record.stages, event, entry.elapsed_s, record.head)
            )
        case (
            ev.WorkDropped() | ev.PreflightLooked() | ev.QuestionsAsked() | ev.QuestionsSettled()
        ) as event:
            return before_work(record, event, entry.at)
        case ev.RequirementsWritten() as event:
            return replace(record, requirements=event.requirements)
        case (
            ev.PlanRefused()
            | ev.PlanAccepted()
            | ev.PlanRevised()
            | ev.AgentChosen()
            | ev.CostEstimated()
        ) as event:
            return planned(record, event)
        case ev.AgentStopped() as event:
            return replace(record, exits=(*record.exits, event))
        case ev.TaskStarted() as event:
            return replace(record, tasks=started_task(record.tasks, event, entry.elapsed_s))
        case ev.TaskEnded() as event:
            return _task_ended(record, event, entry.elapsed_s)
        case ev.ModelReplied() | ev.ToolAnswered() as event:
            return _answered(record, event, entry.elapsed_s)
        case ev.AttemptRefused() as event:
            return replace(record, refusals=(*record.refusals, event))
        case ev.ChecksRun() as event:
            return _checked(record, event, entry.elapsed_s)
        case ev.ReviewPassEnded() | ev.ReviewSkipped() | ev.FixRoundEnded() as event:
            return reviewed(record, event)
        case ev.HeadMoved() as event:
            return moved(record, event)
        case ev.ChangeMeasured() | ev.TestsJudged() | ev.MutantsTried() as event:
            return measured(record, event)
        case ev.PatternsTried() | ev.MentionsResolved() as event:
            return measured(record, event)
        case ev.GatesEvaluated() as event:
            return replace(record, gates=event.results)
        case ev.BranchPushed() as event:
            return pushed(record, event, entry.at)
        case ev.PullRequestPublished() as event:
            return published(record, event, entry.elapsed_s)
        case ev.ProgressPublished() as event:
            return replace(record, progress=event)
        case ev.Noted() as event:
            return _noted(record, event)
        case ev.RunEnded(outcome=outcome):
            return replace(record, outcome=outcome)
        case ev.MessageAppended() | ev.TodosWritten():
            return record


def _task_ended(record: RunRecord, event: ev.TaskEnded, elapsed_s: float) -> RunRecord:
    tasks = ended_task(record.tasks, event, elapsed_s)
    unsure = record.unsure
    is_sure = unsure is None or unsure.task_id == event.task_id
    written = record.lines_written + (event.change.lines if event.change else 0)
    return replace(record, tasks=tasks, unsure=None if is_sure else unsure, lines_written=written)


def _noted(record: RunRecord, event: ev.Noted) -> RunRecord:
    """Keep a note once: a resumed run says again what the one before it has said."""
    return record if event in record.notes else replace(record, notes=(*record.notes, event))


def _answered(
    record: RunRecord, event: ev.ModelReplied | ev.ToolAnswered, end_s: float
) -> RunRecord:
    """Charge what a model or a tool took; its span matters until the pull request is there."""
    if record.pull_request_s is None:
        busy = Busy.MODEL if isinstance(event, ev.ModelReplied) else Busy.TOOLS
        span = Span(busy=busy, start_s=end_s - event.duration_s, end_s=end_s)
        record = replace(record, spans=(*record.spans, span))
    if isinstance(event, ev.ModelReplied):
        return replace(record, spend_lines=charged(record.spend_lines, event))
    return replace(record, tools_s=record.tools_s + event.duration_s)


def _checked(record: RunRecord, event: ev.ChecksRun, elapsed_s: float) -> RunRecord:
    known = record.base_checks if event.where == "base" else record.head_checks
    fresh = [report for report in event.reports if report not in known]
    seconds = dict(record.check_seconds)
    for report in fresh:
        seconds[report.kind] = seconds.get(report.kind, 0.0) + report.duration_s
    if record.pull_request_s is None:
        record = replace(record, spans=(*record.spans, *spans_of_checks(fresh, elapsed_s)))
    if event.where == "base":
        return replace(record, base_checks=event.reports, check_seconds=seconds)
    tests = tuple(report for report in event.reports if report.kind is CheckKind.TEST)
    return replace(
        record,
        head_checks=event.reports,
        first_head_tests=record.first_head_tests or tests,
        check_seconds=seconds,
    )
