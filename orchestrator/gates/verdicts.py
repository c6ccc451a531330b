"""Short ways to say what a gate found, always about the exact head commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.patch import unshown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckKind, CheckReport
    from orchestrator.gates.gates import Evidence

_SHOWN = 5
_WORST_FIRST = (GateVerdict.FAILED, GateVerdict.NO_EVIDENCE, GateVerdict.PASSED)


def result(name: str, evidence: Evidence, verdict: GateVerdict, reason: str) -> GateResult:
    """Return a result bound to the head commit."""
    return GateResult(gate=name, verdict=verdict, reason=reason, commit=evidence.change.head)


def unread(name: str, evidence: Evidence) -> GateResult | None:
    """Return that there is no evidence where the diff does not show every changed file."""
    paths = unshown(evidence.change)
    if not paths:
        return None
    reason = f"The diff does not show all that was changed, so it was not searched: {listed(paths)}"
    return result(name, evidence, GateVerdict.NO_EVIDENCE, f"{reason}.")


def worst(name: str, evidence: Evidence, found: Sequence[tuple[GateVerdict, str]]) -> GateResult:
    """Join the verdicts on several commands: the worst one counts and its reasons are given."""
    for verdict in _WORST_FIRST:
        reasons = [reason for each, reason in found if each is verdict]
        if reasons:
            return result(name, evidence, verdict, " ".join(reasons))
    return result(name, evidence, GateVerdict.NO_EVIDENCE, "Nothing was looked at.")


def listed(names: Sequence[str]) -> str:
    """Return the first few names and how many more there are."""
    shown = ", ".join(names[:_SHOWN])
    rest = len(names) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def on_head(evidence: Evidence, kind: CheckKind) -> tuple[CheckReport, ...]:
    """Return the reports of this kind on exactly the head commit; older ones prove nothing."""
    return tuple(
        report
        for report in evidence.head_checks
        if report.kind is kind and report.commit == evidence.change.head
    )


def on_base(evidence: Evidence, kind: CheckKind, command: str) -> tuple[CheckReport, ...]:
    """Return the reports of one command on exactly the base commit."""
    return tuple(
        report
        for report in evidence.base_checks
        if (report.kind, report.commit, report.command) == (kind, evidence.change.base, command)
    )
