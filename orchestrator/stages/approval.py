"""Whether somebody who may has looked at the delicate files of a change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.gates.protected_rule import waits_for_approval

if TYPE_CHECKING:
    from orchestrator.gates.gates import Evidence
    from orchestrator.stages.context import RunContext


def approver(context: RunContext, evidence: Evidence) -> str:
    """Return who approved the head with the label, empty if nobody did or nobody has to.

    The label counts only if somebody with write permission put it on after the head could be
    seen. A forge that does not say is no approval.
    """
    request, shown = context.journal.record.pull_request, context.journal.record.shown
    if request is None or not waits_for_approval(evidence):
        return ""
    if shown is None or shown.commit != evidence.change.head:
        return ""
    scene = context.scene
    try:
        added = scene.survey.label_added(request.number, evidence.approval_label)
        if added is None:
            return ""
        may_approve = scene.forge.permission(added.by).can_write
    except (ForgeError, NotAuthorisedError) as error:
        _note(context, f"Whether anybody approved could not be found out: {error}")
        return ""
    if not may_approve:
        _note(context, f"The label `{evidence.approval_label}` is {added.by!r}'s, who may not.")
        return ""
    if datetime.fromisoformat(added.at) < datetime.fromisoformat(shown.since):
        _note(context, f"The label `{evidence.approval_label}` is older than the last change.")
        return ""
    return added.by


def _note(context: RunContext, text: str) -> None:
    context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
