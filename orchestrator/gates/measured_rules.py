"""`coverage_not_lower` and `patterns_kept`: they need measurements, and say so without."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.verdicts import listed, on_base, on_head, result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.coverage import Coverage
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
_WHOLE = Decimal(100)


class CoverageNotLower:
    """The project's own coverage command shows no smaller share than on the base commit."""

    name = "coverage_not_lower"

    def judge(self, evidence: Evidence) -> GateResult:
        """Compare the reports that the coverage command wrote, else the totals it printed.

        Code that is gone takes its covered lines with it; so a smaller share counts only if
        more lines than before are missed.
        """
        head = _last_green(on_head(evidence, CheckKind.COVERAGE))
        base = _last_green(on_base(evidence, CheckKind.COVERAGE, head.command)) if head else None
        if head and base and head.coverage and base.coverage:
            return _compared(self.name, evidence, base.coverage, head.coverage)
        after, before = read_total(head), read_total(base)
        if after is None or before is None:
            reason = "No coverage total could be read on both commits."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        verdict = GateVerdict.FAILED if after < before else GateVerdict.PASSED
        reason = f"Coverage is {after} %, on the base commit {before} %."
        return result(self.name, evidence, verdict, reason)


def _compared(name: str, evidence: Evidence, base: Coverage, head: Coverage) -> GateResult:
    is_less = (
        head.covered_lines * base.coverable_lines < base.covered_lines * head.coverable_lines
        and head.missed_lines > base.missed_lines
    )
    verdict = GateVerdict.FAILED if is_less else GateVerdict.PASSED
    reason = (
        f"{head.covered_lines} of {head.coverable_lines} lines are covered ({_share(head)} %), on "
        f"the base commit {base.covered_lines} of {base.coverable_lines} ({_share(base)} %)."
    )
    return result(name, evidence, verdict, reason)


def _share(coverage: Coverage) -> Decimal:
    share = Decimal(100 * coverage.covered_lines) / Decimal(coverage.coverable_lines)
    return share.quantize(Decimal("0.1"))


class PatternsKept:
    """No changed line breaks a rule of the repository; an opinion is no evidence."""

    name = "patterns_kept"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge what the rules found on exactly the head commit."""
        report = evidence.patterns
        if report is None or report.commit != evidence.change.head:
            reason = "No pattern rules were tried on this change."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        if report.breaches:
            found = [
                f"{each.rule} at {each.path}:{each.line}"
                + (f" ({each.message})" if each.message else "")
                for each in report.breaches
            ]
            reason = f"Changed lines break rules of the repository: {listed(found)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        if report.problem or not report.rules:
            reason = report.problem or "The repository names no pattern rule."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        reason = f"{report.rules} rules were tried on {report.files} changed files; none is broken."
        return result(self.name, evidence, GateVerdict.PASSED, reason)


def read_total(report: CheckReport | None) -> Decimal | None:
    """Return the total in per cent that a run printed, `None` if there is none.

    Of several, such as Go's for each package, the mean: none of them may sink unseen.
    """
    if report is None:
        return None
    for pattern in _TOTALS:
        found = [min(Decimal(each), _WHOLE) for each in pattern.findall(report.output_tail)]
        if found:
            mean = sum(found, Decimal(0)) / len(found)
            return mean if len(found) == 1 else round(mean, 2)
    return None


def _last_green(reports: Sequence[CheckReport]) -> CheckReport | None:
    return next((report for report in reversed(reports) if report.is_green), None)
