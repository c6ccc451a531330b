"""The run's branch: whose commits are on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.stages.preflight.scene import passed, stopped

if TYPE_CHECKING:
    from orchestrator.stages.preflight.scene import Scene, Sight

_SHOWN_COMMITS = 5


def own_branch(scene: Scene) -> Sight:
    """Stop at commits that no run made: pushing would lose them."""
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
