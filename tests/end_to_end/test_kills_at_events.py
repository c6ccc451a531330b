"""Kill -9 at an event of the journal, on either side of it: the run after it leaves the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.doomed import AFTER, ANY, BEFORE
from tests.end_to_end.killing import events_of, killed_at

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.killing import Left

MOST = 92
"""No run of this play has more events, so that the sweep is complete."""
USUAL = (
    ("run_started", 1, AFTER),
    ("model_replied", 3, AFTER),
    ("plan_accepted", 1, BEFORE),
    ("head_moved", 1, AFTER),
    ("task_ended", 2, BEFORE),
    ("gates_evaluated", 1, AFTER),
    ("pull_request_published", 2, AFTER),
    ("run_ended", 1, AFTER),
)
"""Where something is bought, moved, finished or told: (kind, the how manyth of it, which side)."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Return what a run leaves that nobody disturbed, and see that no event is left out."""
    left, kinds = events_of(tmp_path_factory.mktemp("whole"))
    assert MOST - 10 < len(kinds) <= MOST
    assert all(kinds.count(kind) >= number for kind, number, _ in USUAL)
    return left


@pytest.mark.parametrize(("kind", "number", "moment"), USUAL)
def test_kill__at_an_event_that_matters_changes_nothing(
    whole: Left, kind: str, number: int, moment: str, tmp_path: Path
) -> None:
    """Same tree, branches, requests, comments; no lock; nothing that was finished paid twice."""
    left, was_killed = killed_at(tmp_path, kind, number, moment)

    assert was_killed
    assert left == whole


@pytest.mark.exhaustive
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("number", range(1, MOST + 1))
def test_kill__at_any_event_changes_nothing(
    whole: Left, number: int, moment: str, tmp_path: Path
) -> None:
    """The complete sweep: every event of the journal, before it is written and after."""
    left, was_killed = killed_at(tmp_path, ANY, number, moment)

    assert was_killed or number > MOST - 10
    assert left == whole
