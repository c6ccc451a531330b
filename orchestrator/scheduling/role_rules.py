"""Rules on who may do a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.plan import StageName
from orchestrator.domain.role import Restriction, RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.plan import Task
    from orchestrator.domain.role import Role

_KINDS = {
    StageName.ANALYSIS: (RoleKind.READER, RoleKind.REVIEWER),
    StageName.IMPLEMENTATION: (RoleKind.IMPLEMENTER,),
    StageName.TESTING: (RoleKind.TESTER,),
    StageName.REVIEW: (RoleKind.REVIEWER, RoleKind.READER),
}
_READING = frozenset({"Read", "Grep", "Glob"})
_WRITING = frozenset({"Edit", "MultiEdit", "Write"})


def problems(task: Task, role: Role | None, known: Sequence[str]) -> Iterator[str]:
    """Yield why the task's agent cannot do it, one sentence each."""
    if role is None:
        names = ", ".join(sorted(known))
        yield f"Task {task.id}: there is no agent {task.agent!r}; choose one of {names}."
        return
    kinds = _KINDS[task.stage]
    if role.kind not in kinds:
        allowed = " or ".join(f"a {kind}" for kind in kinds)
        yield (
            f"Task {task.id}: {task.agent!r} is a {role.kind} and cannot do a task of the stage "
            f"{task.stage.value!r}, which needs {allowed}."
        )
        return
    yield from _missing_tools(task, role)


def _missing_tools(task: Task, role: Role) -> Iterator[str]:
    wanted = _WRITING if role.kind.can_write else _READING
    if role.tools.isdisjoint(wanted):
        yield (
            f"Task {task.id}: {task.agent!r} has none of the tools {', '.join(sorted(wanted))} "
            f"that the stage {task.stage.value!r} needs; choose another agent."
        )
    if role.kind.can_write and Restriction.NO_CODE_MODIFICATION in role.restrictions:
        yield (
            f"Task {task.id}: {task.agent!r} may not modify code "
            f"(`{Restriction.NO_CODE_MODIFICATION}`); choose another agent."
        )
