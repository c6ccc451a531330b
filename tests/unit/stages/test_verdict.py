"""How a run ends whose requirements are not all green."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import ReviewPassEnded
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.domain.review import Finding, Lens, ReviewPass, Severity, Verdict
from orchestrator.stages.results import Results
from orchestrator.stages.verdict import concluded
from tests.unit.stages.test_publish import a_commit

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish


def _look(lens: Lens, verdict: Verdict, *, is_undone: bool = False) -> ReviewPassEnded:
    blocking = Finding(
        severity=Severity.BLOCKING,
        path="a.py",
        line=1,
        quote="x",
        claim="Wrong.",
        evidence="Seen.",
        suggestion="",
    )
    return ReviewPassEnded(
        review=ReviewPass(
            lens=lens,
            round=1,
            tree="t",
            verdict=verdict,
            findings=(blocking,) if verdict is Verdict.CHANGES else (),
            dropped=(),
            is_undone=is_undone,
        )
    )


def test_concluded__classes_by_the_reviews_that_stand(furnish: Furnish) -> None:
    """An approval of a tree that was given up hides no finding that still blocks."""
    house = furnish()
    head = a_commit(house, "one")
    house.journal.write(_look(Lens.SECURITY, Verdict.CHANGES))
    house.journal.write(_look(Lens.SECURITY, Verdict.APPROVE, is_undone=True))
    house.journal.write(_look(Lens.STYLE, Verdict.CHANGES))
    red = GateResult(gate="approved_review", verdict=GateVerdict.FAILED, reason="No.", commit=head)

    outcome = concluded(house.context, Results(), (red,))

    assert outcome.conclusion is Conclusion.NEEDS_HUMAN
    assert outcome.failure_class is FailureClass.OTHER
