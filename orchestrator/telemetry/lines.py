"""One line of plain text for each event that a person wants to see pass by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain import event as ev
from orchestrator.telemetry.workflow_commands import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.plan import Plan
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.requirements import Answer

_SHORT_COMMIT = 9


def lines_for(event: ev.Event, record: RunRecord) -> tuple[str, ...]:  # noqa: C901, PLR0912 -- one arm per event kind
    """Return what to print for an event, given the record after it; often nothing.

    Strangers' words in the lines are on one line each and carry no commands.
    """
    match event:
        case ev.RunStarted():
            return _run_started(event)
        case ev.StageStarted(stage=stage):
            return (f"stage {stage}",)
        case ev.StageEnded():
            word = "done" if event.succeeded else "not done"
            return (f"stage {event.stage} {word}: {one_line(event.summary)}",)
        case ev.PlanRefused() | ev.PlanAccepted() | ev.PlanRevised() | ev.AgentChosen():
            return _plan_lines(event)
        case ev.PreflightLooked() | ev.QuestionsAsked() | ev.QuestionsSettled():
            return _before_work(event)
        case ev.CostEstimated():
            return (f"estimate: {event.in_words}",)
        case ev.AgentStopped():
            return (f"{event.agent} stopped ({event.exit.status}): {one_line(event.exit.reason)}",)
        case ev.TaskStarted():
            again = f", attempt {event.attempt}" if event.attempt > 1 else ""
            return (f"task {event.task_id} ({event.agent}{again}): {one_line(event.title)}",)
        case ev.TaskEnded():
            return (f"task {event.task_id} {event.status}: {one_line(event.summary)}",)
        case ev.ToolAnswered():
            return (_tool_line(event),)
        case ev.AttemptRefused():
            what = f"{event.agent} tried: {one_line(event.what)}"
            return (f"refused: {what} ({one_line(event.why)})",)
        case ev.ChecksRun():
            return tuple(_check_line(report, event.where) for report in event.reports)
        case ev.ReviewPassEnded(review=review):
            verdict = review.verdict or "no valid answer"
            count = _counted(len(review.findings), "finding")
            return (f"review {review.lens}, round {review.round}: {verdict}, {count}",)
        case ev.GatesEvaluated(results=results):
            return tuple(
                f"gate {result.gate}: {result.verdict} ({one_line(result.reason)})"
                for result in results
            )
        case ev.BranchPushed():
            return (f"pushed {one_line(event.branch)} at {event.commit[:_SHORT_COMMIT]}",)
        case ev.PullRequestPublished():
            kind = "draft pull request" if event.is_draft else "pull request"
            return (f"{kind} #{event.number} {event.operation}: {one_line(event.url)}",)
        case ev.Noted():
            return (f"{event.level}: {with_hint(event.text, event.hint)}",)
        case ev.RunEnded(outcome=outcome):
            return (_outcome_line(outcome), _spent_line(record))
        case _:
            return ()


def with_hint(text: str, hint: str) -> str:
    """Join what happened and what to do about it on one line."""
    said, advice = one_line(text, 2000), one_line(hint, 2000)
    stop = "." if said and advice and said[-1] not in ".!?:…" else ""
    return " ".join(part for part in (said + stop, advice) if part)


def red_reports(event: ev.Event) -> Sequence[CheckReport]:
    """Return the reports of an event whose output a person will want to read."""
    if isinstance(event, ev.ChecksRun):
        return [report for report in event.reports if not report.is_green]
    return []


def _run_started(event: ev.RunStarted) -> tuple[str, ...]:
    dry = ", dry run" if event.dry_run else ""
    title = one_line(event.issue_title)
    base = f"{one_line(event.base_branch)} at {event.base_commit[:_SHORT_COMMIT]}"
    return (
        f"issue #{event.issue_number} of {one_line(event.repository)}: {title}",
        f"run {event.run_id}, base {base}{dry}",
    )


def _plan_lines(
    event: ev.PlanRefused | ev.PlanAccepted | ev.PlanRevised | ev.AgentChosen,
) -> tuple[str, ...]:
    match event:
        case ev.PlanRefused():
            return (
                f"plan refused (attempt {event.attempt})",
                *(f"  {one_line(problem)}" for problem in event.problems),
            )
        case ev.PlanAccepted(plan=plan):
            return _task_lines(plan)
        case ev.PlanRevised(plan=plan):
            return (f"plan revised: {one_line(event.why)}", *_task_lines(plan))
        case ev.AgentChosen():
            return (f"  task {event.task_id}: {one_line(event.in_words)}",)


def _before_work(
    event: ev.PreflightLooked | ev.QuestionsAsked | ev.QuestionsSettled,
) -> tuple[str, ...]:
    match event:
        case ev.PreflightLooked():
            said = with_hint(event.text, event.hint)
            return (f"pre-flight, {event.look}: {event.verdict}. {said}",)
        case ev.QuestionsAsked(questions=questions):
            return tuple(
                f"question {number}: {one_line(question.text)} "
                f"(if nobody answers: {one_line(question.default)})"
                for number, question in enumerate(questions, start=1)
            )
        case ev.QuestionsSettled(answers=answers):
            return tuple(_answer_line(answer) for answer in answers)


def _answer_line(answer: Answer) -> str:
    question = one_line(answer.question.text)
    if answer.by:
        return f"answered by {one_line(answer.by)}: {question} {one_line(answer.text)}"
    return f"not answered by its number: {question} Default: {one_line(answer.question.default)}"


def _outcome_line(outcome: Outcome) -> str:
    kind = f" ({outcome.failure_class})" if outcome.failure_class else ""
    return f"{outcome.conclusion}{kind}: {with_hint(outcome.summary, outcome.hint)}"


def _spent_line(record: RunRecord) -> str:
    spent, before = record.spend, record.spend_before
    of_that = f", ${before.usd:.4f} of that by earlier runs" if before.usd else ""
    return f"spent ${spent.usd:.4f} and {spent.usage.total_tokens:,} tokens{of_that}"


def _task_lines(plan: Plan) -> tuple[str, ...]:
    return tuple(
        f"  task {task.id} [{task.stage}] {task.agent}: {one_line(task.title)}"
        for task in plan.tasks
    )


def _tool_line(event: ev.ToolAnswered) -> str:
    where = "" if event.task_id is None else f" · task {event.task_id}"
    failed = " (error)" if event.is_error else ""
    return f"  {event.agent}{where} · {one_line(event.tool, 40)} {one_line(event.subject)}{failed}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _check_line(report: CheckReport, where: str) -> str:
    ending = "green" if report.is_green else f"{report.ending}, exit code {report.exit_code}"
    count = "" if report.tests_run is None else f", {_counted(report.tests_run, 'test')}"
    return f"{report.kind} on {where}: {ending}{count} in {report.duration_s:.1f} s"
