"""The issue itself: is there something to work on, and do questions wait for an answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.stages.preflight.issue_signs import is_hopeless, signs
from orchestrator.stages.preflight.scene import passed, stopped, warned
from orchestrator.stages.questions import still_asking

if TYPE_CHECKING:
    from orchestrator.stages.preflight.scene import Scene, Sight


def issue_quality(scene: Scene) -> Sight:
    """Stop at an issue that says nothing; tell doubtful signs to the people and the analysis."""
    if is_hopeless(scene.issue):
        return stopped(_nothing_said(scene.issue.number))
    found = signs(scene.issue)
    if found:
        hint = (
            "The analysis looks into it, and asks before anything is implemented if need be. "
            "Surer: write what happens today, what should happen, and how to tell that it is done."
        )
        return warned(" ".join(found), hint)
    return passed("It has a text and says what is wanted.")


def answers(scene: Scene) -> Sight:
    """Stop while questions of an earlier run wait for an answer; asking again costs nothing."""
    record = scene.journal.record
    if record.asked is not None and scene.settings.questions:
        return stopped(still_asking(record.asked))
    if record.answers:
        count = len(record.answers)
        given = sum(bool(answer.by) for answer in record.answers)
        return passed(f"{count} questions were asked, {given} of them answered by their number.")
    return passed("No question waits for an answer.")


def _nothing_said(number: int) -> Outcome:
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=FailureClass.AMBIGUOUS_REQUIREMENTS,
        summary=f"Issue #{number} has no text, and its title does not say what should be done. "
        "Nothing was spent.",
        hint="Write what happens today, what should happen instead, and how one can tell that it "
        "is done, then run again.",
    )
