"""The rows of our reports, counted from the record and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckEnding, CheckReport
from orchestrator.domain.event import AgentStopped, TaskStatus
from orchestrator.domain.review import Lens, Severity, Verdict
from orchestrator.domain.usage import Usage
from orchestrator.rendering.report_findings import by_lens
from orchestrator.rendering.report_state import status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.domain.change import FileChange
    from orchestrator.domain.event import TaskEnded
    from orchestrator.domain.record import RunRecord, SpendLine
    from orchestrator.domain.review import ReviewPass

ICONS: Mapping[TaskStatus, str] = {
    TaskStatus.PENDING: "⬜",
    TaskStatus.RUNNING: "⏳",
    TaskStatus.DONE: "✅",
    TaskStatus.FAILED: "❌",
    TaskStatus.STOPPED: "⏹️",
    TaskStatus.SKIPPED: "⏭️",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A planned task, or a fix task that came later."""

    id: int
    title: str
    agent: str
    stage: str
    status: TaskStatus
    dependencies: tuple[int, ...]
    attempt: int
    seconds: float | None
    ended: TaskEnded | None
    is_planned: bool = True

    @property
    def icon(self) -> str:
        """The status as a picture."""
        return ICONS[self.status]

    @property
    def is_done(self) -> bool:
        """Whether its box is ticked."""
        return self.status is TaskStatus.DONE

    @property
    def files(self) -> tuple[FileChange, ...]:
        """What it put on the branch, as git says."""
        change = self.ended.change if self.ended and self.is_done else None
        return change.files if change else ()

    @property
    def is_given_up(self) -> bool:
        """Whether it made a change that is not on the branch."""
        return not self.is_done and self.ended is not None and self.ended.change is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One command of the project on base and on head."""

    kind: str
    command: str
    base: str
    head: str
    is_green: bool | None
    """On head; `None` when it did not run there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """The last look through one lens."""

    lens: Lens
    looks: int
    verdict: str
    icon: str
    blocking: int
    advisory: int
    is_current: bool
    """Whether it saw the tree that is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What one agent spent."""

    agent: str
    replies: int
    usage: Usage
    usd: Decimal


def task_lines(record: RunRecord) -> tuple[TaskLine, ...]:
    """Return planned tasks in plan order, then the fix tasks in order of their ids."""
    planned = record.plan.tasks if record.plan else ()
    lines = []
    for task in planned:
        known = record.tasks.get(task.id)
        lines.append(
            TaskLine(
                id=task.id,
                title=task.title,
                agent=task.agent,
                stage=task.stage,
                status=status_of(task, record),
                dependencies=task.dependencies,
                attempt=known.attempt if known else 0,
                seconds=known.ended_s - known.started_s if known and known.ended_s else None,
                ended=known.ended if known else None,
            )
        )
    return (*lines, *_fix_lines(record, {task.id for task in planned}))


def _fix_lines(record: RunRecord, planned: set[int]) -> Iterable[TaskLine]:
    for known in sorted(record.tasks.values(), key=lambda item: item.task_id):
        if known.task_id in planned:
            continue
        is_left = record.outcome is not None and known.status is TaskStatus.RUNNING
        yield TaskLine(
            id=known.task_id,
            title=known.title,
            agent=known.agent,
            stage=known.stage,
            status=TaskStatus.STOPPED if is_left else known.status,
            dependencies=(),
            is_planned=False,
            attempt=known.attempt,
            seconds=known.ended_s - known.started_s if known.ended_s else None,
            ended=known.ended,
        )


def exit_lines(record: RunRecord) -> tuple[AgentStopped, ...]:
    """Return every honest exit once; journals of older versions have those of tasks only."""
    told = {(stopped.agent, stopped.task_id, stopped.exit.reason) for stopped in record.exits}
    of_tasks = (
        AgentStopped(agent=each.agent, stage=each.stage, task_id=number, exit=each.ended.exit)
        for number, each in record.tasks.items()
        if each.ended is not None and each.ended.exit is not None
    )
    more = (one for one in of_tasks if (one.agent, one.task_id, one.exit.reason) not in told)
    return (*record.exits, *more)


def current_checks(record: RunRecord) -> tuple[CheckReport, ...]:
    """Return what the project's commands showed on this very head."""
    return tuple(one for one in record.head_checks if record.head in {None, one.commit})


def check_lines(record: RunRecord) -> tuple[CheckLine, ...]:
    """Return one line per command that ran on base or on head, head's order first.

    What a command showed of an older head says nothing of this one.
    """
    base = {(report.kind, report.command): report for report in record.base_checks}
    head = {(report.kind, report.command): report for report in record.head_checks}
    current = {(report.kind, report.command): report for report in current_checks(record)}
    return tuple(
        CheckLine(
            kind=kind,
            command=command,
            base=_words_of(base.get((kind, command))),
            head="not run since the last change"
            if (kind, command) in head and (kind, command) not in current
            else _words_of(current.get((kind, command))),
            is_green=current[kind, command].is_green if (kind, command) in current else None,
        )
        for kind, command in {**head, **base}
    )


def new_failures(record: RunRecord) -> tuple[str, ...]:
    """Return the ids of tests that fail on head and did not fail on base."""
    old = _ids(record.base_checks, CaseResult.FAILED)
    return tuple(sorted(_ids(current_checks(record), CaseResult.FAILED) - old))


def fixed_tests(record: RunRecord) -> tuple[str, ...]:
    """Return the ids of tests that failed on base and pass on head."""
    passed = _ids(current_checks(record), CaseResult.PASSED)
    return tuple(sorted(_ids(record.base_checks, CaseResult.FAILED) & passed))


def new_warnings(record: RunRecord) -> tuple[str, ...]:
    """Return the warnings that head has more of than base."""
    more = _warnings(current_checks(record)) - _warnings(record.base_checks)
    return tuple(sorted(more.elements()))


def review_lines(record: RunRecord) -> tuple[ReviewLine, ...]:
    """Return one line per lens in the order of the passes."""
    tree = record.change.tree if record.change else None
    return tuple(
        ReviewLine(
            lens=lens,
            looks=len(passes),
            verdict=_verdict(passes[-1]),
            icon="✅" if passes[-1].verdict is Verdict.APPROVE else "❌",
            blocking=_count(passes[-1], Severity.BLOCKING),
            advisory=_count(passes[-1], Severity.ADVISORY),
            is_current=lens is Lens.TASK or tree in {None, passes[-1].tree},
        )
        for lens, passes in by_lens(record.reviews).items()
    )


def cost_lines(lines: Sequence[SpendLine]) -> tuple[CostLine, ...]:
    """Return one line per agent in order of first appearance."""
    return tuple(
        _added(agent, [line for line in lines if line.agent == agent])
        for agent in dict.fromkeys(line.agent for line in lines)
    )


def total_cost(lines: Sequence[SpendLine]) -> CostLine:
    """Return everything spent."""
    return _added("Total", lines)


def _added(agent: str, lines: Iterable[SpendLine]) -> CostLine:
    usage, usd, replies = Usage(), Decimal(0), 0
    for line in lines:
        usage, usd, replies = usage + line.usage, usd + line.usd, replies + line.replies
    return CostLine(agent=agent, replies=replies, usage=usage, usd=usd)


def _words_of(report: CheckReport | None) -> str:
    if report is None:
        return "not run"
    if report.ending is not CheckEnding.FINISHED:
        return report.ending.replace("_", " ")
    words = [f"exit {report.exit_code}"]
    if report.cases is not None:
        counts = Counter(case.result for case in report.cases)
        words += [f"{counts[result]} {result}" for result in CaseResult if counts[result]]
    elif report.tests_run is not None:
        words.append(f"{report.tests_run} tests")
    if report.warnings is not None:
        words.append(f"{len(report.warnings)} warnings")
    return ", ".join(words)


def _ids(reports: Iterable[CheckReport], result: CaseResult) -> set[str]:
    return {case.id for report in reports for case in report.cases or () if case.result is result}


def _warnings(reports: Iterable[CheckReport]) -> Counter[str]:
    return Counter(warning for report in reports for warning in report.warnings or ())


def _verdict(review: ReviewPass) -> str:
    words = {Verdict.APPROVE: "approved", Verdict.CHANGES: "asks for changes"}
    return words[review.verdict] if review.verdict else "no valid answer"


def _count(review: ReviewPass, severity: Severity) -> int:
    return sum(finding.severity is severity for finding in review.findings)
