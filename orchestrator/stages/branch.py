"""The run's own branch: one commit per task, in plan order, whatever order they ended in.

A task's result is the pair (commit it started from, tree it left). Putting results into
one line is a merge per task; tasks with disjoint files merge to the same tree in every
order, and the line is always laid in plan order, so every legal schedule ends in the same
commits' trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orchestrator.domain.change import Change
    from orchestrator.sandbox.git import Git, Identity
    from orchestrator.sandbox.trees import TreeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one task adds to the branch."""

    task_id: int
    start: str
    """Commit the task's worktree was made from."""
    tree: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A piece that does not fit onto what is there."""

    task_id: int
    paths: tuple[str, ...]


class RunBranch:
    """The line of commits from the base to the head."""

    def __init__(
        self, git: Git, *, base: str, identity: Identity, at: datetime, head: str | None = None
    ) -> None:
        """Begin at the base commit, or at the head that an earlier run has left.

        Args:
            git: The run's repository.
            base: Commit that the work starts from.
            identity: Author of every commit.
            at: Date of every commit.
            head: A commit that descends from the base.
        """
        self._git = git
        self._base = base
        self._identity = identity
        self._at = at
        self._head = head or base
        self._laid: dict[tuple[str, Piece], str] = {}

    @property
    def base(self) -> str:
        """The commit of the base branch that the run works from."""
        return self._base

    @property
    def head(self) -> str:
        """The newest commit of the line."""
        return self._head

    @property
    def git(self) -> Git:
        """The run's repository."""
        return self._git

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added yet."""
        return self._head == self._base

    def base_entries(self) -> tuple[TreeEntry, ...]:
        """Return every path of the base commit."""
        return self._git.list_paths(self._base)

    def change(self) -> Change:
        """Return base to head, with the diff text."""
        return self._git.diff(self._base, self._head)

    def lay(self, start: str, pieces: Sequence[Piece]) -> str | Misfit:
        """Return the commit at the end of `start` plus the pieces in the given order.

        Nothing moves: use it for the commit a dependent task starts from, and with
        `advance` for the branch itself.
        """
        commit = start
        for piece in pieces:
            laid = self._laid_on(commit, piece)
            if isinstance(laid, Misfit):
                return laid
            commit = laid
        return commit

    def advance(self, commit: str) -> None:
        """Move the head to a commit made by `lay`."""
        self._head = commit

    def commit_aside(self, tree: str, *, message: str) -> str:
        """Return a commit of the tree on top of the head that is on no line: to work from."""
        return self._committed(tree, parent=self._head, message=message)

    def _laid_on(self, commit: str, piece: Piece) -> str | Misfit:
        key = (commit, piece)
        if key not in self._laid:
            tree = self._tree_with(commit, piece)
            if isinstance(tree, Misfit):
                return tree
            self._laid[key] = (
                commit
                if tree == self._git.tree_of(commit)
                else self._committed(tree, parent=commit, message=piece.message)
            )
        return self._laid[key]

    def _committed(self, tree: str, *, parent: str, message: str) -> str:
        return self._git.commit_tree(
            tree,
            parents=(parent,),
            message=message,
            author=self._identity,
            committer=self._identity,
            at=self._at,
        )

    def _tree_with(self, commit: str, piece: Piece) -> str | Misfit:
        if piece.start == commit:
            return piece.tree
        merged = self._git.merge(base=piece.start, ours=commit, theirs=piece.tree)
        if merged.conflicts:
            paths = tuple(item.path for item in merged.conflicts)
            return Misfit(task_id=piece.task_id, paths=paths)
        return merged.tree
