"""Results of gates."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.domain.frozen import Frozen


class GateVerdict(StrEnum):
    """What a gate says; only `PASSED` and `NOT_REQUIRED` let a change through."""

    PASSED = "passed"
    FAILED = "failed"
    NO_EVIDENCE = "no_evidence"
    NOT_REQUIRED = "not_required"


class GateResult(Frozen):
    """One gate's verdict on one commit."""

    gate: str
    verdict: GateVerdict
    reason: str
    commit: str

    @property
    def lets_through(self) -> bool:
        """Whether this result does not stand in the way of a merge."""
        return self.verdict in {GateVerdict.PASSED, GateVerdict.NOT_REQUIRED}
