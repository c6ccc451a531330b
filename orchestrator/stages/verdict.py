"""How the run ends: gates judge the head, and only they can make it a success."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.event import GatesEvaluated
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.review import standing_passes
from orchestrator.gates.registry import evaluate, may_be_ready
from orchestrator.stages.approval import approver
from orchestrator.stages.checking import complete, evidence_of
from orchestrator.stages.classifying import class_of_gates
from orchestrator.stages.measuring import measure
from orchestrator.stages.patterns import try_rules
from orchestrator.stages.proving import tell_on_head
from orchestrator.stages.strength import try_mutants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.gate import GateResult
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results


def judge(context: RunContext, results: Results) -> tuple[GateResult, ...]:
    """Ask every gate about the head commit and put the answers on record.

    What only tells people how good a finished change is, and takes minutes, is not measured on
    what a run leaves half done: its time may be up.
    """
    if context.branch.is_empty:
        return ()
    complete(context)
    tell_on_head(context)
    try_rules(context)
    if results.stop is None:
        try_mutants(context)
    measure(context)
    evidence = evidence_of(
        context,
        conflicts=context.upstream.conflicts(context.branch.head),
        head_checks=context.journal.record.head_checks,
    )
    evidence = replace(evidence, approved_by=approver(context, evidence))
    gates = evaluate(context.gates(), context.constraints.required_gates, evidence)
    context.journal.write(GatesEvaluated(results=gates))
    return gates


def concluded(context: RunContext, results: Results, gates: Sequence[GateResult]) -> Outcome:
    """Return the run's ending: success needs a change, all stages done and every gate green.

    Whether people can see it is asked once everything is published, see `visibility`.
    """
    if results.stop is not None:
        return results.stop
    if context.branch.is_empty:
        return Outcome(
            conclusion=Conclusion.FAILURE,
            failure_class=FailureClass.OTHER,
            summary="All stages ran, but nothing was changed.",
            hint="Look at the tasks' transcripts in the journal; the issue may be done already.",
        )
    if may_be_ready(gates):
        return Outcome(
            conclusion=Conclusion.SUCCESS, summary="The pull request is ready for review."
        )
    return _held_back(context, gates)


def _held_back(context: RunContext, gates: Sequence[GateResult]) -> Outcome:
    record = context.journal.record
    red = [gate for gate in gates if not gate.lets_through]
    words = {GateVerdict.FAILED: "failed", GateVerdict.NO_EVIDENCE: "has no evidence"}
    reasons = " ".join(f"{gate.gate} {words[gate.verdict]}: {gate.reason}" for gate in red)
    return Outcome(
        conclusion=Conclusion.NEEDS_HUMAN,
        failure_class=class_of_gates(
            gates,
            base=record.base_checks,
            head=record.head_checks,
            reviews=standing_passes(record.reviews),
        ),
        summary=f"The work is done, but not every merge requirement is green. {reasons}",
        hint="Look at the merge requirements: they say what is missing.",
    )
