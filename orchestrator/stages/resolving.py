"""A conflict between tasks as one task of its own, done by somebody who sees both sides."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orchestrator.domain.globs import matches
from orchestrator.domain.work import WorkReport
from orchestrator.rendering.contexts import ConflictSides, ResolveTask
from orchestrator.stages.tasks import ended_event, started_event
from orchestrator.stages.trailers import commit_message
from orchestrator.stages.writing import WritingJob, write

if TYPE_CHECKING:
    from orchestrator.domain.plan import Task
    from orchestrator.domain.requirements import TechnicalRequirements
    from orchestrator.sandbox.merges import Conflict, MergeResult
    from orchestrator.stages.branch import Piece
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.tasks import Attempted

_SIDE_CHARS: Final = 8_000
_MARKER: Final = re.compile(rb"^(?:<{7}|>{7}|\|{7})(?: |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two changes that do not fit side by side."""

    task: Task
    """Whose change came later."""
    piece: Piece
    others: tuple[Task, ...]
    """Whose changes are on the branch already."""
    planned: tuple[Task, ...]
    requirements: TechnicalRequirements


def resolve(context: RunContext, clash: Clash) -> Attempted | None:
    """Have the conflict resolved on top of the head, with both sides in view.

    Returns:
        How it went, with a piece that starts from the head; `None` when the change fits onto
        the head after all, or when nobody else is in the way.
    """
    branch = context.branch
    merged = branch.git.merge(base=clash.piece.start, ours=branch.head, theirs=clash.piece.tree)
    others = _in_the_way(clash, merged)
    if merged.is_clean or not others:
        return None
    has_markers = all(_has_three_sides(conflict) for conflict in merged.conflicts)
    task = _task(context, clash, others)
    start = _marked(context, merged) if has_markers else branch.head
    context.journal.write(started_event(task, 1))
    context.show()
    form = ResolveTask(
        task=clash.task,
        others=others,
        requirements=clash.requirements,
        conflicts=tuple(_sides(conflict, has_markers=has_markers) for conflict in merged.conflicts),
        files=task.files,
        has_markers=has_markers,
    )
    attempted = write(
        context,
        WritingJob(
            task_id=task.id,
            title=task.title,
            stage=task.stage,
            role=context.roster.get(task.agent),
            form=form,
            shape=WorkReport,
            start=start,
            files=task.files,
        ),
    )
    attempted = _checked(context, clash, attempted, merged)
    context.journal.write(ended_event(task, attempted))
    return attempted


def _task(context: RunContext, clash: Clash, others: tuple[Task, ...]) -> Task:
    """Return a task beside the plan: its id follows on, its files are those of all sides."""
    used = [task.id for task in clash.planned] + list(context.journal.record.tasks)
    sides = (*others, clash.task)
    ids = ", ".join(str(side.id) for side in others)
    return clash.task.model_copy(
        update={
            "id": max(used) + 1,
            "title": f"Resolve the conflict of task {clash.task.id} with {ids}",
            "files": tuple(dict.fromkeys(path for side in sides for path in side.files)),
            "acceptance": tuple(dict.fromkeys(item for side in sides for item in side.acceptance)),
        }
    )


def _in_the_way(clash: Clash, merged: MergeResult) -> tuple[Task, ...]:
    """Return the tasks whose files the conflict is in; without any that claims them, all."""
    paths = [conflict.path for conflict in merged.conflicts]
    claimed = [task for task in clash.others if any(matches(path, task.files) for path in paths)]
    return tuple(claimed) or clash.others


def _has_three_sides(conflict: Conflict) -> bool:
    return None not in {conflict.ours, conflict.theirs, conflict.merged}


def _marked(context: RunContext, merged: MergeResult) -> str:
    """Return a commit of the half-merged tree; it is a place to work from, on no branch."""
    branch = context.branch
    return branch.commit_aside(merged.tree, message="Both sides, not merged\n")


def _sides(conflict: Conflict, *, has_markers: bool) -> ConflictSides:
    return ConflictSides(
        path=conflict.path,
        base=_text(conflict.base),
        ours=_text(conflict.ours),
        theirs=_text(conflict.theirs),
        merged=_text(conflict.merged) if has_markers else "",
    )


def _text(content: bytes | None) -> str:
    if content is None:
        return "(there is no such file)"
    text = content.decode(errors="replace")
    if len(text) <= _SIDE_CHARS:
        return text
    return f"{text[:_SIDE_CHARS]}\n[cut: {len(text) - _SIDE_CHARS} more characters]"


def _checked(
    context: RunContext, clash: Clash, attempted: Attempted, merged: MergeResult
) -> Attempted:
    """Return the attempt with its piece as the later task's own, on top of the head."""
    piece = attempted.piece
    if piece is None:
        return attempted
    left = [
        conflict.path
        for conflict in merged.conflicts
        if _markers(context.branch.git.blob(piece.tree, conflict.path))
        > max(_markers(conflict.ours), _markers(conflict.theirs))
    ]
    if left:
        why = f"Conflict markers are left in {', '.join(left)}."
        return replace(attempted, piece=None, why_again=why)
    if piece.tree == context.branch.git.tree_of(context.branch.head):
        why = (
            f"Nothing of task {clash.task.id}'s change is left beside the others'. If theirs do "
            "all of it already, leave the files as they are and say so."
        )
        return replace(attempted, piece=None, why_again=why, is_contained=True)
    message = commit_message(
        context, clash.task.title, agent=clash.task.agent, task_id=clash.task.id
    )
    own = replace(piece, task_id=clash.task.id, start=context.branch.head, message=message)
    return replace(attempted, piece=own)


def _markers(content: bytes | None) -> int:
    return len(_MARKER.findall(content or b""))
