"""Who asked, and what the token may do: found out before work is done that cannot be handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError
from orchestrator.domain.issue import TriggerKind
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.forge.forge import Rights
from orchestrator.stages.endings import outcome_of_error
from orchestrator.stages.preflight.scene import passed, skipped, stopped, warned

if TYPE_CHECKING:
    from orchestrator.stages.preflight.scene import Scene, Sight


def authority(scene: Scene) -> Sight:
    """Tell whose word the run goes by; intake has refused everybody else."""
    if scene.trigger is TriggerKind.LOCAL:
        return passed("Asked for on this machine, by who owns the checkout.")
    return passed(f"{scene.requester.login} asked for it ({scene.trigger}) and may write here.")


def permissions(scene: Scene) -> Sight:
    """Stop when the token cannot push; nothing is sent to find that out.

    Whether Actions may open pull requests is a setting that no workflow token can read: if it
    may not, the branch is pushed all the same and the error names the setting.
    """
    if not scene.is_published:
        return skipped("Nothing will be pushed.")
    rights = _rights(scene)
    if rights.is_archived:
        return stopped(_refused("The repository is archived.", "Unarchive it in its settings."))
    if rights.can_push is False:
        return stopped(
            _refused(
                "The token may not push to the repository.",
                "Give it `contents: write`, `issues: write` and `pull-requests: write`, or leave "
                "the input `github-token` at its default.",
            )
        )
    try:
        scene.upstream.demand_push()
    except NotAuthorisedError as error:
        return stopped(outcome_of_error(error))
    if rights.rules:
        return warned(
            f"Rules of the repository may refuse `{scene.branch}`: {'; '.join(rights.rules)}.",
            "Let the workflow pass them, or exempt the branches, under Settings → Rules → "
            "Rulesets; or set the input `branch-prefix` to names that no rule is for.",
        )
    return passed(f"`{scene.branch}` may be pushed.")


def _rights(scene: Scene) -> Rights:
    """Return what the forge tells; where it tells nothing, git's own question decides."""
    try:
        return scene.survey.rights(scene.branch)
    except (ForgeError, NotAuthorisedError):
        return Rights()


def _refused(what: str, hint: str) -> Outcome:
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=FailureClass.PERMISSION_MISSING,
        summary=f"{what} Nothing was spent.",
        hint=hint,
    )
