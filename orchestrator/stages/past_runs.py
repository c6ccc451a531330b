"""What earlier runs of this repository cost, from the state that they left behind."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.plan import StageName
from orchestrator.domain.record import fold
from orchestrator.metrics.estimate import PastRun
from orchestrator.telemetry.replay import parse_journal

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord
    from orchestrator.stages.upstream import Upstream

MAX_RUNS: Final = 10
_DONE: Final = (Conclusion.SUCCESS, Conclusion.NEEDS_HUMAN)
_AFTER_PLAN: Final = (StageName.IMPLEMENTATION, StageName.TESTING, StageName.REVIEW)


def past_runs(upstream: Upstream, *, besides: int) -> tuple[PastRun, ...]:
    """Return the newest issues' runs that got through all their stages.

    A past that cannot be read is no past: the estimate rests on what is left.

    Args:
        upstream: Where they lie.
        besides: The issue at hand, whose own state does not count.
    """
    try:
        journals = upstream.states(besides=besides, limit=MAX_RUNS)
    except OrchestratorError:
        return ()
    found = (_read(content) for content in journals)
    return tuple(run for run in found if run is not None)


def _read(content: bytes) -> PastRun | None:
    try:
        return past_run(fold(parse_journal(content, name="journal")))
    except OrchestratorError:
        return None


def past_run(record: RunRecord) -> PastRun | None:
    """Return what a run's record shows of its cost; `None` if it did not get through."""
    lines = (line for line in record.spend_lines if line.stage in _AFTER_PLAN and not line.is_lost)
    usd = sum((line.usd for line in lines), Decimal(0))
    outcome, plan = record.outcome, record.plan
    if plan is None or outcome is None or outcome.conclusion not in _DONE or not usd:
        return None
    reached = {stage.stage for stage in record.stages if stage.succeeded}
    is_whole = all(task.stage in reached for task in plan.tasks if task.stage in _AFTER_PLAN)
    return PastRun(plan=plan, usd=usd) if is_whole else None
