"""The run's branch and pull request: whose commits are there, and what people made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import NotFoundError
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.work_loss import Lost
from orchestrator.stages.preflight.scene import passed, stopped

if TYPE_CHECKING:
    from orchestrator.domain.record_parts import Shown
    from orchestrator.stages.preflight.scene import Scene, Sight

_SHOWN_COMMITS = 5


def own_branch(scene: Scene) -> Sight:
    """Stop at commits that no run made: pushing would lose them; and at a branch that is gone."""
    pushed = scene.journal.record.shown
    if pushed is not None and _is_deleted(scene, pushed):
        return stopped(_deleted(scene, pushed))
    foreign = scene.upstream.foreign_commits()
    if not foreign:
        return passed(f"Nobody else's commits are on `{scene.branch}`.")
    shown = "; ".join(foreign[:_SHOWN_COMMITS])
    return stopped(
        Outcome(
            conclusion=Conclusion.BLOCKED,
            failure_class=FailureClass.OTHER,
            summary=f"The branch for issue #{scene.issue.number} has commits that no run made, "
            f"and they would be lost: {shown}.",
            hint="Merge, move or delete them, or set the input `branch-prefix`, then run again. A "
            "commit of a run that somebody amended or rebased is somebody's.",
        )
    )


def _is_deleted(scene: Scene, shown: Shown) -> bool:
    """Tell whether people took away what a run had pushed; where there is a request, it tells."""
    if scene.journal.record.request_before is not None or shown.branch != scene.branch:
        return False
    return scene.upstream.branch_commit() is None


def _deleted(scene: Scene, shown: Shown) -> Outcome:
    state = f"refs/orchestrator/issue-{scene.issue.number}"
    back = f"{shown.commit}:refs/heads/{shown.branch}"
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.OTHER,
        summary=f"The branch `{scene.branch}` that an earlier run pushed for issue "
        f"#{scene.issue.number} was deleted. Nothing was spent.",
        hint=f"To have its work go on, put it back: `git fetch <remote> {state}`, then `git push "
        f"<remote> {back}`. To begin afresh, delete the ref `{state}`. Then run again.",
    )


def own_request(scene: Scene) -> Sight:
    """Stop where people have closed or merged what an earlier run opened: that was a decision."""
    number = scene.journal.record.request_before
    # By its number: another `branch-prefix` gives this run another branch.
    try:
        request = None if number is None else scene.forge.issue(number)
    except NotFoundError:
        return stopped(_settled(scene, f"#{number} is not there any more", Conclusion.NEEDS_HUMAN))
    if request is None or request.is_open:
        return passed("No pull request of an earlier run was closed or merged.")
    if request.merged_at:
        dropped = scene.journal.record.dropped
        if dropped is not None and Lost.ALL in dropped.lost:
            return passed(f"#{number} was merged; what has changed since is asked for anew.")
        return stopped(_settled(scene, f"#{number} was merged", Conclusion.SKIPPED))
    what = f"#{number} was closed unmerged"
    reopen = "Reopen it to have the work go on there. "
    return stopped(_settled(scene, what, Conclusion.NEEDS_HUMAN, first=reopen))


def _settled(scene: Scene, what: str, conclusion: Conclusion, *, first: str = "") -> Outcome:
    is_decided = conclusion is Conclusion.SKIPPED
    afresh = (
        f"To begin afresh, delete the branch `{scene.branch}` and the ref "
        f"`refs/orchestrator/issue-{scene.issue.number}`, then run again."
    )
    return Outcome(
        conclusion=conclusion,
        failure_class=None if is_decided else FailureClass.OTHER,
        summary=f"The pull request that an earlier run opened for issue #{scene.issue.number} is "
        f"not open: {what}. Nothing was spent.",
        hint=f"{first}{afresh}",
    )
