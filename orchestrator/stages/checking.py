"""What the gates may look at, and the project's commands on the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.domain.event import ChecksRun, Noted
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.domain.role import RoleKind
from orchestrator.gates.differential import differential, wants_rerun
from orchestrator.gates.gates import Evidence, Gate
from orchestrator.gates.lint_rule import NoLinterWarnings
from orchestrator.gates.tests_rule import AllTestsPassing
from orchestrator.rendering.contexts import Problem
from orchestrator.stages.special_cases import look_for_special_cases

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport
    from orchestrator.stages.context import RunContext

RERUNS = 2
"""How often a commit's tests run again when some newly fail."""
_TESTS = (CheckKind.TEST,)
_EACH_TIME = (CheckKind.BUILD, CheckKind.TEST, CheckKind.LINT)
_MENDABLE: tuple[tuple[Gate, CheckKind], ...] = (
    (AllTestsPassing(), CheckKind.TEST),
    (NoLinterWarnings(), CheckKind.LINT),
)


def check_head(context: RunContext) -> tuple[Problem, ...]:
    """Run the project's commands on the head and return what newly fails there.

    Tests that newly fail run twice more on both commits, to tell flaky from broken. Coverage
    waits for the final head, see `complete`.
    """
    head, base = context.branch.head, context.branch.base
    before = context.journal.record.base_checks
    is_anew = asks_for_others(context)
    if is_anew:
        _say_without_secrets(context)
    reports = context.commands.check(head, only=_EACH_TIME, is_anew=is_anew)
    if wants_rerun(before, reports):
        for _ in range(RERUNS):
            again = context.commands.check(head, only=_TESTS, is_anew=is_anew)
            reports = (*reports, *again)
        for _ in range(_runs(before), RERUNS + 1) if _was_there(before, reports) else ():
            before = (*before, *context.commands.check(base, only=_TESTS))
        context.journal.write(ChecksRun(where="base", reports=before))
    context.journal.write(ChecksRun(where="head", reports=reports))
    return new_problems(context, reports)


def complete(context: RunContext) -> None:
    """Run what the gates need once, on the final head: the coverage command."""
    record, head = context.journal.record, context.branch.head
    checks = tuple(report for report in record.head_checks if report.commit == head)
    if any(report.kind is CheckKind.COVERAGE for report in checks):
        return
    found = context.commands.check(
        head, only=(CheckKind.COVERAGE,), is_anew=asks_for_others(context)
    )
    if found:
        changed = {file.path for file in context.branch.change().files}
        kept = tuple(
            report.model_copy(update={"coverage": report.coverage.only(changed)})
            if report.coverage is not None
            else report
            for report in found
        )
        context.journal.write(ChecksRun(where="head", reports=(*checks, *kept)))


def asks_for_others(context: RunContext) -> bool:
    """Tell whether the head names other dependencies than those that setup has installed."""
    return any(classify(file.path) is PathClass.MANIFEST for file in context.branch.change().files)


def _say_without_secrets(context: RunContext) -> None:
    """Say once that setup runs on the head without what it had on the base."""
    names = context.commands.setup_secrets
    if not names:
        return
    note = Noted(
        level=NoteLevel.WARNING,
        text=f"The change touches a manifest, so setup runs again on it, without a network and "
        f"without {', '.join(names)}: scripts that an agent may have written never run with them.",
        hint="What the change newly depends on is installed by your own CI; look there.",
    )
    if note not in context.journal.record.notes:
        context.journal.write(note)


def _runs(reports: tuple[CheckReport, ...]) -> int:
    return sum(report.kind is CheckKind.TEST for report in reports)


def _was_there(base: tuple[CheckReport, ...], head: tuple[CheckReport, ...]) -> bool:
    """Tell whether a test that newly fails exists on the base at all."""
    known = {case.id for report in base for case in report.cases or ()}
    return any(name in known for name in differential(base, head).new_failures)


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
    change = context.branch.change()
    return Evidence(
        change=change,
        base_checks=record.base_checks,
        head_checks=tuple(item for item in head_checks if item.commit == context.branch.head),
        reviews=record.reviews,
        conflicts=conflicts,
        protected_paths=constraints.protected_paths,
        max_changed_lines=constraints.max_changed_lines,
        max_files=constraints.max_files,
        patterns=record.patterns,
        special_cases=look_for_special_cases(context, change),
        planned=None
        if record.plan is None
        else tuple(path for task in record.plan.tasks for path in task.files),
        file_policies=constraints.file_classes,
        believes_exit_code=constraints.believe_exit_code,
        approval_label=constraints.approval_label,
        reviewers=frozenset(role.name for role in context.roster.of_kind(RoleKind.REVIEWER)),
    )
