"""Where an agent works: a worktree of one commit, and a cell around it for commands."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.preparation import look_at
from orchestrator.sandbox.sandbox import Access
from orchestrator.sandbox.worktree import open_worktree
from orchestrator.scheduling.workers import lock
from orchestrator.stages.setup_home import credential_left
from orchestrator.stages.setup_secrets import Leak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.event import Event
    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.preparation import Preparation
    from orchestrator.sandbox.sandbox import Cell, Command, CommandResult, Sandbox
    from orchestrator.sandbox.worktree import Worktree
    from orchestrator.stages.setup_secrets import SetupSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """One worktree in use."""

    commit: str
    worktree: Worktree
    files: TreeFiles
    cell: Cell | None
    """`None` when the machine offers no sandbox: then no command runs at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """How setup went."""

    report: CheckReport
    left: Preparation | None
    """`None` when it failed, or left a secret."""
    leak: Leak | None = None


def _to_nobody(event: Event) -> None:
    """Tell nobody."""


class Workplaces:
    """Makes worktrees and takes them away again."""

    def __init__(
        self,
        git: Git,
        *,
        folder: Path,
        sandbox: Sandbox | None,
        emit: Callable[[Event], None] = _to_nobody,
    ) -> None:
        """Keep worktrees under `folder`, which is this run's alone; `emit` is told what stays."""
        self._emit = emit
        self._git = git
        self._folder = folder
        self._sandbox = sandbox
        self._numbers = count(1)
        self._prepared: Preparation | None = None

    def prepare(
        self, commit: str, run: Callable[[Path], CheckReport], *, secrets: SetupSecrets
    ) -> Prepared:
        """Run the project's setup once; every later worktree begins with what it has made.

        Args:
            commit: The base: setup is never the work of an agent.
            run: Runs the command in a tree, with a network.
            secrets: What it was given: a setup that leaves one of them is not passed on.

        Raises:
            SandboxError: The sandbox failed; nothing is known about the project.
            GitError: There is no such commit.
        """
        worktree = self._worktree(commit)
        report = run(worktree.root)
        leak = self._leak(worktree.root, secrets) if report.is_green else None
        if report.is_green and leak is None and self._sandbox is not None:
            with closing(self._sandbox.open(worktree.root, access=Access.READ)) as cell:
                self._prepared = look_at(cell, worktree.root)
        else:
            worktree.remove()
        return Prepared(report=report, left=self._prepared, leak=leak)

    def _leak(self, tree: Path, secrets: SetupSecrets) -> Leak | None:
        """Return what setup has left of its secrets, or of others, where a cell could read it."""
        homes = () if self._sandbox is None else self._sandbox.left_by_setup
        for folder, prefix in ((tree, ""), *((home, "~/") for home in homes)):
            found = secrets.left_in(folder) if secrets.values else None
            if found is not None:
                return Leak(name=found.name, path=f"{prefix}{found.path}")
        for home in homes:
            left = credential_left(home)
            if left is not None:
                return Leak(name=left[0], path=f"~/{left[1]}", is_guess=True)
        return None

    @contextmanager
    def open(self, commit: str, *, access: Access) -> Iterator[Workplace]:
        """Provide a fresh worktree of the commit; everything in it is gone afterwards.

        Raises:
            SandboxError: No cell could be put around it.
            GitError: There is no such commit.
        """
        with self.checkout(commit) as worktree:
            root = worktree.root
            cell = None if self._sandbox is None else self._sandbox.open(root, access=access)
            try:
                yield Workplace(
                    commit=commit,
                    worktree=worktree,
                    files=TreeFiles(root),
                    cell=None if cell is None else _OneAtATime(cell),
                )
            finally:
                if cell is not None:
                    self._let_go(cell.close)

    @contextmanager
    def checkout(self, commit: str) -> Iterator[Worktree]:
        """Provide a fresh worktree without a cell.

        Raises:
            GitError: There is no such commit.
        """
        worktree = self._worktree(commit)
        try:
            if self._prepared is not None:
                self._prepared.fill(worktree.root)
            yield worktree
        finally:
            self._let_go(worktree.remove)

    def _let_go(self, remove: Callable[[], None]) -> None:
        """Take something away; what stays goes with the run's folder, and the work stands."""
        try:
            remove()
        except SandboxError as error:
            text = f"Something of a task is left behind until the run ends: {error}"
            self._emit(Noted(level=NoteLevel.WARNING, text=text, hint=error.hint))

    def _worktree(self, commit: str) -> Worktree:
        # Names of one length: setup's tree and the others differ in nothing but the number.
        root = self._folder / f"{next(self._numbers):04d}"
        return open_worktree(self._git, commit=commit, root=root)


class _OneAtATime:
    """A cell whose commands wait for each other: an agent may ask for several in one turn."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._lock = lock()

    def run(self, command: Command) -> CommandResult:
        with self._lock:
            return self._cell.run(command)

    def close(self) -> None:
        self._cell.close()
