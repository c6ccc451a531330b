"""Planning the rest anew, once, after a task failed in both its attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.domain.errors import InvalidPlanError
from orchestrator.domain.event import Noted, PlanRevised, TaskStatus
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.plan import StageName
from orchestrator.domain.work import ExitStatus
from orchestrator.rendering.contexts import FailedTask, FinishedTask, ReplanTask
from orchestrator.stages.estimating import price_plan
from orchestrator.stages.plan_checks import plan_problems
from orchestrator.stages.planning import ask_for_plan, choose_agents, plan_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.plan import Plan, Task
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results
    from orchestrator.stages.tasks import Attempted


def replan(
    context: RunContext, results: Results, attempts: Mapping[int, Attempted]
) -> Results | None:
    """Return the results with a new plan for the rest; `None` when the run ends as it stands.

    The new plan is priced like the first one; what cannot be paid stops the run once more.

    Args:
        context: The run.
        results: With the reason to stop.
        attempts: The last attempt at each task of the stage that was started now.
    """
    lost = {number: each for number, each in attempts.items() if not each.is_done}
    is_over = context.cancel.is_cancelled or bool(context.journal.record.revisions)
    if results.stop is None or not lost or is_over:
        return None
    if not all(_may_go_otherwise(each) for each in lost.values()):
        return None
    return _Rest(context, results, lost).plan_anew()


def _may_go_otherwise(attempted: Attempted) -> bool:
    """Tell whether another plan could help: not where a person has to decide, nor without means.

    Who is blocked lacks something that its task did not give it, and a plan may.
    """
    if attempted.exit is not None:
        return attempted.exit.status is ExitStatus.BLOCKED
    return attempted.failure is None or not attempted.failure.kind.ends_run


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a plan that failed."""

    context: RunContext
    results: Results
    lost: Mapping[int, Attempted]

    def plan_anew(self) -> Results | None:
        context, results = self.context, self.results
        form = ReplanTask(
            **plan_terms(context, results, stages=self._stages()),
            finished=tuple(self._finished(task) for task in self._kept()),
            failed=tuple(
                FailedTask(
                    task=results.planned().task(number),
                    attempts=each.number,
                    evidence=_evidence(each),
                )
                for number, each in self.lost.items()
            ),
            open=tuple(task for task in self._left() if task.id not in self.lost),
            first_id=self._first_id(),
        )
        try:
            ending = ask_for_plan(context, form, self._problems)
        except InvalidPlanError as error:
            self._note(f"no new plan was valid: {error}")
            return None
        match ending:
            case Submitted(result=plan):
                return self._follow(plan)
            case Exited(exit=exit_):
                self._note(f"the orchestrator stopped ({exit_.status}): {exit_.reason}")
            case Failed(text=text):
                self._note(f"the orchestrator made no new plan: {text}")
        return None

    def _follow(self, plan: Plan) -> Results:
        whole = self._whole(plan)
        revised = PlanRevised(
            plan=whole,
            dropped=tuple(task.id for task in self._left() if task not in whole.tasks),
            why=plan.summary,
        )
        self.context.journal.write(revised)
        choose_agents(self.context, whole)
        stop = price_plan(self.context, whole)
        self.context.show()
        return replace(self.results, plan=whole, stop=stop)

    def _note(self, why: str) -> None:
        text = f"The rest was not planned anew: {why}"
        self.context.journal.write(Noted(level=NoteLevel.WARNING, text=text))

    def _kept(self) -> tuple[Task, ...]:
        """Return what is done, and what belongs to a stage that is over."""
        record = self.context.journal.record
        done = {number for number, each in record.tasks.items() if each.status is TaskStatus.DONE}
        return tuple(
            task
            for task in self.results.planned().tasks
            if task.id in done or task.stage not in self._stages()
        )

    def _left(self) -> tuple[Task, ...]:
        kept = self._kept()
        return tuple(task for task in self.results.planned().tasks if task not in kept)

    def _stages(self) -> tuple[StageName, ...]:
        """Return the stages that still run tasks: those from the first that can be done anew on."""
        names = [stage.name for stage in self.context.workflow.stages]
        lost = {self.results.planned().task(number).stage for number in self.lost}
        anew = [at for at, name in enumerate(names) if name in {StageName.IMPLEMENTATION, *lost}]
        return tuple(names[min(anew) :])

    def _first_id(self) -> int:
        used = [task.id for task in self.results.planned().tasks]
        return max(*used, *self.context.journal.record.tasks, 0) + 1

    def _finished(self, task: Task) -> FinishedTask:
        work, found = self.results.work.get(task.id), self.results.answers.get(task.id)
        return FinishedTask(
            task_id=task.id,
            title=task.title,
            agent=task.agent,
            summary=work.summary if work else found.answer if found else "",
            files=tuple(change.path for change in work.changes) if work else (),
        )

    def _whole(self, plan: Plan) -> Plan:
        """Return the new plan behind what is kept; a kept task that is repeated stands once."""
        kept = self._kept()
        new = tuple(task for task in plan.tasks if task not in kept)
        return plan.model_copy(update={"tasks": (*kept, *new)})

    def _problems(self, plan: Plan) -> tuple[str, ...]:
        kept, first = self._kept(), self._first_id()
        ids = {task.id for task in kept}
        found = []
        for task in plan.tasks:
            if task in kept:
                continue
            if task.id in ids:
                found.append(f"Task {task.id} is done and stays as it is: leave it out.")
            elif task.id < first:
                found.append(f"Task {task.id}: ids of new tasks begin at {first}.")
            if task.stage not in self._stages():
                found.append(f"Task {task.id}: the stage {task.stage.value!r} is over.")
        if found:
            return tuple(found)
        return plan_problems(self.context, self._whole(plan), finished=frozenset(ids))


def _evidence(attempted: Attempted) -> str:
    lines = [attempted.evidence or attempted.summary]
    lines += attempted.exit.evidence if attempted.exit else ()
    return "\n".join([*lines, *attempted.violations])
