"""The rule on coverage, where the command wrote a report that can be read line by line."""

from __future__ import annotations

import pytest

from orchestrator.domain.check import CheckKind
from orchestrator.domain.coverage import Coverage
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.measured_rules import CoverageNotLower
from tests.unit.gates.evidence import BASE, HEAD, evidence, report


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((90, 100), (90, 100), GateVerdict.PASSED),
        ((90, 100), (99, 110), GateVerdict.PASSED),
        ((90, 100), (98, 110), GateVerdict.FAILED),
        ((90, 100), (89, 100), GateVerdict.FAILED),
        ((90, 100), (40, 50), GateVerdict.PASSED),
        ((90, 100), (39, 50), GateVerdict.FAILED),
    ],
    ids=[
        "the same",
        "grown in proportion",
        "grown with less",
        "lost a line",
        "code is gone",
        "code is gone and a line lost",
    ],
)
def test_coverage_not_lower__of_reports(
    before: tuple[int, int], after: tuple[int, int], verdict: GateVerdict
) -> None:
    """Lines are counted, not what was printed; code that is gone takes its own with it."""
    base, head = (
        report(CheckKind.COVERAGE, commit=commit, output="TOTAL 1 0 100%").model_copy(
            update={"coverage": Coverage(covered_lines=covered, coverable_lines=lines)}
        )
        for commit, (covered, lines) in ((BASE, before), (HEAD, after))
    )

    found = CoverageNotLower().judge(evidence(base=(base,), head=(head,)))

    assert found.verdict is verdict
    assert f"{after[0]} of {after[1]} lines are covered" in found.reason
