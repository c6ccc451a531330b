"""How the work went: where the time went, what was done over, what is left to people."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orchestrator.domain.check import CheckKind
from orchestrator.domain.event import TaskStatus
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.review import FixEnding, Standing, standing_passes
from orchestrator.domain.spans import Busy, split
from orchestrator.metrics.measured import Measured
from orchestrator.rendering.vetting import vetted

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.review import ReviewPass

_DECIDED: Final = frozenset({Conclusion.SUCCESS, Conclusion.SKIPPED})


class TimeMetrics(Measured):
    """Where the seconds went; parallel work is added up, so the parts can pass the whole."""

    queue_s: float | None
    """From the event to the run's beginning, by two clocks; `None` where the event has no time."""
    setup_s: float
    """The project's setup and build commands."""
    model_s: float
    """Waiting for replies."""
    tools_s: float
    """Agents' tool calls, commands included."""
    tests_s: float
    """The project's test, lint and coverage commands, run by the program."""


class TimeToPr(Measured):
    """The way to the pull request, each moment counted once: the parts add up to the whole.

    Where several things go on at once, the moment goes to the first of model, tools, tests, setup.
    """

    queue_s: float | None
    """Before the run's beginning, not part of the whole; see `time.queue_s`."""
    setup_s: float
    model_s: float
    tools_s: float
    tests_s: float
    rest_s: float
    """The program itself, git and the forge."""


class ReworkMetrics(Measured):
    """What was written more than once."""

    attempts: int
    """Of tasks and fixes, all together."""
    lines_written: int
    """Added plus removed lines of every attempt that left a change, failed ones included."""
    index: float | None
    """(lines written - lines of the final change) / lines of the final change."""
    fix_rounds: int
    fixes_undone: int
    plans_revised: int


class ReviewMetrics(Measured):
    """What became of the reviewers' findings."""

    raised: int
    """Remarks handed in, dropped ones included."""
    dropped: int
    """Not kept, because the quoted line is not in the change or nothing stands behind it."""
    refuted: int
    verified: int
    fixed: int
    """Blocking findings of a fix round that was kept."""
    precision: float | None
    """Percent: verified / (verified + refuted); `None` when no finding was put to a verifier."""


class TruthMetrics(Measured):
    """Claims in models' words, held against the record before they are published."""

    claims: int
    removed: int
    """Sentences that were taken out."""
    truthfulness: float | None
    """Percent of the claims that the run backs, before any was removed; `None` without one."""


def times(record: RunRecord) -> TimeMetrics:
    """Return where the time went."""
    seconds: dict[CheckKind, float] = defaultdict(float, record.check_seconds)
    return TimeMetrics(
        queue_s=_queue_s(record),
        setup_s=rounded(seconds[CheckKind.SETUP] + seconds[CheckKind.BUILD]),
        model_s=rounded(sum(line.duration_s for line in record.spend_lines)),
        tools_s=rounded(record.tools_s),
        tests_s=rounded(
            seconds[CheckKind.TEST] + seconds[CheckKind.LINT] + seconds[CheckKind.COVERAGE]
        ),
    )


def to_pr(record: RunRecord) -> TimeToPr | None:
    """Return where the time until the first publication went; `None` when there was none."""
    whole = record.pull_request_s
    if whole is None:
        return None
    parts = split(record.spans, whole)
    return TimeToPr(
        queue_s=_queue_s(record),
        setup_s=rounded(parts[Busy.SETUP]),
        model_s=rounded(parts[Busy.MODEL]),
        tools_s=rounded(parts[Busy.TOOLS]),
        tests_s=rounded(parts[Busy.TESTS]),
        rest_s=rounded(whole - sum(parts.values())),
    )


def rework(record: RunRecord) -> ReworkMetrics:
    """Return what was done over."""
    written = record.lines_written
    final = record.change.lines if record.change else 0
    return ReworkMetrics(
        attempts=sum(task.attempt for task in record.tasks.values()),
        lines_written=written,
        index=round((written - final) / final, 3) if written and final else None,
        fix_rounds=len(record.fix_rounds),
        fixes_undone=sum(fix.ending is FixEnding.UNDONE for fix in record.fix_rounds),
        plans_revised=len(record.revisions),
    )


def reviews(record: RunRecord) -> ReviewMetrics | None:
    """Return what became of the findings; `None` when nobody looked."""
    if not record.reviews:
        return None
    kept = [finding for one in record.reviews for finding in one.findings]
    refuted = sum(len(one.refuted) for one in record.reviews)
    verified = sum(finding.standing is Standing.VERIFIED for finding in kept)
    raised = sum(map(_raised, record.reviews))
    judged = verified + refuted
    return ReviewMetrics(
        raised=raised,
        dropped=raised - len(kept) - refuted,
        refuted=refuted,
        verified=verified,
        fixed=_fixed(record),
        precision=round(100 * verified / judged, 2) if judged else None,
    )


def interventions(record: RunRecord) -> tuple[str, ...]:
    """Return what people still have to do before the change can be merged, beside reading it."""
    found = [f"gate:{gate.gate}" for gate in record.gates if not gate.lets_through]
    if record.asked is not None:
        found += [f"question:{number}" for number in range(1, len(record.asked.questions) + 1)]
    found += [
        f"task:{number}"
        for number, task in record.tasks.items()
        if task.status not in {TaskStatus.DONE, TaskStatus.RUNNING}
        and number not in record.dropped_tasks
    ]
    outcome = record.outcome
    if outcome is not None and outcome.conclusion not in _DECIDED and outcome.failure_class:
        found.append(f"failure:{outcome.failure_class.value}")
    return tuple(found)


def truth(record: RunRecord) -> TruthMetrics:
    """Return how many of the models' claims the run backs."""
    looked = vetted(record)
    removed = sum(one.sentences for one in looked.removed)
    backed = max(0, looked.claims - removed)
    return TruthMetrics(
        claims=looked.claims,
        removed=removed,
        truthfulness=round(100 * backed / looked.claims, 2) if looked.claims else None,
    )


def rounded(seconds: float) -> float:
    """Return seconds to the millisecond."""
    return round(seconds, 3)


def _raised(review: ReviewPass) -> int:
    """Count what a reviewer handed in; older journals tell only what became of it."""
    told = len(review.findings) + len(review.refuted) + len(review.dropped)
    return review.raised or told


def _fixed(record: RunRecord) -> int:
    """Count the blocking findings of the passes whose fixes were kept."""
    kept = {(fix.lens, fix.before) for fix in record.fix_rounds if fix.ending is FixEnding.KEPT}
    left = {
        (one.lens, one.task_id, finding.path, finding.claim)
        for one in standing_passes(record.reviews)
        for finding in one.findings
    }
    return sum(
        (one.lens, one.task_id, finding.path, finding.claim) not in left
        for one in record.reviews
        if (one.lens, one.tree) in kept
        for finding in one.findings
        if finding.severity.value == "blocking"
    )


def asked_to_pr_s(record: RunRecord) -> float | None:
    """Return how long people waited for a pull request that a run opened, by the forge's clock."""
    waited = _between(record.asked_at, record.opened_at)
    return waited if waited is None or waited >= 0 else None


def _queue_s(record: RunRecord) -> float | None:
    waited = _between(record.asked_at, record.started_at)
    return None if waited is None else max(0.0, waited)


def _between(begin: str, end: str) -> float | None:
    """Return the seconds between two times, `None` if one of them is not known."""
    try:
        passed = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    except (TypeError, ValueError):
        return None
    return rounded(passed.total_seconds())
