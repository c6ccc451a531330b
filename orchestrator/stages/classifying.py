"""From evidence to the class of a failure: what gates, exits and commands show, not their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import FailureClass
from orchestrator.domain.review import Lens, Severity
from orchestrator.domain.work import ExitStatus
from orchestrator.gates.differential import differential
from orchestrator.stages.causes import Cause, cause_in, cause_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.review import ReviewPass
    from orchestrator.domain.work import HonestExit

_BY_RULE = frozenset({Lens.ARCHITECTURE, Lens.STYLE})
"""Passes whose findings rest on a written rule or decision of the project."""
_RULE_PAGE = re.compile(
    r"(?:^|[\s/`'\"(])(?:adr|decisions?|rfcs?)/|\badr[- ]?\d+|architecture\.md|contributing\.md"
    r"|agents\.md|claude\.md|conventions?\.md|style-?guide|\.editorconfig|eslint|\bruff\b",
    re.IGNORECASE,
)
"""Where projects write their rules down."""


def class_of_gates(
    gates: Sequence[GateResult],
    *,
    base: Sequence[CheckReport],
    head: Sequence[CheckReport],
    reviews: Sequence[ReviewPass] = (),
) -> FailureClass:
    """Return why merge requirements are not green; what has to be mended first counts."""
    red = {gate.gate: gate.verdict for gate in gates if not gate.lets_through}
    if red.get("no_merge_conflicts") is GateVerdict.FAILED:
        return FailureClass.MERGE_CONFLICTS
    if "all_tests_passing" in red:
        found = _class_of_tests(base, head)
        if found is not None:
            return found
    if red.get("patterns_kept") is GateVerdict.FAILED:
        return FailureClass.PATTERN_CONFLICTS
    if red.get("no_linter_warnings") is GateVerdict.FAILED:
        return FailureClass.PATTERN_CONFLICTS
    if "approved_review" in red and _breaks_rules(reviews):
        return FailureClass.PATTERN_CONFLICTS
    return FailureClass.OTHER


def class_of_exit(exit_: HonestExit) -> FailureClass:
    """Return the class of an honest exit; what the agent quotes decides, not what it thinks."""
    quoted = "\n".join(exit_.evidence)
    match exit_.status:
        case ExitStatus.NEEDS_INPUT:
            return FailureClass.AMBIGUOUS_REQUIREMENTS
        case ExitStatus.SPEC_CONFLICT:
            is_rule = _RULE_PAGE.search(quoted) is not None
            conflict = FailureClass.PATTERN_CONFLICTS
            return conflict if is_rule else FailureClass.AMBIGUOUS_REQUIREMENTS
        case ExitStatus.BLOCKED:
            found = cause_in(quoted)
            return FailureClass.OTHER if found.cause is Cause.UNKNOWN else found.failure_class


def _class_of_tests(
    base: Sequence[CheckReport], head: Sequence[CheckReport]
) -> FailureClass | None:
    before = [report for report in base if report.kind is CheckKind.TEST]
    after = [report for report in head if report.kind is CheckKind.TEST]
    change = differential(before, after)
    if change.new_failures:
        is_unsteady = set(change.new_failures) <= set(change.unsteady)
        return FailureClass.TEST_FLAKINESS if is_unsteady else None
    if any(len({report.is_green for report in reports}) > 1 for reports in (before, after)):
        return FailureClass.TEST_FLAKINESS
    causes = [cause_of(report) for report in after if not report.is_green]
    known = [found.failure_class for found in causes if found.cause is not Cause.UNKNOWN]
    return known[0] if known else None


def _breaks_rules(reviews: Sequence[ReviewPass]) -> bool:
    """Tell whether everything that blocks rests on rules: nothing else would be mended first."""
    latest = {review.lens: review for review in reviews}
    blocking = [
        lens
        for lens, review in latest.items()
        if any(finding.severity is Severity.BLOCKING for finding in review.findings)
    ]
    return bool(blocking) and set(blocking) <= _BY_RULE
