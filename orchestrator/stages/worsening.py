"""Did a fix make anything worse? Every gate that can be asked is asked before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.domain.check import CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.differential import differential
from orchestrator.gates.merge_rules import NoMergeConflicts
from orchestrator.gates.review_rule import ApprovedReview
from orchestrator.stages.checking import evidence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.stages.context import RunContext

_RANK: Final = {
    GateVerdict.PASSED: 0,
    GateVerdict.NOT_REQUIRED: 0,
    GateVerdict.NO_EVIDENCE: 1,
    GateVerdict.FAILED: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How the head stood at one moment."""

    change: Change
    checks: tuple[CheckReport, ...]
    gates: Mapping[str, GateResult]
    """Of every gate but the review's own, required or not."""
    failing: frozenset[str]
    """Tests that fail here and did not fail on the base."""


def measured(context: RunContext) -> Measured:
    """Ask every gate about the head, with the checks that are on record."""
    record = context.journal.record
    conflicts = context.upstream.conflicts(context.branch.head)
    evidence = evidence_of(context, conflicts=conflicts, head_checks=record.head_checks)
    return Measured(
        change=evidence.change,
        checks=record.head_checks,
        gates={
            gate.name: gate.judge(evidence)
            for gate in context.gates()
            if gate.name != ApprovedReview.name
        },
        failing=newly_failing(context),
    )


def newly_failing(context: RunContext) -> frozenset[str]:
    """Return the tests that fail on the head and did not on the base, by its own checks."""
    record, commit = context.journal.record, context.branch.head
    base = tuple(item for item in record.base_checks if item.kind is CheckKind.TEST)
    tests = (item for item in record.head_checks if item.kind is CheckKind.TEST)
    head = tuple(item for item in tests if item.commit == commit)
    return frozenset(differential(base, head).new_failures)


def worsened(before: Measured, after: Measured) -> str:
    """Return what is worse after a fix than before it, or an empty text."""
    reasons = [
        f"{name} {found.verdict.replace('_', ' ')}: {found.reason}"
        for name, found in after.gates.items()
        if _is_worse(before.gates.get(name), found)
    ]
    more = sorted(after.failing - before.failing)
    if more and not reasons:
        reasons.append(f"more tests fail: {', '.join(more)}.")
    return " ".join(reasons)


def _is_worse(before: GateResult | None, after: GateResult) -> bool:
    if before is None:
        return False
    if after.gate == NoMergeConflicts.name and after.verdict is GateVerdict.NO_EVIDENCE:
        # The forge did not answer just now: that is no fault of the fix.
        return False
    return _RANK[after.verdict] > _RANK[before.verdict]
