"""Which findings of a review a reader is shown, and as what."""

from __future__ import annotations

from orchestrator.domain.review import Finding, Lens, ReviewPass, Severity, Verdict
from orchestrator.rendering.report_findings import open_findings, settled_findings


def _finding(claim: str, severity: Severity = Severity.BLOCKING) -> Finding:
    return Finding(
        severity=severity,
        path="app.py",
        line=3,
        quote="x = 1",
        claim=claim,
        evidence="run it",
        suggestion="",
    )


def _look(round_: int, verdict: Verdict | None, *findings: Finding) -> ReviewPass:
    return ReviewPass(
        lens=Lens.SECURITY,
        round=round_,
        tree=f"t{round_}",
        verdict=verdict,
        findings=findings,
        dropped=(),
    )


def test_settled_findings__blocking_one_that_was_approved_away() -> None:
    """A blocking finding counts as settled once its lens approves; advice never does."""
    advice = _finding("taste", Severity.ADVISORY)
    looks = (_look(1, Verdict.CHANGES, _finding("leak"), advice), _look(2, Verdict.APPROVE))

    settled = settled_findings(looks)

    assert [finding.claim for _, finding in settled] == ["leak"]
    assert open_findings(looks) == ()


def test_settled_findings__none_without_an_approval() -> None:
    """While a lens asks for changes or is silent, nothing of it is called settled."""
    asked = (_look(1, Verdict.CHANGES, _finding("leak")), _look(2, Verdict.CHANGES, _finding("x")))
    silent = (_look(1, Verdict.CHANGES, _finding("leak")), _look(2, None))

    assert settled_findings(asked) == ()
    assert settled_findings(silent) == ()
