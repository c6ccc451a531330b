"""A record arranged for readers: what every report template is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.event import LookVerdict
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.review import Severity
from orchestrator.rendering import report_lines as lines
from orchestrator.rendering.report_findings import by_lens, open_findings, settled_findings
from orchestrator.rendering.report_flaky import FlakyLine, flaky_lines
from orchestrator.rendering.report_state import (
    Headline,
    State,
    current_gates,
    has_open_tasks,
    headline_of,
)
from orchestrator.rendering.report_tests import Strength, TestLine, strength_of, test_lines
from orchestrator.rendering.vetting import Removed, vetted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from orchestrator.domain.event import AgentStopped, RunStarted, TaskEnded
    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.requirements import Answer, Question
    from orchestrator.domain.review import Finding, Lens
    from orchestrator.domain.strength import PatternBreach

GATE_ICONS: Mapping[GateVerdict, str] = {
    GateVerdict.PASSED: "✅",
    GateVerdict.FAILED: "❌",
    GateVerdict.NO_EVIDENCE: "⚠️",
    GateVerdict.NOT_REQUIRED: "⬜",
}
TROUBLE = (LookVerdict.WARNING, LookVerdict.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """Everything a report may say, in the order of importance to its readers."""

    record: RunRecord
    started: RunStarted
    headline: Headline
    title: str
    """As foreign text: templates neutralise it."""
    closes_issue: bool
    summary: str
    tasks: tuple[lines.TaskLine, ...]
    gates: tuple[GateResult, ...]
    gate_icons: Mapping[GateVerdict, str]
    checks: tuple[lines.CheckLine, ...]
    new_failures: tuple[str, ...]
    fixed_tests: tuple[str, ...]
    new_warnings: tuple[str, ...]
    tests: tuple[TestLine, ...]
    strength: Strength | None
    breaches: tuple[PatternBreach, ...]
    """Of the repository's pattern rules, on the changed lines of this head."""
    reviews: tuple[lines.ReviewLine, ...]
    findings: tuple[tuple[Lens, Finding], ...]
    settled: tuple[tuple[Lens, Finding], ...]
    """Blocking ones that were raised and are gone."""
    exits: tuple[AgentStopped, ...]
    """Agents that said honestly that they cannot go on."""
    questions: tuple[Question, ...]
    """Those that wait for an answer."""
    answers: tuple[Answer, ...]
    gaps: tuple[Question, ...]
    """What went by its default without being asked."""
    has_trouble_ahead: bool
    """Whether pre-flight warned or stopped."""
    flaky: tuple[FlakyLine, ...]
    unverified: tuple[str, ...]
    unknowns: tuple[str, ...]
    followups: tuple[str, ...]
    look_at: tuple[str, ...]
    """Where a person's minutes are best spent; our words only, no foreign text."""
    removed: tuple[Removed, ...]
    """Sentences of models that nothing on record backs; they are in no other field."""
    costs: tuple[lines.CostLine, ...]
    total: lines.CostLine
    after_estimate: Decimal | None
    """What was spent since the estimate; `None` when there is none, or it was another run's."""
    models: tuple[str, ...]


def view_of(record: RunRecord) -> ReportView:
    """Arrange a record for readers.

    Raises:
        ValueError: The run never started, so there is nothing to tell.
    """
    started = record.started
    if started is None:
        raise ValueError("A report needs a record whose run has started.")
    checked = vetted(record)
    record = checked.record
    endings = tuple(_endings(record))
    gates = current_gates(record)
    findings = open_findings(record.reviews)
    unverified = tuple(_unverified(record, endings, gates))
    needs = record.requirements
    return ReportView(
        record=record,
        started=started,
        headline=headline_of(record),
        title=started.issue_title,
        closes_issue=not has_open_tasks(record),
        summary=record.plan.summary if record.plan else needs.summary if needs else "",
        tasks=lines.task_lines(record),
        gates=gates,
        gate_icons=GATE_ICONS,
        checks=lines.check_lines(record),
        new_failures=lines.new_failures(record),
        fixed_tests=lines.fixed_tests(record),
        new_warnings=lines.new_warnings(record),
        tests=test_lines(record),
        strength=strength_of(record),
        breaches=_breaches(record),
        reviews=lines.review_lines(record),
        findings=findings,
        settled=settled_findings(record.reviews),
        exits=lines.exit_lines(record),
        questions=_questions(record, endings),
        answers=record.answers,
        gaps=needs.gaps if needs else (),
        has_trouble_ahead=any(look.verdict in TROUBLE for look in record.looks),
        flaky=flaky_lines(record),
        unverified=unverified,
        unknowns=needs.unknowns if needs else (),
        followups=tuple(text for item in endings if item.work for text in item.work.followups),
        look_at=tuple(
            _look_at(
                record,
                gates,
                findings,
                removed=sum(one.sentences for one in checked.removed),
                unverified=len(unverified),
            )
        ),
        removed=checked.removed,
        costs=lines.cost_lines(record.spend_lines),
        total=lines.total_cost(record.spend_lines),
        after_estimate=_after_estimate(record),
        models=tuple(dict.fromkeys(line.model for line in record.spend_lines)),
    )


def _after_estimate(record: RunRecord) -> Decimal | None:
    if record.estimate is None:
        return None
    after = record.spend.usd - record.spend_before.usd - record.estimate.spent_usd
    return after if after >= 0 else None


def _breaches(record: RunRecord) -> tuple[PatternBreach, ...]:
    patterns = record.patterns
    if patterns is None or record.head not in {None, patterns.commit}:
        return ()
    return patterns.breaches


def _endings(record: RunRecord) -> Iterable[TaskEnded]:
    return (known.ended for known in record.tasks.values() if known.ended)


def _questions(record: RunRecord, endings: Iterable[TaskEnded]) -> tuple[Question, ...]:
    """Return what people have to answer: what was asked, or what ended tasks wanted to know."""
    if record.asked is not None:
        return record.asked.questions
    return tuple(question for item in endings if item.exit for question in item.exit.questions)


def _unverified(
    record: RunRecord, endings: Iterable[TaskEnded], gates: Iterable[GateResult]
) -> Iterable[str]:
    for result in gates:
        if result.verdict is GateVerdict.NO_EVIDENCE:
            yield f"{result.gate}: {result.reason}"
    if not lines.current_checks(record):
        yield "No command of the project ran on this commit."
    for ended in endings:
        yield from ended.work.untested if ended.work else ()
        yield from ended.tests.cannot_test if ended.tests else ()
    for passes in by_lens(record.reviews).values():
        yield from (f"{passes[-1].lens} review: {text}" for text in passes[-1].not_checked)


def _look_at(
    record: RunRecord,
    gates: Iterable[GateResult],
    findings: Iterable[tuple[Lens, Finding]],
    *,
    removed: int,
    unverified: int,
) -> Iterable[str]:
    state = headline_of(record).state
    if state is State.RUNNING:
        return
    failed = sum(result.verdict is GateVerdict.FAILED for result in gates)
    silent = sum(result.verdict is GateVerdict.NO_EVIDENCE for result in gates)
    weights = [finding.severity for _, finding in findings]
    blocking, advisory = weights.count(Severity.BLOCKING), weights.count(Severity.ADVISORY)
    violations = sum(len(item.violations) for item in _endings(record))
    assumptions = len(record.plan.assumptions) if record.plan else 0
    strength = strength_of(record)
    # Where nothing was made there is nothing to verify.
    unverified = max(0, unverified - silent) if record.change is not None else 0
    unnoticed = len(strength.survivors) if strength and strength.is_current else 0
    counted = (
        (failed, "failed requirement", "failed requirements"),
        (blocking, "blocking finding", "blocking findings"),
        (silent, "requirement without evidence", "requirements without evidence"),
        (violations, "change outside its task's files", "changes outside their task's files"),
        (advisory, "advisory finding", "advisory findings"),
        (unnoticed, "small error that no test noticed", "small errors that no test noticed"),
        (unverified, "point not verified", "points not verified"),
        (assumptions, "assumption", "assumptions"),
        (removed, "removed statement", "removed statements"),
    )
    for count, one, several in counted:
        if count:
            yield f"{count} {one if count == 1 else several}"
