"""One stage's results on the branch: in plan order, whatever order they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.scheduling.graph import ancestors
from orchestrator.stages.branch import Misfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.plan import Task
    from orchestrator.stages.branch import Piece, RunBranch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    """Where the line begins and what lies on it: one value, so that no thread sees half of two."""

    begin: str
    pieces: Mapping[int, Piece]
    """By the id of the task."""


class Line:
    """The pieces that were taken in, on top of where the stage began.

    Only one thread may add; any may ask where a task starts. A piece costs a merge for itself and
    one for each that came before it and stands after it in the plan: those get other commits.
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
        self._laid = _Laid(begin=branch.head, pieces={})
        self._taken: set[int] = set()

    def start_of(self, task: Task) -> str:
        """Return the stage's start plus everything this task builds on, in plan order."""
        laid, before = self._laid, self._ancestors[task.id]
        needed = {number: piece for number, piece in laid.pieces.items() if number in before}
        start = self._in_order(laid.begin, needed)
        return self._branch.head if isinstance(start, Misfit) else start

    def add(self, piece: Piece) -> str | Misfit:
        """Take a piece in and return the new end of the line; a misfit is not taken in."""
        begin = self._laid.begin
        return self._taken_in(begin, {**self._laid.pieces, piece.task_id: piece}, piece)

    def put_on_top(self, piece: Piece) -> str:
        """Begin anew at the head with a piece that was made there, and return the new end."""
        end = self._taken_in(self._branch.head, {piece.task_id: piece}, piece)
        if isinstance(end, str):
            return end
        raise AssertionError("a piece that starts from the head fits onto it")

    def others(self, task: Task) -> tuple[Task, ...]:
        """Return the tasks that were taken in and that this one did not build on."""
        others = self._taken - self._ancestors[task.id] - {task.id}
        return tuple(other for other in self._tasks if other.id in others)

    def _taken_in(self, begin: str, pieces: Mapping[int, Piece], piece: Piece) -> str | Misfit:
        end = self._in_order(begin, pieces)
        if not isinstance(end, Misfit):
            self._laid = _Laid(begin=begin, pieces=pieces)
            self._taken.add(piece.task_id)
        return end

    def _in_order(self, begin: str, pieces: Mapping[int, Piece]) -> str | Misfit:
        ordered = [pieces[task.id] for task in self._tasks if task.id in pieces]
        return self._branch.lay(begin, ordered)
