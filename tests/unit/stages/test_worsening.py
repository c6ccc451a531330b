"""A fix may not make any gate worse, whichever it is."""

from __future__ import annotations

import pytest

from orchestrator.domain.change import Change
from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.gates.registry import all_gates
from orchestrator.gates.weakening import JudgingPaths
from orchestrator.stages.worsening import Measured, worsened
from orchestrator.telemetry.redaction import Redactor

CHANGE = Change(base="b" * 40, head="c" * 40, tree="t" * 40, files=(), diff="")
PATHS = JudgingPaths(is_test=lambda _: False, is_config=lambda _: False)
NAMES = [gate.name for gate in all_gates(redactor=Redactor(), paths=PATHS)]
PASSED, FAILED, NONE = GateVerdict.PASSED, GateVerdict.FAILED, GateVerdict.NO_EVIDENCE


def _measured(failing: tuple[str, ...] = (), **verdicts: GateVerdict) -> Measured:
    """Return a head on which every gate is green but the named ones."""
    gates = {
        name: GateResult(
            gate=name, verdict=verdicts.get(name, PASSED), reason="So.", commit=CHANGE.head
        )
        for name in NAMES
    }
    return Measured(change=CHANGE, checks=(), gates=gates, failing=frozenset(failing))


@pytest.mark.parametrize("name", NAMES)
def test_worsened__names_any_gate_that_fails_now(name: str) -> None:
    """Tests are one gate among ten: secrets, paths, size and all others count as much."""
    before, after = _measured(), _measured((), **{name: FAILED})

    assert worsened(before, after) == f"{name} failed: So."
    assert worsened(after, before) == ""
    assert worsened(after, after) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "no_merge_conflicts"])
def test_worsened__losing_the_evidence_is_worse(name: str) -> None:
    """Who takes the evidence away has not kept the gate green."""
    assert worsened(_measured(), _measured((), **{name: NONE})) == f"{name} no evidence: So."


def test_worsened__does_not_blame_a_fix_for_a_silent_forge() -> None:
    """Whether the branch merges is asked outside; no answer just now says nothing of the fix."""
    assert worsened(_measured(), _measured(no_merge_conflicts=NONE)) == ""


def test_worsened__counts_tests_within_a_red_gate() -> None:
    """A gate that was red already does not hide what a fix breaks on top of it."""
    red = {"all_tests_passing": FAILED}

    worse = worsened(_measured(("a",), **red), _measured(("a", "b"), **red))

    assert worse == "more tests fail: b."
    assert worsened(_measured(("a", "b"), **red), _measured(("b",), **red)) == ""
