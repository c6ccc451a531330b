"""One attempt at a task that changes files: a fresh worktree in, a permitted tree out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.gates import Evidence
from orchestrator.gates.secrets_rule import NoSecrets
from orchestrator.sandbox.sandbox import Access
from orchestrator.stages.branch import Piece
from orchestrator.stages.scope import within_scope
from orchestrator.stages.staff import Job
from orchestrator.stages.tasks import Attempted
from orchestrator.stages.trailers import commit_message
from orchestrator.tools.outfit import Wanted
from orchestrator.tools.write_rules import WriteRules

if TYPE_CHECKING:
    from orchestrator.domain.change import Change
    from orchestrator.domain.role import Role
    from orchestrator.rendering.contexts import TaskForm
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.workplace import Workplace

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingJob(Generic[T]):
    """A change that somebody is to make."""

    task_id: int
    title: str
    stage: str
    role: Role
    form: TaskForm
    shape: type[T]
    start: str
    """Commit that the worktree is made from."""
    files: tuple[str, ...]
    """Globs that may be changed."""


def write(context: RunContext, job: WritingJob[T]) -> Attempted:
    """Have the change made; a result without any change is sent back for a fresh attempt."""
    rules = WriteRules(
        kind=job.role.kind,
        restrictions=job.role.restrictions,
        task_files=job.files,
        protected=context.constraints.protected_paths,
    )
    with context.workplaces.open(job.start, access=Access.WRITE) as place:
        ending = context.staff.do(
            Job(
                name=f"{job.stage}/{job.task_id}",
                role=job.role,
                stage=job.stage,
                form=job.form,
                wanted=Wanted(shape=job.shape),
                commit=job.start,
                place=place,
                rules=rules,
                task_id=job.task_id,
            )
        )
        attempted = Attempted.of(ending)
        if attempted.result is None:
            return attempted
        return _with_tree(context, job, attempted, _taken(context, job, place, rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    tree: str
    violations: tuple[str, ...]


def _taken(context: RunContext, job: WritingJob[T], place: Workplace, rules: WriteRules) -> _Taken:
    report = place.worktree.snapshot(place.cell)
    scoped = within_scope(context.branch.git, start=job.start, tree=report.tree, rules=rules)
    skipped = tuple(f"`{item.path}` was left out: {item.reason}" for item in report.skipped)
    return _Taken(tree=scoped.tree, violations=(*scoped.violations, *skipped))


def _with_tree(
    context: RunContext, job: WritingJob[T], attempted: Attempted, taken: _Taken
) -> Attempted:
    change = context.branch.git.diff(job.start, taken.tree)
    if not change.files:
        lost = " ".join(taken.violations)
        why = f"The worktree holds no change that this task may make. {lost}".strip()
        return replace(
            attempted,
            violations=taken.violations,
            is_unchanged=not taken.violations,
            why_again=why,
        )
    secret = _secret_in(context, change)
    if secret is not None:
        return replace(attempted, violations=taken.violations, why_again=secret)
    piece = Piece(
        task_id=job.task_id,
        start=job.start,
        tree=taken.tree,
        message=commit_message(context, job.title, agent=job.role.name, task_id=job.task_id),
    )
    return replace(
        attempted,
        piece=piece,
        change=change.model_copy(update={"diff": ""}),
        violations=taken.violations,
    )


def _secret_in(context: RunContext, change: Change) -> str | None:
    """Return what the change would give away; on the branch it would be public at once."""
    gate = next(gate for gate in context.gates() if gate.name == NoSecrets.name)
    found = gate.judge(
        Evidence(
            change=change,
            base_checks=(),
            head_checks=(),
            reviews=(),
            conflicts=None,
            protected_paths=(),
            max_changed_lines=None,
            max_files=None,
        )
    )
    return found.reason if found.verdict is GateVerdict.FAILED else None
