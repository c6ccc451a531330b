"""What every gate promises, asked of every gate."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from orchestrator.config.workflow import MergeRequirement
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.gates.registry import ALWAYS_ON, all_gates, evaluate, may_be_ready
from tests.unit.gates.evidence import HEAD, PATHS, REDACTOR, evidence, green_evidence

if TYPE_CHECKING:
    from orchestrator.gates.gates import Evidence, Gate

_GATES = all_gates(redactor=REDACTOR, paths=PATHS)
_NAMES = [gate.name for gate in _GATES]
_NEEDS_MEASURING = {
    "all_tests_passing",
    "no_linter_warnings",
    "approved_review",
    "no_merge_conflicts",
    "coverage_not_lower",
    "patterns_kept",
}


def _nothing() -> Evidence:
    return evidence(conflicts=None)


@pytest.mark.parametrize("gate", _GATES, ids=_NAMES)
def test_gate__is_bound_to_the_head_commit(gate: Gate) -> None:
    """Every verdict, whatever it is, names the gate and the exact head commit."""
    for given in (_nothing(), green_evidence()):
        found = gate.judge(given)

        assert (found.gate, found.commit) == (gate.name, HEAD)
        assert found.reason.endswith(".")
        assert found.verdict is not GateVerdict.NOT_REQUIRED


@pytest.mark.parametrize("gate", _GATES, ids=_NAMES)
def test_gate__same_evidence_same_verdict(gate: Gate) -> None:
    """A gate has no memory and no opinion."""
    assert gate.judge(green_evidence()) == gate.judge(green_evidence())


@pytest.mark.parametrize("gate", _GATES, ids=_NAMES)
def test_gate__no_evidence_is_never_a_pass(gate: Gate) -> None:
    """Where something must have been measured, nothing measured is no evidence."""
    if gate.name in _NEEDS_MEASURING:
        assert gate.judge(_nothing()).verdict is GateVerdict.NO_EVIDENCE


@pytest.mark.parametrize("gate", _GATES, ids=_NAMES)
def test_gate__passes_on_good_evidence(gate: Gate) -> None:
    """A gate that can only say no would be ignored: good evidence passes."""
    assert gate.judge(green_evidence()).verdict is GateVerdict.PASSED


@pytest.mark.parametrize("gate", _GATES, ids=_NAMES)
def test_gate__evidence_on_another_commit_is_none(gate: Gate) -> None:
    """Any byte changed after the last run re-opens what was measured by running."""
    good = green_evidence()
    moved = replace(
        good, change=good.change.model_copy(update={"head": "d" * 40, "tree": "e" * 40})
    )

    measured = _NEEDS_MEASURING - {"no_merge_conflicts"}
    if gate.name in measured:
        assert gate.judge(moved).verdict is GateVerdict.NO_EVIDENCE


@pytest.mark.parametrize("gate", _GATES, ids=_NAMES)
def test_gate__unreadable_diff_passes_nothing_that_reads_it(gate: Gate) -> None:
    """A diff that cannot be read has not been searched."""
    good = green_evidence()
    broken = replace(
        good, change=good.change.model_copy(update={"diff": "--- a\n+++ b\n@@ -1 +1 @@\nx"})
    )

    if gate.name in {"no_secrets", "tests_not_weakened"}:
        assert gate.judge(broken).verdict is GateVerdict.NO_EVIDENCE


def test_gates__are_those_the_configuration_knows() -> None:
    """Every name that may be required has a gate, and the other way round."""
    assert sorted(_NAMES) == sorted(MergeRequirement)


def test_evaluate__every_gate_appears() -> None:
    """What is not required says so; what protects people is always judged."""
    results = evaluate(_GATES, {"size_within_limits"}, _nothing())

    assert [found.gate for found in results] == _NAMES
    judged = {found.gate for found in results if found.verdict is not GateVerdict.NOT_REQUIRED}
    assert judged == {"size_within_limits", *ALWAYS_ON}


def _result(name: str, verdict: GateVerdict, commit: str = HEAD) -> GateResult:
    return GateResult(gate=name, verdict=verdict, reason="r.", commit=commit)


def test_may_be_ready__every_combination() -> None:
    """Over all verdicts of five gates, ready means: nothing failed, nothing is unknown."""
    names = ("no_secrets", "protected_paths", "all_tests_passing", "approved_review", "x")
    for verdicts in product(GateVerdict, repeat=len(names)):
        results = [_result(*pair) for pair in zip(names, verdicts, strict=True)]

        ready = may_be_ready(results)

        let_through = {GateVerdict.PASSED, GateVerdict.NOT_REQUIRED}
        always = verdicts[0] is verdicts[1] is GateVerdict.PASSED
        assert ready == (always and set(verdicts) <= let_through)


def test_may_be_ready__nothing_asked() -> None:
    """No results, or only some, are not enough."""
    assert not may_be_ready(())
    assert not may_be_ready((_result("no_secrets", GateVerdict.PASSED),))


def test_may_be_ready__two_commits() -> None:
    """Results about different commits do not add up."""
    passed = [_result(name, GateVerdict.PASSED) for name in sorted(ALWAYS_ON)]

    assert may_be_ready(passed)
    assert not may_be_ready((*passed, _result("x", GateVerdict.PASSED, "d" * 40)))
