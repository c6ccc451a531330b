"""`coverage_not_lower` and `patterns_kept`: they need measurements, and say so without."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.verdicts import on_base, on_head, result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.gates import Evidence

_TOTALS = (
    re.compile(r"^TOTAL\s.*?(\d+(?:\.\d+)?)%\s*$", re.MULTILINE),
    re.compile(r"^All files\s*\|\s*(?:[\d.]+\s*\|\s*){0,2}?(\d+(?:\.\d+)?)\s*\|", re.MULTILINE),
    re.compile(r"^(?:# |\u2139 )?all files\s*\|\s*(\d+(?:\.\d+)?)\s*\|", re.MULTILINE),
    re.compile(r"^total:\s+\(statements\)\s+(\d+(?:\.\d+)?)%", re.MULTILINE),
    re.compile(r"\bcoverage: (\d+(?:\.\d+)?)% of statements"),
    re.compile(r"^(\d+(?:\.\d+)?)% coverage,", re.MULTILINE),
    re.compile(r"Line Coverage: (\d+(?:\.\d+)?)%"),
)


class CoverageNotLower:
    """The project's own coverage command shows no smaller share than on the base commit."""

    name = "coverage_not_lower"

    def judge(self, evidence: Evidence) -> GateResult:
        """Compare the totals that the coverage command printed on both commits."""
        head = on_head(evidence, CheckKind.COVERAGE)
        base = on_base(evidence, CheckKind.COVERAGE, head[-1].command) if head else ()
        after, before = read_total(head), read_total(base)
        if after is None or before is None:
            reason = "No coverage total could be read on both commits."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        verdict = GateVerdict.FAILED if after < before else GateVerdict.PASSED
        reason = f"Coverage is {after} %, on the base commit {before} %."
        return result(self.name, evidence, verdict, reason)


class PatternsKept:
    """Needs measured rules; an opinion is no evidence."""

    name = "patterns_kept"

    def judge(self, evidence: Evidence) -> GateResult:
        """Say that nothing was measured."""
        reason = "No pattern rules were measured for this change."
        return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)


def read_total(reports: Sequence[CheckReport]) -> Decimal | None:
    """Return the total in per cent from the last run that ended well, `None` if there is none."""
    green = [report for report in reports if report.is_green]
    if not green:
        return None
    for pattern in _TOTALS:
        found = pattern.findall(green[-1].output_tail)
        if found:
            return Decimal(found[-1])
    return None
