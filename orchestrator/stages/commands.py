"""The project's own commands, run on clean checkouts of exact commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.config.project import CommandSettings
    from orchestrator.domain.check import CheckReport
    from orchestrator.gates.checks import CheckRunner
    from orchestrator.stages.workplace import Prepared, Workplaces


class ProjectCommands:
    """What the project is checked with."""

    def __init__(
        self,
        settings: CommandSettings,
        *,
        runner: CheckRunner | None,
        installer: CheckRunner | None = None,
        workplaces: Workplaces,
    ) -> None:
        """Take the commands; without a runner (no sandbox) none of them is ever run.

        Args:
            settings: The commands.
            runner: Gives them no network.
            installer: Gives setup, and nothing else, a network.
            workplaces: Where they run.
        """
        self._settings = settings
        self._installer = installer
        self._runner = runner
        self._workplaces = workplaces

    @property
    def kinds(self) -> tuple[tuple[CheckKind, str], ...]:
        """The commands there are, in the order they run."""
        settings = self._settings
        found = (
            (CheckKind.BUILD, settings.build),
            (CheckKind.TEST, settings.test),
            (CheckKind.LINT, settings.lint),
        )
        return tuple((kind, text) for kind, text in found if text)

    @property
    def can_run(self) -> bool:
        """Whether this machine offers a sandbox to run them in."""
        return self._runner is not None

    def set_up(self, commit: str) -> Prepared | None:
        """Run the setup command, if there is one, for all worktrees that come later.

        Raises:
            SandboxError: The sandbox failed; nothing is known about the project.
        """
        command, installer = self._settings.setup, self._installer
        if command is None or installer is None:
            return None

        def run(tree: Path) -> CheckReport:
            return installer.run(CheckKind.SETUP, command, commit=commit, tree=tree)

        return self._workplaces.prepare(commit, run)

    def check(self, commit: str, *, only: CheckKind | None = None) -> tuple[CheckReport, ...]:
        """Run every command, or only those of one kind, each on a checkout of its own.

        Raises:
            SandboxError: The sandbox failed; nothing is known about the project.
        """
        if self._runner is None:
            return ()
        reports = []
        for kind, command in self.kinds:
            if only is not None and kind is not only:
                continue
            with self._workplaces.checkout(commit) as worktree:
                reports.append(self._runner.run(kind, command, commit=commit, tree=worktree.root))
        return tuple(reports)
