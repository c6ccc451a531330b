"""Running tasks of one stage: in order, side by side, each with one fresh second attempt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from orchestrator.agents.endings import Exited, Failed, FailureKind, Submitted
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.event import TaskEnded, TaskStarted, TaskStatus
from orchestrator.domain.requirements import SearchAnswer
from orchestrator.domain.work import TestsReport, WorkReport
from orchestrator.scheduling.scheduler import Hooks, run_tasks
from orchestrator.stages.endings import outcome_of_exit, outcome_of_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from orchestrator.agents.endings import AgentEnding
    from orchestrator.domain.change import Change
    from orchestrator.domain.outcome import Outcome
    from orchestrator.domain.plan import Task
    from orchestrator.domain.work import HonestExit
    from orchestrator.stages.branch import Piece
    from orchestrator.stages.context import RunContext

T = TypeVar("T", bound=BaseModel)

LAST_ATTEMPT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """How one attempt at a task ended."""

    result: BaseModel | None = None
    exit: HonestExit | None = None
    failure: Failed | None = None
    piece: Piece | None = None
    """What a writing task adds to the branch."""
    change: Change | None = None
    violations: tuple[str, ...] = ()
    is_unchanged: bool = False
    """The agent was to change files and left every one as it was."""
    is_contained: bool = False
    """A resolution that left nothing of the later change: it may be there already."""
    why_again: str = ""
    """Set when there is a result that is not good enough: evidence for a fresh attempt."""
    number: int = 1
    """1 for the first attempt."""

    @classmethod
    def of(cls, ending: AgentEnding[T]) -> Attempted:
        """Return the attempt of an agent that left no tree behind."""
        match ending:
            case Submitted(result=result):
                return cls(result=result)
            case Exited(exit=exit_):
                return cls(exit=exit_)
            case Failed() as failure:
                return cls(failure=failure)

    @property
    def is_done(self) -> bool:
        """Whether dependents may build on it."""
        return self.result is not None and not self.why_again

    @property
    def evidence(self) -> str:
        """What the next attempt must know; empty when there must be none."""
        if self.why_again:
            return self.why_again
        if self.failure is not None and not self.failure.kind.ends_run:
            return f"{self.failure.text}\n{self.failure.trace}".rstrip()
        return ""

    @property
    def summary(self) -> str:
        """One sentence for people."""
        if self.failure is not None:
            return self.failure.text
        if self.exit is not None:
            return f"Stopped ({self.exit.status}): {self.exit.reason}"
        if self.why_again:
            return self.why_again
        match self.result:
            case WorkReport(summary=summary) | TestsReport(summary=summary):
                return summary
            case SearchAnswer(answer=answer):
                return answer
            case _:
                return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a stage's tasks."""

    by_task: dict[int, Attempted] = field(default_factory=dict)
    """Last attempt by task id, for tasks that were started."""
    stop: Outcome | None = None
    """Set when something that was planned is missing."""


Attempt: TypeAlias = "Callable[[Task, int, str], Attempted]"
"""(task, attempt number, evidence of the attempt before or empty) → how it ended."""


def attempt_all(
    context: RunContext,
    tasks: Sequence[Task],
    attempt: Attempt,
    *,
    on_done: Callable[[Task, Attempted], Attempted] | None = None,
) -> Done:
    """Run the tasks as their dependencies allow and return what became of them.

    Tasks that the record shows as done, from a run that this one resumes, are left out. A sandbox
    that breaks around an attempt ends its task alone.

    Args:
        context: The run.
        tasks: Those of one stage, in plan order.
        attempt: Does one attempt in a thread of its own, with a tree of its own.
        on_done: Called on this thread when a task is done. Returns how the task really ended,
            for the record; its dependents start only if that is done.
    """
    tasks = [task for task in tasks if not is_done(context, task)]
    return _Round(context, attempt, on_done).play(tasks)


class _Round:
    """The tasks of one stage in progress; its state changes on the scheduler's own thread."""

    def __init__(
        self,
        context: RunContext,
        attempt: Attempt,
        on_done: Callable[[Task, Attempted], Attempted] | None,
    ) -> None:
        self._context = context
        self._attempt = attempt
        self._on_done = on_done
        self._refused: list[Attempted] = []

    def play(self, tasks: Sequence[Task]) -> Done:
        ended = run_tasks(
            tasks,
            lambda task: _with_retry(self._context, task, self._attempt),
            limit=_at_once(self._context, tasks),
            is_success=self._is_success,
            hooks=Hooks(on_start=self._begin, on_end=self._end, on_skip=self._skip),
            cancel=self._context.cancel,
        )
        by_task = {item.task.id: item.value for item in ended if item.value is not None}
        stop = _stop(tasks, by_task)
        return Done(by_task=by_task, stop=stop)

    def _begin(self, task: Task) -> None:
        self._context.journal.write(started_event(task, 1))
        self._context.show()

    def _end(self, task: Task, attempted: Attempted) -> None:
        final = attempted
        if attempted.is_done and self._on_done is not None:
            final = self._on_done(task, attempted)
            if not final.is_done:
                self._refused.append(attempted)
        # On record as done only when it is on the branch: a run that is killed in between
        # does the task again.
        self._context.journal.write(ended_event(task, final))
        self._context.show()

    def _is_success(self, attempted: Attempted) -> bool:
        return attempted.is_done and not any(attempted is other for other in self._refused)

    def _skip(self, task: Task, blocked_by: tuple[int, ...]) -> None:
        waits_for = ", ".join(str(number) for number in blocked_by)
        self._context.journal.write(started_event(task, 0))
        self._context.journal.write(
            TaskEnded(
                task_id=task.id,
                attempt=0,
                status=TaskStatus.SKIPPED,
                summary=f"Not started: it needs task {waits_for}.",
            )
        )


def _at_once(context: RunContext, tasks: Sequence[Task]) -> int:
    """Return how many tasks of this stage may run at the same time."""
    stages = {task.stage for task in tasks}
    settings = [stage for stage in context.workflow.stages if stage.name in stages]
    return context.limits.parallel if all(stage.parallel for stage in settings) else 1


def _with_retry(context: RunContext, task: Task, attempt: Attempt) -> Attempted:
    evidence = ""
    attempted = Attempted()
    for number in range(1, LAST_ATTEMPT + 1):
        if number > 1:
            context.journal.write(started_event(task, number))
        attempted = replace(_tried(attempt, task, number, evidence), number=number)
        evidence = attempted.evidence
        is_last = number == LAST_ATTEMPT or context.cancel.is_cancelled
        if attempted.is_done or not evidence or is_last:
            break
        context.journal.write(ended_event(task, attempted))
    return attempted


def _tried(attempt: Attempt, task: Task, number: int, evidence: str) -> Attempted:
    """Make an attempt; a sandbox that broke around one task is no reason to stop the others."""
    try:
        return attempt(task, number, evidence)
    except SandboxError as error:
        failure = Failed(kind=FailureKind.ENVIRONMENT, text=str(error), hint=error.hint)
        return Attempted(failure=failure)


def is_done(context: RunContext, task: Task) -> bool:
    """Tell whether a task is on record as done, by this run or by one that it resumes."""
    known = context.journal.record.tasks.get(task.id)
    return known is not None and known.status is TaskStatus.DONE


def _status(attempted: Attempted) -> TaskStatus:
    if attempted.is_done:
        return TaskStatus.DONE
    return TaskStatus.STOPPED if attempted.exit is not None else TaskStatus.FAILED


def _stop(tasks: Sequence[Task], by_task: dict[int, Attempted]) -> Outcome | None:
    for task in tasks:
        attempted = by_task.get(task.id)
        if attempted is not None and not attempted.is_done:
            return outcome_of_attempt(task, attempted)
    return None


def outcome_of_attempt(task: Task, attempted: Attempted) -> Outcome:
    """Return how a run ends that cannot do without this task."""
    who = f"Task {task.id} ({task.title}, {task.agent})"
    if attempted.exit is not None:
        return outcome_of_exit(attempted.exit, who=who)
    failure = attempted.failure or Failed(
        kind=FailureKind.NO_RESULT,
        text=attempted.summary,
        hint="Look at the task's transcript in the journal; split or clarify the issue.",
    )
    return outcome_of_failure(failure, who=who)


def started_event(task: Task, number: int) -> TaskStarted:
    """Return the journal's word on the beginning of an attempt."""
    return TaskStarted(
        task_id=task.id, title=task.title, agent=task.agent, stage=task.stage, attempt=number
    )


def ended_event(task: Task, attempted: Attempted) -> TaskEnded:
    """Return the journal's word on an attempt; what is not done leaves no tests."""
    result = attempted.result
    return TaskEnded(
        task_id=task.id,
        attempt=attempted.number,
        status=_status(attempted),
        summary=attempted.summary,
        change=attempted.change,
        work=result if isinstance(result, WorkReport) else None,
        tests=result if isinstance(result, TestsReport) and attempted.is_done else None,
        answer=result if isinstance(result, SearchAnswer) else None,
        exit=attempted.exit,
        violations=attempted.violations,
    )
