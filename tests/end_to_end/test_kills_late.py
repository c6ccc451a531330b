"""Kill -9 from the first push of the branch on: the run after it ends like an undisturbed one.

The other half is in `test_kills_early.py`: files are spread over the cores. Each half checks
that there are no more writes than the two try.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.killing import LATE, WRITES, killed, undisturbed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.killing import Left


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Return what a run leaves that nobody disturbed, and see that no write is left out."""
    left, writes = undisturbed(tmp_path_factory.mktemp("whole"))
    assert writes == WRITES
    return left


@pytest.mark.parametrize("after", LATE)
def test_kill__with_the_branch_changes_nothing(whole: Left, after: int, tmp_path: Path) -> None:
    """Same tree, branches, requests, comments; no lock; nothing that was finished paid twice."""
    assert killed(tmp_path, after) == whole
