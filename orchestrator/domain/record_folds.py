"""How events that belong together change a run's state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain import event as ev
from orchestrator.domain.event_work import PREFLIGHT
from orchestrator.domain.record_parts import (
    HeadBefore,
    Shown,
    fixed,
    given_up,
    taken_over,
    without_tree,
)
from orchestrator.domain.review import Lens
from orchestrator.domain.work_loss import Lost

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord


def begun(record: RunRecord, event: ev.RunStarted, at: str) -> RunRecord:
    """Return the record after a run began, or went on where an earlier one had stopped."""
    if record.started is not None:
        return _resumed(record, event)
    return replace(record, started=event, started_at=at, asked_at=event.triggered_at)


def _resumed(record: RunRecord, event: ev.RunStarted) -> RunRecord:
    """Keep what is finished or given up; what was under way is to be done again."""
    tasks = {
        number: task
        for number, task in record.tasks.items()
        if task.status is ev.TaskStatus.DONE or number in record.dropped_tasks
    }
    before = record.unsure
    if before is not None and before.task_id is not None:
        record = replace(record, head=before.head, change=before.change)
    return replace(
        record,
        started=event,
        looks=(),
        # It is passed anew before anything of an earlier run is touched.
        stages=tuple(stage for stage in record.stages if stage.stage != PREFLIGHT),
        tasks=tasks,
        verdicts={number: each for number, each in record.verdicts.items() if number in tasks},
        unsure=None,
        spend_before=record.spend,
        dropped=None,
        elapsed_before_s=record.elapsed_s,
        exits=(),
        gates=(),
        pushed=None,
        pull_request=None,
        request_before=record.request_number,
        progress=None,
        outcome=None,
    )


def before_work(
    record: RunRecord,
    event: ev.WorkDropped | ev.PreflightLooked | ev.QuestionsAsked | ev.QuestionsSettled,
    at: str,
) -> RunRecord:
    """Return the record after something that pre-flight saw, people were asked or was lost."""
    match event:
        case ev.WorkDropped():
            return _dropped(record, event)
        case ev.PreflightLooked():
            others = (look for look in record.looks if look.look != event.look)
            return replace(record, looks=(*others, event))
        case ev.QuestionsAsked():
            return replace(record, asked=event.model_copy(update={"at": event.at or at}))
        case ev.QuestionsSettled():
            return replace(record, answers=event.answers, asked=None)


def reviewed(
    record: RunRecord, event: ev.ReviewPassEnded | ev.ReviewSkipped | ev.FixRoundEnded
) -> RunRecord:
    """Return the record after a pass, a pass that was left out or a round of fixes."""
    match event:
        case ev.ReviewPassEnded():
            return replace(record, reviews=(*record.reviews, event.review))
        case ev.ReviewSkipped():
            skipped = (*record.skipped_reviews, event.skipped)
            return replace(record, skipped_reviews=skipped)
        case ev.FixRoundEnded():
            return replace(
                record,
                fix_rounds=fixed(record.fix_rounds, event.fix),
                reviews=without_tree(record.reviews, event.fix),
            )


def planned(
    record: RunRecord,
    event: (ev.PlanRefused | ev.PlanAccepted | ev.PlanRevised | ev.AgentChosen | ev.CostEstimated),
) -> RunRecord:
    """Return the record after something that happened to the plan."""
    match event:
        case ev.PlanRefused():
            return replace(record, plan_refusals=(*record.plan_refusals, event))
        case ev.PlanAccepted():
            return replace(record, plan=event.plan)
        case ev.PlanRevised():
            return replace(record, plan=event.plan, revisions=(*record.revisions, event))
        case ev.AgentChosen():
            return replace(record, choices={**record.choices, event.task_id: event})
        case ev.CostEstimated():
            return replace(record, estimate=event)


def measured(
    record: RunRecord,
    event: (
        ev.ChangeMeasured
        | ev.TestsJudged
        | ev.MutantsTried
        | ev.PatternsTried
        | ev.MentionsResolved
    ),
) -> RunRecord:
    """Return the record after something was measured about the change."""
    match event:
        case ev.ChangeMeasured():
            return replace(record, measures=event.measures)
        case ev.TestsJudged():
            verdicts = {**record.verdicts, event.task_id: event.verdicts}
            judged_at = {**record.judged_at, event.task_id: event.commit}
            return replace(record, verdicts=verdicts, judged_at=judged_at)
        case ev.MutantsTried():
            return replace(record, mutation=event.sample)
        case ev.PatternsTried():
            return replace(record, patterns=event.report)
        case ev.MentionsResolved():
            return replace(record, mentions=event)


def _dropped(record: RunRecord, event: ev.WorkDropped) -> RunRecord:
    """Return the record without what counts no longer; what was spent on it was spent."""
    gone = frozenset(event.tasks)
    if event.head != record.head:
        record = replace(record, measures=None, mutation=None, patterns=None)
    record = replace(
        record,
        tasks={number: task for number, task in record.tasks.items() if number not in gone},
        reviews=tuple(one for one in record.reviews if one.task_id not in gone),
        skipped_reviews=tuple(one for one in record.skipped_reviews if one.task_id not in gone),
        verdicts={number: each for number, each in record.verdicts.items() if number not in gone},
        head=event.head,
        change=event.change,
        dropped=event,
        request_before=event.request or record.request_before,
        ready_commit=event.ready or record.ready_commit,
    )
    if event.spent:
        lines = (*record.spend_lines, *map(taken_over, event.spent))
        record = replace(record, spend_lines=lines)
        record = replace(record, spend_before=record.spend)
    if Lost.CHECKS in event.lost:
        record = replace(record, base_checks=(), head_checks=(), first_head_tests=())
    if Lost.REVIEWS in event.lost:
        record = replace(
            record,
            reviews=tuple(one for one in record.reviews if one.lens is Lens.TASK),
            fix_rounds=tuple(one for one in record.fix_rounds if one.lens is Lens.TASK),
        )
    return _unplanned(record) if Lost.PLAN in event.lost else record


def _unplanned(record: RunRecord) -> RunRecord:
    """Forget the plan; the next one's tasks may have the same ids."""
    return replace(
        record,
        plan=None,
        plan_refusals=(),
        estimate=None,
        revisions=(),
        choices={},
        spend_lines=tuple(given_up(line) for line in record.spend_lines),
    )


def moved(record: RunRecord, event: ev.HeadMoved) -> RunRecord:
    """Return the record after the head moved, unsure of it until its task has ended."""
    before = HeadBefore(task_id=event.task_id, head=record.head, change=record.change)
    return replace(record, head=event.commit, change=event.change, unsure=before)


def pushed(record: RunRecord, event: ev.BranchPushed, at: str) -> RunRecord:
    """Return the record after a push; a commit that is there already shows nothing new."""
    shown = record.shown
    if shown is None or (shown.branch, shown.commit) != (event.branch, event.commit):
        shown = Shown(branch=event.branch, commit=event.commit, since=at)
    return replace(record, pushed=event, shown=shown)


def published(record: RunRecord, event: ev.PullRequestPublished, elapsed_s: float) -> RunRecord:
    """Keep the first publication's time and operation: a later update does not unmake them."""
    if event.is_draft:
        record = replace(record, ready_commit=None)
    elif record.gates:
        record = replace(record, ready_commit=record.gates[0].commit)
    if event.operation == "created":
        record = replace(record, opened_at=record.opened_at or event.created_at)
    if record.pull_request is None:
        first_s = elapsed_s if record.pull_request_s is None else record.pull_request_s
        return replace(record, pull_request=event, pull_request_s=first_s)
    operation = record.pull_request.operation
    return replace(record, pull_request=event.model_copy(update={"operation": operation}))
