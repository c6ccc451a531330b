"""What the faults of the model's service may cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.endings import Failed, FailureKind
from orchestrator.agents.ledger import Ledger, Limit
from tests.contract.test_fault_matrix import MODEL, played, service
from tests.doubles.clock import SteppingClock
from tests.unit.agents.studio import Studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.llm.builders import Connect


def test_model__attempts_end_at_a_limit(tmp_path: Path, connect: Connect) -> None:
    """Attempts that break off, each billed, do not add up to more than the run may cost."""
    row, clock = MODEL["no message_stop, ever"], SteppingClock()
    most = Decimal("0.11")
    studio = Studio(tmp_path, clock=clock, ledger=Ledger(run=Limit(usd=most)))

    with service(row, played(row, "dear"), clock, connect) as (api, model):
        ending = studio.work_with(model)

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.BUDGET
    assert 2 < len(api.requests) < row.requests
    assert studio.ledger.spend.usd < most


@pytest.mark.parametrize("limit", ["deadline", "minutes"])
def test_model__attempts_end_before_a_deadline(
    limit: str, tmp_path: Path, connect: Connect
) -> None:
    """A wait that would end after the time that is left is not begun, and nothing goes out then."""
    row, clock = MODEL["429 without end"], SteppingClock()
    by_run, by_task = (100.0, None) if limit == "deadline" else (None, 100 / 60)
    ledger = Ledger(task=Limit(minutes=by_task), now=clock.monotonic)
    studio = Studio(tmp_path, clock=clock, ledger=ledger, deadline_s=by_run)

    with service(row, played(row, "late"), clock, connect) as (api, model):
        ending = studio.work_with(model)

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.DEADLINE
    assert len(api.requests) == 2
    assert clock.sleeps == []
