"""Hands work to agents: renders what they are told, gives them tools, runs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from orchestrator.agents.assignment import Assignment
from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.config.models import ModelGroup
from orchestrator.domain.errors import ToolError
from orchestrator.domain.event import AgentStopped, Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.requirements import SearchAnswer
from orchestrator.domain.role import RoleKind
from orchestrator.llm.capabilities import more_effort
from orchestrator.rendering.contexts import FixTask, ImplementTask, QuestionTask, TestTask
from orchestrator.rendering.prompts import render_system, render_task
from orchestrator.rendering.review_contexts import ReviewTask
from orchestrator.sandbox.sandbox import Access
from orchestrator.scheduling.workers import InOrder, map_parallel
from orchestrator.tools.outfit import Wanted, outfit
from orchestrator.tools.workspace import Workspace
from orchestrator.tools.write_rules import WriteRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orchestrator.agents.agent import Agent
    from orchestrator.agents.endings import AgentEnding
    from orchestrator.config.limits import LimitSettings
    from orchestrator.config.models import ModelSettings
    from orchestrator.domain.check import CheckKind
    from orchestrator.domain.event import Event
    from orchestrator.domain.message import ToolCall
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.role import Role
    from orchestrator.rendering.contexts import TaskForm
    from orchestrator.rendering.review_contexts import ReviewedChange
    from orchestrator.rendering.templates import Templates
    from orchestrator.stages.workplace import Workplace, Workplaces
    from orchestrator.telemetry.clock import Clock
    from orchestrator.tools.toolbox import Answer

T = TypeVar("T", bound=BaseModel)

GROUPS = {
    RoleKind.ORCHESTRATOR: ModelGroup.PLAN,
    RoleKind.IMPLEMENTER: ModelGroup.IMPLEMENT,
    RoleKind.TESTER: ModelGroup.IMPLEMENT,
    RoleKind.REVIEWER: ModelGroup.REVIEW,
    RoleKind.VERIFIER: ModelGroup.REVIEW,
    RoleKind.READER: ModelGroup.SEARCH,
}
"""Which of the configured models works for which kind of role."""
_PARALLEL_CALLS = 8
_SLOW_S = 240.0
"""The short cache lives for five minutes from the beginning of a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[T]):
    """One piece of work for one agent."""

    name: str
    """Names the conversation, such as `implementation/2`; made unique by the staff."""
    role: Role
    stage: str
    form: TaskForm
    wanted: Wanted[T]
    commit: str
    """What a delegated question is asked about."""
    change: ReviewedChange | None = None
    """Set for a review."""
    has_colleagues: bool = False
    """Whether others review the same change, before or after."""
    place: Workplace | None = None
    """`None` for the orchestrator, who sees no files."""
    rules: WriteRules | None = None
    """Set for roles that may write."""
    task_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the agents of a run share."""

    agent: Agent
    templates: Templates
    brief: Callable[[], str]
    """The same bytes at every call; first asked for after the commands ran on the base."""
    models: ModelSettings
    limits: LimitSettings
    searcher: Role
    clock: Clock
    emit: Callable[[Event], None]
    record: Callable[[], RunRecord]
    """The run so far."""
    deadline_s: float | None


class Staff:
    """Runs agents; safe to use from several threads."""

    def __init__(self, house: House, workplaces: Workplaces) -> None:
        """Begin with nobody at work."""
        self._house = house
        self._workplaces = workplaces
        self._numbers = count(1)

    def do(self, job: Job[T]) -> AgentEnding[T]:
        """Have the job done and return how it ended; an honest exit is put on record."""
        ending = self._done(job)
        if isinstance(ending, Exited) and not isinstance(job.form, QuestionTask):
            self._house.emit(
                AgentStopped(
                    agent=job.role.name, stage=job.stage, task_id=job.task_id, exit=ending.exit
                )
            )
        return ending

    def _done(self, job: Job[T]) -> AgentEnding[T]:
        house = self._house
        number = next(self._numbers)
        turns = job.role.max_turns or house.limits.agent.turns
        choice = house.models.of_group(GROUPS[job.role.kind])
        record = house.record()
        is_again = _is_again(job.form)
        is_one_more = is_again and choice.escalation.effort is None
        routed = choice.route(
            model=job.role.model,
            effort=job.role.effort,
            complexity=record.plan.complexity if record.plan is not None else None,
            is_again=is_again,
        )
        opening, task = render_task(
            house.templates, job.role, job.form, turns=turns, change=job.change
        )
        return house.agent.run(
            Assignment(
                conversation=f"{job.name}/{number}",
                role=job.role,
                stage=job.stage,
                model=routed.model,
                effort=more_effort(*routed) if is_one_more else routed.effort,
                fallbacks=tuple(model for model in choice.fallbacks if model != routed.model),
                may_idle=_may_idle(job.role, record),
                has_followers=_has_followers(job.form),
                system=render_system(house.templates, job.role.kind),
                brief=house.brief(),
                material=opening if job.has_colleagues else "",
                task=task if job.has_colleagues else f"{opening}\n{task}",
                toolbox=outfit(
                    role=job.role,
                    wanted=job.wanted,
                    clock=house.clock,
                    emit=house.emit,
                    task_id=job.task_id,
                    workspace=_workspace(job),
                    cell=job.place.cell if job.place else None,
                    delegate=self._delegate_of(job),
                    map_calls=_at_once,
                    start=InOrder(),
                ),
                shape=job.wanted.shape,
                max_turns=turns,
                task_id=job.task_id,
                deadline_s=house.deadline_s,
            )
        )

    def _delegate_of(self, job: Job[T]) -> Callable[[str, str], str] | None:
        is_asked_itself = isinstance(job.form, QuestionTask)
        return None if is_asked_itself else partial(self._ask_searcher, job)

    def _ask_searcher(self, job: Job[T], description: str, prompt: str) -> str:
        """Answer a colleague's question; one level deep.

        Raises:
            ToolError: There is no answer; the text says why.
        """
        with self._workplaces.open(job.commit, access=Access.READ) as place:
            ending = self.do(
                Job(
                    name=f"{job.name}/question",
                    role=self._house.searcher,
                    stage=job.stage,
                    form=QuestionTask(question=prompt, asked_by=job.role.name),
                    wanted=Wanted(shape=SearchAnswer),
                    commit=job.commit,
                    place=place,
                    task_id=job.task_id,
                )
            )
        match ending:
            case Submitted(result=answer):
                return answer_text(answer)
            case Exited(exit=exit_):
                raise ToolError(f"{description}: no answer ({exit_.status}): {exit_.reason}")
            case Failed(text=text):
                self._house.emit(Noted(level=NoteLevel.WARNING, text=f"{description}: {text}"))
                raise ToolError(f"{description}: no answer: {text} Look for yourself.")


def answer_text(answer: SearchAnswer) -> str:
    """Return a search answer as text for a model."""
    places = [
        f"- {item.path}{f':{item.lines}' if item.lines else ''}: {item.why}"
        for item in answer.evidence
    ]
    missing = [f"- not found: {item}" for item in answer.not_found]
    return "\n".join([answer.answer, *places, *missing])


def _is_again(form: TaskForm) -> bool:
    """Tell whether this attempt follows one that failed a check: it deserves more effort."""
    match form:
        case ImplementTask(attempt=number) | TestTask(attempt=number):
            return number > 1
        case FixTask():
            return True
        case _:
            return False


def _has_followers(form: TaskForm) -> bool:
    """Tell whether others of its kind begin late: whole tasks lie between looks at single ones.

    Everywhere else one begins when the other ends, which keeps what they share in the cache.
    """
    return isinstance(form, ReviewTask) and form.task is not None


def _may_idle(role: Role, record: RunRecord) -> bool:
    """Tell whether the project's commands, which this role may run, outlive the short cache."""
    # One command may run all of them.
    slowest: dict[CheckKind, float] = {}
    for check in record.base_checks:
        slowest[check.kind] = max(check.duration_s, slowest.get(check.kind, 0.0))
    return "Bash" in role.tools and sum(slowest.values()) >= _SLOW_S


def _workspace(job: Job[T]) -> Workspace | None:
    if job.place is None:
        return None
    root = str(job.place.worktree.root)
    rules = job.rules or WriteRules(kind=job.role.kind, restrictions=job.role.restrictions)
    return Workspace(files=job.place.files, rules=rules, roots=(root,))


def _at_once(answer: Callable[[ToolCall], Answer], calls: Sequence[ToolCall]) -> Iterable[Answer]:
    return map_parallel([partial(answer, call) for call in calls], _PARALLEL_CALLS)
