"""Finished work laid anew: on a base that has moved, or without what is to be done again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orchestrator.domain.event import WorkDropped
from orchestrator.domain.work_loss import Lost, LostSpend
from orchestrator.stages.losing import whole
from orchestrator.stages.trailers import TASK_TRAILER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from orchestrator.domain.record import RunRecord
    from orchestrator.sandbox.git import Commit, Git
    from orchestrator.stages.losing import Loss

_TASK: Final = re.compile(rf"^{TASK_TRAILER}: (\d+)$", re.MULTILINE)
_MOST_COMMITS = 10_000
_GOES: Final = MappingProxyType(
    {
        Lost.PLAN: "the plan",
        Lost.CHECKS: "the commands on the base, and the review if the change is another now",
        Lost.REVIEWS: "the review of the whole change",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    head: str
    misfit: Commit | None = None
    paths: tuple[str, ...] = ()


def lay_anew(record: RunRecord, loss: Loss, git: Git, *, base: str) -> WorkDropped:
    """Return what an earlier run's work comes to after a loss that is not total.

    Commits that stay are laid on the base one by one, in their order. One that does not fit there
    is left out, and its task is to be done again with all that rests on it.

    Args:
        record: The earlier run's, resumed.
        loss: What cannot be built on.
        git: Gets the new commits.
        base: The commit to work from.

    Raises:
        GitError: A commit that the record speaks of is not there.
    """
    commits = _commits(record, git)
    if Lost.PLAN in loss.lost:
        return _dropped(record, loss, git, base=base, head=base)
    if not loss.has_moved and not any(_task_of(commit) in loss.tasks for commit in commits):
        return _dropped(record, loss, git, base=base, head=record.head or base)
    while (laid := _laid(git, base, commits, without=loss.tasks)).misfit is not None:
        loss = whole(record, _without(record, loss, laid.misfit, laid.paths))
    return _dropped(record, loss, git, base=base, head=laid.head)


def _without(record: RunRecord, loss: Loss, misfit: Commit, paths: Sequence[str]) -> Loss:
    """Return the loss with a commit that does not fit; one of no task takes all with it."""
    number = _task_of(misfit)
    tasks = {number} if number in record.tasks else {number, *record.tasks}
    why = f"`{misfit.subject}` no longer fits in {', '.join(f'`{path}`' for path in paths)}"
    return replace(loss, why=(*loss.why, why), tasks=loss.tasks | tasks)


def _commits(record: RunRecord, git: Git) -> tuple[Commit, ...]:
    """Return the commits of the work, oldest first."""
    if record.head is None or record.started is None or record.change is None:
        return ()
    log = git.log(record.head, since=record.change.base, limit=_MOST_COMMITS)
    return tuple(reversed(log))


def _task_of(commit: Commit) -> int:
    """Return the task that made a commit, 0 if it does not say."""
    found = _TASK.findall(commit.message)
    return int(found[-1]) if found else 0


def _laid(git: Git, base: str, commits: Sequence[Commit], *, without: Collection[int]) -> _Laid:
    head = base
    for commit in commits:
        if _task_of(commit) in without:
            continue
        merged = git.merge(base=commit.parents[0], ours=head, theirs=commit.id)
        if not merged.is_clean:
            paths = tuple(conflict.path for conflict in merged.conflicts)
            return _Laid(head=head, misfit=commit, paths=paths)
        if merged.tree != git.tree_of(head):
            head = git.commit_tree(
                merged.tree,
                parents=(head,),
                message=f"{commit.message}\n",
                author=commit.author,
                committer=commit.author,
                at=datetime.fromisoformat(commit.committed_at),
            )
    return _Laid(head=head)


def all_dropped(record: RunRecord, loss: Loss) -> WorkDropped:
    """Return that nothing of an earlier run's work is built on.

    Args:
        record: The earlier run's.
        loss: What has changed.
    """
    spent = tuple(
        LostSpend(
            agent=line.agent,
            stage=line.stage,
            model=line.model,
            usage=line.usage,
            usd=line.usd,
            replies=line.replies,
        )
        for line in record.spend_lines
    )
    return WorkDropped(
        why=loss.why,
        lost=(Lost.ALL,),
        tasks=(),
        head=None,
        change=None,
        summary=f"An earlier run is not resumed: {'; '.join(loss.why)}.",
        request=record.request_number,
        ready=record.ready_commit,
        spent=spent,
    )


def _dropped(record: RunRecord, loss: Loss, git: Git, *, base: str, head: str) -> WorkDropped:
    has_work = head != base
    change = git.diff(base, head).model_copy(update={"diff": ""}) if has_work else None
    return WorkDropped(
        why=loss.why,
        lost=tuple(sorted(loss.lost)),
        tasks=tuple(sorted(number for number in loss.tasks if number in record.tasks)),
        head=head if has_work else None,
        change=change,
        summary=_in_words(record, loss),
    )


def _in_words(record: RunRecord, loss: Loss) -> str:
    """Return what has changed, what of the work stays and what does not."""
    kept = [task for task in record.tasks if task not in loss.tasks]
    stays = ["the requirements"] if record.requirements is not None else []
    if record.plan is not None and Lost.PLAN not in loss.lost:
        stays.append("the plan")
    stays += [f"tasks {_listed(kept)}"] if kept else []
    goes = [words for lost, words in _GOES.items() if lost in loss.lost]
    again = [task for task in record.tasks if task in loss.tasks]
    goes += [f"tasks {_listed(again)}"] if again else []
    return (
        f"What the earlier run's work rests on has changed: {'; '.join(loss.why)}. "
        f"Kept: {', '.join(stays) or 'nothing'}. Done again: {', '.join(goes) or 'nothing'}."
    )


def _listed(tasks: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(tasks))
