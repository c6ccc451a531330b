"""`approved_review`: every required look at exactly this tree ended in an approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.review import Lens, Severity, Verdict, standing_passes
from orchestrator.gates.verdicts import result, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.review import ReviewPass
    from orchestrator.gates.gates import Evidence

WHOLE_CHANGE = (Lens.SECURITY, Lens.PERFORMANCE, Lens.ARCHITECTURE, Lens.STYLE)


class ApprovedReview:
    """A missing, empty, crashed or stale review is not an approval."""

    name = "approved_review"

    def __init__(self, lenses: Sequence[Lens] = WHOLE_CHANGE) -> None:
        """Keep the lenses that must all approve."""
        self._lenses = tuple(lenses)

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge the latest pass of each required lens; those of undone fixes do not count."""
        latest = {review.lens: review for review in standing_passes(evidence.reviews)}
        found = [_judge_pass(lens, latest.get(lens), evidence) for lens in self._lenses]
        if all(verdict is GateVerdict.PASSED for verdict, _ in found) and found:
            names = ", ".join(self._lenses)
            reason = f"Approved by every pass on this tree: {names}."
            return result(self.name, evidence, GateVerdict.PASSED, reason)
        return worst(self.name, evidence, found)


def _judge_pass(
    lens: Lens, review: ReviewPass | None, evidence: Evidence
) -> tuple[GateVerdict, str]:
    if review is None:
        return GateVerdict.NO_EVIDENCE, f"There is no {lens} review."
    if evidence.reviewers is not None and review.reviewer not in evidence.reviewers:
        who = repr(review.reviewer) if review.reviewer else "nobody known"
        return GateVerdict.NO_EVIDENCE, f"The {lens} review is by {who}, who is no reviewer here."
    if review.tree != evidence.change.tree:
        return GateVerdict.NO_EVIDENCE, f"The {lens} review saw another tree than the head's."
    if review.verdict is None:
        return GateVerdict.NO_EVIDENCE, f"The {lens} review gave no valid answer."
    blocking = [finding for finding in review.findings if finding.severity is Severity.BLOCKING]
    if blocking:
        places = ", ".join(f"{finding.path}:{finding.line}" for finding in blocking)
        return GateVerdict.FAILED, f"The {lens} review has blocking findings: {places}."
    if review.verdict is not Verdict.APPROVE:
        return GateVerdict.FAILED, f"The {lens} review asks for changes."
    if not review.checked and not review.findings:
        return GateVerdict.NO_EVIDENCE, f"The {lens} review does not say what it checked."
    return GateVerdict.PASSED, f"The {lens} review approves."
