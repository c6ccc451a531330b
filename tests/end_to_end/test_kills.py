"""Kill -9 anywhere: the run after it leaves what an undisturbed one leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.killing import killed, undisturbed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.killing import Left

WRITES = 34
"""How often the run writes to the forge; with more of them the sweep would not be complete."""
USUAL = {1, 3, 4, 12, 13, 15, 20, 21, 31, 33, 34}
"""One of each kind: claim, comment, checkpoint, branch, request, its text, ready, release."""
SWEEP = [
    pytest.param(after, marks=() if after in USUAL else pytest.mark.exhaustive)
    for after in range(1, WRITES + 1)
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Return what a run leaves that nobody disturbed, and see that no write is left out."""
    left, writes = undisturbed(tmp_path_factory.mktemp("whole"))
    assert len(writes) == WRITES
    assert {writes[after - 1] for after in USUAL} == set(writes)
    return left


@pytest.mark.parametrize("after", SWEEP)
def test_kill__after_any_write_changes_nothing(whole: Left, after: int, tmp_path: Path) -> None:
    """Same tree, branches, requests, comments; no lock; nothing that was finished paid twice."""
    assert killed(tmp_path, after) == whole
