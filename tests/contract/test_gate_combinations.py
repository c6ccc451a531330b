"""Whatever the gates say together, draft state, title and output tell the same, and the truth."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion
from orchestrator.gates.registry import ALWAYS_ON, all_gates, evaluate, may_be_ready
from orchestrator.metrics.outputs import outputs
from orchestrator.rendering.report_state import State, headline_of
from tests.unit.gates.evidence import PATHS, REDACTOR, green_evidence
from tests.unit.rendering import records

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = tuple(gate.name for gate in all_gates(redactor=REDACTOR, paths=PATHS))
_PASSED, _NOT_REQUIRED = GateVerdict.PASSED, GateVerdict.NOT_REQUIRED
_PAIRS = tuple(combinations(GateVerdict, 2))
_BEFORE_THE_END = (*records.BEGINNING, *records.MIDDLE, *records.END)
_RECORDS = {
    conclusion: records.record_of((*_BEFORE_THE_END, records.ended(conclusion)))
    for conclusion in (Conclusion.SUCCESS, Conclusion.NEEDS_HUMAN)
}


def _told_alike(verdicts: Sequence[GateVerdict]) -> None:
    """Hold draft state, title and output of a run against the verdicts of its gates."""
    results = tuple(
        GateResult(gate=name, verdict=verdict, reason="r", commit=records.HEAD)
        for name, verdict in zip(_NAMES, verdicts, strict=True)
    )
    is_ready = may_be_ready(results)
    conclusion = Conclusion.SUCCESS if is_ready else Conclusion.NEEDS_HUMAN
    judged = replace(_RECORDS[conclusion], gates=results)
    told = outputs(judged)

    assert is_ready is ({*verdicts} <= {_PASSED, _NOT_REQUIRED})
    assert (headline_of(judged).prefix == "") is is_ready
    assert told["gates-passed"] == ("true" if is_ready else "false")
    assert told["conclusion"] == conclusion.value
    is_red = GateVerdict.FAILED in verdicts
    is_unknown = GateVerdict.NO_EVIDENCE in verdicts and not is_red
    assert (headline_of(judged).state is State.CHECKS_FAILING) is is_red
    assert (headline_of(judged).state is State.UNVERIFIED) is is_unknown


def _possible(verdict: GateVerdict, name: str) -> GateVerdict:
    """Return a verdict that the gate can have: some are required whatever is configured."""
    return _PASSED if verdict is _NOT_REQUIRED and name in ALWAYS_ON else verdict


@pytest.mark.parametrize("pair", _PAIRS, ids=[f"{one}-{other}" for one, other in _PAIRS])
def test_gates__every_combination_of_two_verdicts(pair: tuple[GateVerdict, GateVerdict]) -> None:
    """Over all 2^10 ways to hand out two verdicts: one that does not let through is enough."""
    for verdicts in product(pair, repeat=len(_NAMES)):
        _told_alike([*map(_possible, verdicts, _NAMES)])


@given(st.lists(st.sampled_from(GateVerdict), min_size=len(_NAMES), max_size=len(_NAMES)))
def test_gates__any_combination_of_all_verdicts(verdicts: list[GateVerdict]) -> None:
    """Passed, failed, no evidence and not required, in whatever mixture: all tell the same."""
    _told_alike([*map(_possible, verdicts, _NAMES)])


@pytest.mark.parametrize("name", sorted(ALWAYS_ON))
def test_gates__what_is_always_required(name: str) -> None:
    """A gate that is always on is never let off, and a run that lets it off is not ready."""
    results = tuple(
        GateResult(
            gate=each,
            verdict=_NOT_REQUIRED if each == name else _PASSED,
            reason="r",
            commit=records.HEAD,
        )
        for each in _NAMES
    )
    asked = evaluate(all_gates(redactor=REDACTOR, paths=PATHS), (), green_evidence())

    assert not may_be_ready(results)
    assert {found.gate for found in asked if found.verdict is not _NOT_REQUIRED} == ALWAYS_ON
