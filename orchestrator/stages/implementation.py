"""Implementation: each task in its own worktree, their results in one line, in plan order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.event import HeadMoved, Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome
from orchestrator.domain.plan import StageName
from orchestrator.domain.work import WorkReport
from orchestrator.rendering.contexts import AnsweredQuestion, FinishedTask, ImplementTask
from orchestrator.scheduling.graph import ancestors
from orchestrator.scheduling.scheduler import touch_same_files
from orchestrator.stages.analysis import question_of
from orchestrator.stages.branch import Misfit
from orchestrator.stages.line import Line
from orchestrator.stages.replanning import replan
from orchestrator.stages.resolving import Clash, resolve
from orchestrator.stages.task_review import looked_at
from orchestrator.stages.tasks import (
    Attempted,
    attempt_all,
    outcome_of_attempt,
    started_event,
)
from orchestrator.stages.writing import WritingJob, write

if TYPE_CHECKING:
    from orchestrator.domain.plan import Task
    from orchestrator.stages.branch import Piece
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

STAGE = StageName.IMPLEMENTATION


def implement(context: RunContext, results: Results) -> Results:
    """Do the plan's implementation tasks and put their changes on the branch.

    What nobody could do is planned anew once, with everything after it.
    """
    stage = _Implementation(context, results)
    after = stage.run()
    revised = replan(context, after, stage.attempts)
    if revised is None or revised.stop is not None:
        return revised or after
    return _Implementation(context, revised).run()


class _Implementation:
    """One stage in progress; its state changes on the scheduler's own thread only."""

    def __init__(self, context: RunContext, results: Results) -> None:
        self._context = context
        self._results = results
        self._plan = results.planned()
        self._tasks = self._plan.of_stage(STAGE)
        self._ancestors = ancestors(self._plan.tasks)
        self._line = Line(context.branch, self._tasks, plan=self._plan.tasks)
        self._work: dict[int, WorkReport] = dict(results.work)
        self._conflict: Outcome | None = None
        self.attempts: dict[int, Attempted] = {}
        """The last one at each task that was started."""

    def run(self) -> Results:
        context = self._context
        done = attempt_all(
            context,
            self._tasks,
            self._attempt,
            on_done=self._integrate,
        )
        self.attempts.update({**done.by_task, **self.attempts})
        stop = done.stop or self._conflict or self._results.stop
        return replace(self._results, work=self._work, stop=stop)

    def _attempt(self, task: Task, number: int, evidence: str) -> Attempted:
        attempted = self._write(task, self._line.start_of(task), number, evidence)
        return looked_at(self._context, self._results, task, attempted, number=number)

    def _write(self, task: Task, start: str, number: int, evidence: str) -> Attempted:
        job = WritingJob(
            task_id=task.id,
            title=task.title,
            stage=STAGE,
            role=self._context.roster.get(task.agent),
            form=self._form(task, number, evidence),
            shape=WorkReport,
            start=start,
            files=task.files,
        )
        return write(self._context, job)

    def _form(self, task: Task, number: int, evidence: str) -> ImplementTask:
        # What an earlier run or plan has done is in every worktree, whether or not it is needed.
        there = self._ancestors[task.id] | self._results.work.keys()
        return ImplementTask(
            task=task,
            requirements=self._results.required(),
            finished=tuple(
                _finished(other, self._work[other.id])
                for other in self._tasks
                if other.id in there and other.id in self._work
            ),
            answers=tuple(
                AnsweredQuestion(question=question_of(other), answer=answer)
                for other in self._plan.tasks
                if (answer := self._results.answers.get(other.id)) is not None
            ),
            siblings=tuple(
                other
                for other in self._tasks
                if other.id != task.id
                and other.id not in there
                and task.id not in self._ancestors[other.id]
                and not touch_same_files(task, other)
            ),
            attempt=number,
            previous=evidence,
        )

    def _integrate(self, task: Task, attempted: Attempted) -> Attempted:
        if attempted.piece is None or not isinstance(attempted.result, WorkReport):
            return attempted
        laid = self._line.add(attempted.piece)
        if isinstance(laid, Misfit):
            return self._reconcile(task, attempted, attempted.piece, laid)
        self._work[task.id] = attempted.result
        move_head(self._context, laid, task_id=task.id)
        return attempted

    def _reconcile(
        self, task: Task, attempted: Attempted, piece: Piece, misfit: Misfit
    ) -> Attempted:
        """Bring together two changes that do not fit: by both sides, else one after the other."""
        paths = ", ".join(misfit.paths)
        self._note(f"Task {task.id} conflicts with another in {paths}; both sides go to one agent.")
        clash = Clash(
            task=task,
            piece=piece,
            others=self._line.others(task),
            planned=self._plan.tasks,
            requirements=self._results.required(),
        )
        resolved = resolve(self._context, clash)
        if resolved is not None and resolved.exit is not None:
            self._conflict = outcome_of_attempt(task, resolved)
            return self._lost(task, replace(resolved, number=attempted.number))
        if resolved is None or resolved.piece is None or not resolved.is_done:
            return self._redo(task, paths, resolved)
        return self._on_top(task, replace(attempted, piece=resolved.piece))

    def _redo(self, task: Task, paths: str, resolved: Attempted | None) -> Attempted:
        """Do a task again on top of everything."""
        context = self._context
        self._note(f"The conflict of task {task.id} is not resolved; it is done again on top.")
        evidence = f"The change conflicted with another task's in {paths}."
        if resolved is not None:
            evidence = f"{evidence} {resolved.why_again}".rstrip()
        number = context.journal.record.tasks[task.id].attempt + 1
        context.journal.write(started_event(task, number))
        again = self._write(task, context.branch.head, number, evidence)
        again = replace(again, number=number)
        is_contained = resolved is not None and resolved.is_contained and again.is_unchanged
        if is_contained and isinstance(again.result, WorkReport):
            # Two agents, each on its own, found it to be there already.
            self._note(f"Task {task.id} has nothing left to do on top of the others' changes.")
            self._work[task.id] = again.result
            return replace(again, why_again="")
        if again.piece is None or not isinstance(again.result, WorkReport):
            is_told = again.exit is not None or again.failure is not None
            self._conflict = (
                outcome_of_attempt(task, again) if is_told else _unresolved(task, paths)
            )
            return self._lost(task, again)
        return self._on_top(task, again)

    def _on_top(self, task: Task, attempted: Attempted) -> Attempted:
        """Put on the branch what was made on its head."""
        if attempted.piece is not None and isinstance(attempted.result, WorkReport):
            self._work[task.id] = attempted.result
            laid = self._line.put_on_top(attempted.piece)
            move_head(self._context, laid, task_id=task.id)
        return attempted

    def _lost(self, task: Task, attempted: Attempted) -> Attempted:
        """Remember how a task really ended whose agent had a result."""
        self.attempts[task.id] = attempted
        return attempted

    def _note(self, text: str) -> None:
        self._context.journal.write(Noted(level=NoteLevel.WARNING, text=text))


def move_head(context: RunContext, commit: str, *, task_id: int | None = None) -> None:
    """Make a commit the branch's head and put it on record.

    Args:
        context: The run.
        commit: Descends from the base.
        task_id: The task whose work it brings in; its end has to be put on record next.
    """
    if commit == context.branch.head:
        return
    context.branch.advance(commit)
    change = context.branch.change().model_copy(update={"diff": ""})
    context.journal.write(HeadMoved(commit=commit, change=change, task_id=task_id))


def _finished(task: Task, work: WorkReport) -> FinishedTask:
    return FinishedTask(
        task_id=task.id,
        title=task.title,
        agent=task.agent,
        summary=work.summary,
        files=tuple(change.path for change in work.changes),
    )


def _unresolved(task: Task, paths: str) -> Outcome:
    return Outcome(
        conclusion=Conclusion.FAILURE,
        failure_class=FailureClass.MERGE_CONFLICTS,
        summary=f"Task {task.id} conflicts with another in {paths}, and doing it again failed.",
        hint="Run again, or split the issue so that no two tasks touch the same lines.",
    )
