"""All gates by name, and asking them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.gates.lint_rule import NoLinterWarnings
from orchestrator.gates.measured_rules import CoverageNotLower, PatternsKept
from orchestrator.gates.merge_rules import NoMergeConflicts, SizeWithinLimits
from orchestrator.gates.protected_rule import ProtectedPaths
from orchestrator.gates.review_rule import WHOLE_CHANGE, ApprovedReview
from orchestrator.gates.secrets_rule import NoSecrets
from orchestrator.gates.tests_rule import AllTestsPassing
from orchestrator.gates.weakening_rule import TestsNotWeakened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from orchestrator.domain.review import Lens
    from orchestrator.gates.gates import Evidence, Gate
    from orchestrator.gates.weakening import JudgingPaths
    from orchestrator.telemetry.redaction import Redactor

ALWAYS_ON = frozenset({NoSecrets.name, ProtectedPaths.name})
"""Judged whatever the configuration requires."""


def all_gates(
    *, redactor: Redactor, paths: JudgingPaths, lenses: Sequence[Lens] = WHOLE_CHANGE
) -> tuple[Gate, ...]:
    """Build every gate, in the order they are reported.

    Args:
        redactor: Knows this run's secrets.
        paths: Which paths judge the work.
        lenses: Review passes that must all approve.
    """
    return (
        AllTestsPassing(),
        TestsNotWeakened(paths),
        NoLinterWarnings(),
        ApprovedReview(lenses),
        NoMergeConflicts(),
        NoSecrets(redactor),
        ProtectedPaths(),
        SizeWithinLimits(),
        CoverageNotLower(),
        PatternsKept(),
    )


def evaluate(
    gates: Iterable[Gate], required: Collection[str], evidence: Evidence
) -> tuple[GateResult, ...]:
    """Ask every gate about the head commit of the evidence; each known gate appears once.

    Args:
        gates: From `all_gates`.
        required: Names from `constraints.merge_requirements`; `ALWAYS_ON` is judged as well.
        evidence: Measured on exactly the base and head of its change.
    """
    return tuple(
        gate.judge(evidence)
        if gate.name in required or gate.name in ALWAYS_ON
        else GateResult(
            gate=gate.name,
            verdict=GateVerdict.NOT_REQUIRED,
            reason="Not among the merge requirements.",
            commit=evidence.change.head,
        )
        for gate in gates
    )


def may_be_ready(results: Sequence[GateResult]) -> bool:
    """Tell whether the change may be marked ready for review.

    True only if every result lets it through, all are about one commit, and the gates that
    are always on are among them and passed: an empty or partial list is never enough.
    """
    passed = {found.gate for found in results if found.verdict is GateVerdict.PASSED}
    return (
        passed >= ALWAYS_ON
        and all(found.lets_through for found in results)
        and len({found.commit for found in results}) == 1
    )
