"""Where an agent works, and what becomes of its work when the place cannot be cleared away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.domain.event import Noted
from orchestrator.sandbox.sandbox import Access, CommandResult, SelfTest
from orchestrator.stages.workplace import Workplaces
from tests.builders_git import make_run
from tests.unit.tools.workshop import FixedCell

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.event import Event

DONE = CommandResult(exit_code=0, output="", limit=None, duration_s=0.0)


class _Clinging(FixedCell):
    def close(self) -> None:
        raise SandboxError("The home of a cell stays.", hint="Look at the disk.")


class _Sandbox:
    """A sandbox at its port whose cells cannot be closed."""

    left_by_setup: tuple[Path, ...] = ()

    def self_test(self) -> SelfTest:
        return SelfTest(backend="test", is_confined=True, gaps=())

    def open(self, tree: Path, *, access: Access, network: bool = False) -> _Clinging:
        del tree, access, network
        return _Clinging(DONE)


def test_workplace__that_cannot_be_cleared_away_costs_no_work(tmp_path: Path) -> None:
    """What an agent has done, and was paid for, does not hang on the removal of its folder."""
    told: list[Event] = []
    repository, base = make_run(tmp_path)
    places = Workplaces(
        repository.git, folder=tmp_path / "trees", sandbox=_Sandbox(), emit=told.append
    )

    with places.open(base.commit, access=Access.WRITE) as place:
        kept = place.worktree.root

    assert not kept.exists()
    (note,) = told
    assert isinstance(note, Noted)
    assert "The home of a cell stays." in note.text
