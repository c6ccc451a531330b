"""`no_merge_conflicts` and `size_within_limits`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.verdicts import listed, result

if TYPE_CHECKING:
    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.gates import Evidence


class NoMergeConflicts:
    """The head merges cleanly into the base branch as it is now."""

    name = "no_merge_conflicts"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge the merge that was tried."""
        if evidence.conflicts is None:
            reason = "Nobody tried to merge with the current base branch."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        if evidence.conflicts:
            reason = f"Conflicts with the base branch in {listed(evidence.conflicts)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        reason = "Merges cleanly into the base branch."
        return result(self.name, evidence, GateVerdict.PASSED, reason)


class SizeWithinLimits:
    """The change is no larger than the configuration allows."""

    name = "size_within_limits"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge changed lines and files; without a limit there is nothing to keep."""
        change = evidence.change
        over = [
            f"{value} {unit}, {limit} are allowed"
            for value, limit, unit in (
                (change.lines, evidence.max_changed_lines, "changed lines"),
                (len(change.files), evidence.max_files, "changed files"),
            )
            if limit is not None and value > limit
        ]
        if over:
            reason = f"The change is too large: {'; '.join(over)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        reason = f"{change.lines} changed lines in {len(change.files)} files."
        return result(self.name, evidence, GateVerdict.PASSED, reason)
