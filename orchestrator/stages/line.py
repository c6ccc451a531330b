"""One stage's results on the branch: in plan order, whatever order they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.scheduling.graph import ancestors
from orchestrator.stages.branch import Misfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.plan import Task
    from orchestrator.stages.branch import Piece, RunBranch


class Line:
    """The pieces that were taken in, on top of where the stage began.

    Only one thread may add; any may ask where a task starts.
    """

    def __init__(self, branch: RunBranch, tasks: Sequence[Task], *, plan: Sequence[Task]) -> None:
        """Begin at the branch's head.

        Args:
            branch: Does not move by itself: who adds a piece advances it.
            tasks: Those of the stage, in plan order.
            plan: All tasks, for what depends on what through others.
        """
        self._branch = branch
        self._tasks = tuple(tasks)
        self._ancestors = ancestors(plan)
        self._begin = branch.head
        self._pieces: dict[int, Piece] = {}

    def start_of(self, task: Task) -> str:
        """Return the stage's start plus everything this task builds on, in plan order."""
        needed = [
            self._pieces[other.id]
            for other in self._tasks
            if other.id in self._ancestors[task.id] and other.id in self._pieces
        ]
        laid = self._branch.lay(self._begin, needed)
        return self._branch.head if isinstance(laid, Misfit) else laid

    def add(self, piece: Piece) -> str | Misfit:
        """Take a piece in and return the new end of the line; a misfit is not taken in."""
        pieces = {**self._pieces, piece.task_id: piece}
        laid = self._branch.lay(
            self._begin, [pieces[task.id] for task in self._tasks if task.id in pieces]
        )
        if not isinstance(laid, Misfit):
            self._pieces = pieces
        return laid

    def put_on_top(self, piece: Piece) -> str:
        """Begin anew at the head with a piece that was made there, and return the new end."""
        self._begin = self._branch.head
        self._pieces = {piece.task_id: piece}
        # It started from the head, so it cannot be a misfit.
        return str(self._branch.lay(self._begin, [piece]))

    def others(self, task: Task) -> tuple[Task, ...]:
        """Return the tasks that were taken in and that this one did not build on."""
        before = self._ancestors[task.id]
        return tuple(
            other
            for other in self._tasks
            if other.id in self._pieces and other.id not in before and other.id != task.id
        )
