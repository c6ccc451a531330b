"""Whatever the gates say together, draft state, title and output tell the same, and the truth."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from orchestrator.domain.gate import GateResult, GateVerdict
from orchestrator.domain.outcome import Conclusion
from orchestrator.gates.registry import all_gates, may_be_ready
from orchestrator.metrics.outputs import outputs
from orchestrator.rendering.report_state import headline_of
from tests.unit.gates.evidence import PATHS, REDACTOR
from tests.unit.rendering import records

_NAMES = tuple(gate.name for gate in all_gates(redactor=REDACTOR, paths=PATHS))
_BAD = (GateVerdict.FAILED, GateVerdict.NO_EVIDENCE)


@pytest.mark.parametrize("bad", [*_BAD, None], ids=["failed", "no_evidence", "both"])
def test_gates__every_combination(bad: GateVerdict | None) -> None:
    """Over all subsets of gates that do not pass: one is enough for a draft, and it shows."""
    events = (*records.BEGINNING, *records.MIDDLE, *records.END, records.ended(Conclusion.SUCCESS))
    record = records.record_of(events)
    for subset in product((False, True), repeat=len(_NAMES)):
        results = tuple(
            GateResult(
                gate=name, verdict=_verdict(bad, at, is_bad), reason="r", commit=records.HEAD
            )
            for at, (name, is_bad) in enumerate(zip(_NAMES, subset, strict=True))
        )
        judged = replace(record, gates=results)
        verdicts = {result.verdict for result in results}

        is_green = not any(subset)
        assert may_be_ready(results) is is_green
        assert (headline_of(judged).prefix == "") is is_green
        assert outputs(judged)["gates-passed"] == ("true" if is_green else "false")
        is_red = GateVerdict.FAILED in verdicts
        assert (headline_of(judged).prefix == "[checks failing] ") is is_red


def _verdict(bad: GateVerdict | None, at: int, is_bad: bool) -> GateVerdict:  # noqa: FBT001 -- one of the product
    return (bad or _BAD[at % 2]) if is_bad else GateVerdict.PASSED
