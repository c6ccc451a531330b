"""What the gates may look at, and the project's commands on the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.event import ChecksRun
from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.differential import wants_rerun
from orchestrator.gates.gates import Evidence, Gate
from orchestrator.gates.lint_rule import NoLinterWarnings
from orchestrator.gates.tests_rule import AllTestsPassing
from orchestrator.rendering.contexts import Problem

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport
    from orchestrator.stages.context import RunContext

_MENDABLE: tuple[tuple[Gate, CheckKind], ...] = (
    (AllTestsPassing(), CheckKind.TEST),
    (NoLinterWarnings(), CheckKind.LINT),
)


def check_head(context: RunContext) -> tuple[Problem, ...]:
    """Run the project's commands on the head and return what newly fails there.

    Tests that newly fail run once more on both commits, to tell flaky from broken.
    """
    head, base = context.branch.head, context.branch.base
    before = context.journal.record.base_checks
    reports = context.commands.check(head)
    if wants_rerun(before, reports):
        reports = (*reports, *context.commands.check(head, only=CheckKind.TEST))
        again = context.commands.check(base, only=CheckKind.TEST)
        context.journal.write(ChecksRun(where="base", reports=(*before, *again)))
    context.journal.write(ChecksRun(where="head", reports=reports))
    return new_problems(context, reports)


def new_problems(context: RunContext, reports: tuple[CheckReport, ...]) -> tuple[Problem, ...]:
    """Return what fails in these reports of the head and did not fail on the base."""
    evidence = evidence_of(context, conflicts=None, head_checks=reports)
    problems = []
    for gate, kind in _MENDABLE:
        found = gate.judge(evidence)
        if found.verdict is GateVerdict.FAILED:
            tails = [report.output_tail for report in reports if report.kind is kind]
            problems.append(
                Problem(source=f"the {kind} command", what=found.reason, evidence=tails[-1])
            )
    return tuple(problems)


def evidence_of(
    context: RunContext,
    *,
    conflicts: tuple[str, ...] | None,
    head_checks: tuple[CheckReport, ...],
) -> Evidence:
    """Return everything measured about the head; reports of other commits are left out."""
    constraints = context.constraints
    record = context.journal.record
    return Evidence(
        change=context.branch.change(),
        base_checks=record.base_checks,
        head_checks=tuple(item for item in head_checks if item.commit == context.branch.head),
        reviews=record.reviews,
        conflicts=conflicts,
        protected_paths=constraints.protected_paths,
        max_changed_lines=constraints.max_changed_lines,
        max_files=constraints.max_files,
        file_policies=constraints.file_classes,
        approval_label=constraints.approval_label,
    )
