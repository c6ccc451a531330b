"""What of an earlier run still holds when something that it rests on has changed since.

A change costs what rests on it and no more: a text of the issue everything, a rule of the house
the plan, files that moved upstream the tasks that are about them, a setting of the review the
review. What costs nothing is not named here at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.agents.roles import FINDING_VERIFIER, ORCHESTRATOR, SEARCH_SPECIALIST
from orchestrator.domain.change import FileStatus
from orchestrator.domain.event import TaskStatus
from orchestrator.domain.globs import matches
from orchestrator.domain.plan import StageName
from orchestrator.domain.work_loss import Lost
from orchestrator.scheduling.graph import ancestors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from orchestrator.domain.plan import Task
    from orchestrator.domain.record import RunRecord, TaskRecord
    from orchestrator.domain.review import ReviewPass
    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.repository import Base

_AGENT = "agents."
_AGENT_FILES = ".claude/agents/**/*.md"
_LATE = (StageName.TESTING, StageName.REVIEW)
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What a run that would go on finds."""

    base: Base
    issue_digest: str
    settings: Mapping[str, Lost]
    """Keys of settings that are not what they were → what that costs."""
    rules: tuple[str, ...]
    """Globs of the files with the rules that plans are made by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What cannot be built on any more."""

    why: tuple[str, ...] = ()
    """For people: what has changed, and what that costs, a sentence each."""
    lost: frozenset[Lost] = frozenset()
    tasks: frozenset[int] = frozenset()
    """Finished tasks that are to be done again."""
    has_moved: bool = False
    """Whether the base is another commit than it was."""

    @property
    def is_total(self) -> bool:
        """Whether nothing that was paid for is left."""
        return Lost.ALL in self.lost

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.why)


NO_LOSS = Loss()


def weigh(record: RunRecord, now: Now, git: Git) -> Loss:
    """Return what the changes since an earlier run cost.

    Args:
        record: The earlier run's.
        now: What there is now.
        git: Holds the base and what the earlier run has left.

    Raises:
        GitError: The commits could not be compared.
    """
    if record.started is None:
        return Loss(why=("it never began",), lost=frozenset({Lost.ALL}))
    scale = _Scale(record, now)
    if record.started.issue_digest != now.issue_digest:
        scale.lose(Lost.ALL, "the issue or its comments have changed")
    scale.weigh_settings()
    if record.started.base_commit != now.base.commit:
        scale.weigh_base(git, record.started.base_commit)
    return scale.read()


def whole(record: RunRecord, loss: Loss) -> Loss:
    """Return a loss with everything that rests on what is lost.

    Tests, reviews and fixes rest on all that was implemented; a verdict on nothing else than the
    change it saw.
    """
    plan, known = record.plan, record.tasks
    tasks, lost = set(loss.tasks), set(loss.lost)
    if plan is None or Lost.PLAN in lost:
        tasks |= set(known)
    else:
        before = ancestors(plan.tasks)
        tasks |= {number for number, needed in before.items() if needed & tasks}
        if StageName.IMPLEMENTATION in _stages(known, tasks):
            tasks |= {number for number, task in known.items() if task.stage in _LATE}
            tasks |= {number for number in known if number not in before}
    if _stages(known, tasks) & {StageName.IMPLEMENTATION, StageName.REVIEW}:
        lost.add(Lost.REVIEWS)
    if plan is not None and Lost.REVIEWS in lost:
        tasks |= {task.id for task in plan.of_stage(StageName.REVIEW)}
    return replace(loss, tasks=frozenset(tasks), lost=frozenset(lost))


def _stages(known: Mapping[int, TaskRecord], tasks: Collection[int]) -> set[str]:
    return {known[number].stage for number in tasks if number in known}


class _Scale:
    """Adds up losses."""

    def __init__(self, record: RunRecord, now: Now) -> None:
        self._record = record
        self._now = now
        self._why: list[str] = []
        self._lost: set[Lost] = set()
        self._tasks: set[int] = set()
        self._has_moved = False

    def lose(self, lost: Lost, why: str) -> None:
        """Give up a part."""
        self._lost.add(lost)
        self._why.append(why)

    def read(self) -> Loss:
        """Return the sum, with all that rests on what is lost."""
        loss = Loss(
            why=tuple(dict.fromkeys(self._why)),
            lost=frozenset(self._lost),
            tasks=frozenset(self._tasks),
            has_moved=self._has_moved,
        )
        return whole(self._record, loss) if loss else loss

    def weigh_settings(self) -> None:
        """Weigh every setting that was changed."""
        for key, lost in self._now.settings.items():
            if key.startswith(_AGENT):
                self._weigh_agent(key.removeprefix(_AGENT), f"`{key}` has changed")
            else:
                self.lose(lost, f"`{key}` has changed")

    def _weigh_agent(self, name: str, why: str) -> None:
        """Give up what an agent made that is bound by other words now."""
        if name == ORCHESTRATOR:
            self.lose(Lost.PLAN, why)
            return
        if name == SEARCH_SPECIALIST or self._has_analysed(name):
            self.lose(Lost.ALL, why)
            return
        tasks = [task.id for task in self._done() if task.agent == name]
        reviews = [one for one in self._record.reviews if _has_part_in(name, one)]
        if reviews:
            self._lost.add(Lost.REVIEWS)
        if tasks or reviews:
            self._tasks.update(tasks)
            self._why.append(why)

    def _has_analysed(self, name: str) -> bool:
        """Tell whether an agent wrote the requirements: it spoke in the analysis, for no task."""
        return any(
            (line.agent, line.stage, line.task_id) == (name, StageName.ANALYSIS, None)
            for line in self._record.spend_lines
        )

    def weigh_base(self, git: Git, before: str) -> None:
        """Weigh what the base branch has gained."""
        branch, now = self._now.base.branch, self._now.base.commit
        self._lost.add(Lost.CHECKS)
        if git.resolve(before) is None or not git.is_ancestor(before, now):
            self.lose(Lost.ALL, f"`{branch}` was rewritten, or is another branch than before")
            return
        self._has_moved = True
        self._why.append(f"`{branch}` has moved")
        news = git.diff(before, now).files
        paths = [file.path for file in news]
        deleted = {file.path for file in news if file.status is FileStatus.DELETED}
        gone = _listed(self._cited() & deleted)
        if gone:
            self.lose(Lost.ALL, f"{gone} is gone there, which the requirements rest on")
        rules = _listed(path for path in paths if matches(path, (*self._now.rules, _AGENT_FILES)))
        if rules:
            self.lose(Lost.PLAN, f"{rules} has changed there, and plans are made by it")
        for task in self._done():
            shared = _listed(self._concerned(task, paths))
            if shared:
                self._tasks.add(task.id)
                self._why.append(f"{shared} has changed there, which task {task.id} is about")

    def _done(self) -> Iterator[Task]:
        plan = self._record.plan
        for task in () if plan is None else plan.tasks:
            known = self._record.tasks.get(task.id)
            if known is not None and known.status is TaskStatus.DONE:
                yield task

    def _concerned(self, task: Task, paths: Sequence[str]) -> Iterator[str]:
        """Yield which of the paths a task is about: may change, has changed, or has cited."""
        used = _used(self._record.tasks[task.id])
        return (path for path in paths if path in used or matches(path, task.files))

    def _cited(self) -> frozenset[str]:
        requirements = self._record.requirements
        evidence = () if requirements is None else requirements.evidence
        return frozenset(item.path for item in evidence)


def _has_part_in(name: str, review: ReviewPass) -> bool:
    """Tell whether an agent gave the verdict, or judged what the reviewer had found."""
    if name == FINDING_VERIFIER:
        return bool(review.findings or review.refuted)
    return review.reviewer == name


def _used(task: TaskRecord) -> frozenset[str]:
    ended = task.ended
    changed = () if ended is None or ended.change is None else ended.change.files
    cited = () if ended is None or ended.answer is None else ended.answer.evidence
    return frozenset([*(item.path for item in changed), *(item.path for item in cited)])


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in sorted(paths)[:_SHOWN])
