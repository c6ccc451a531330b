"""The project's own commands, run on clean checkouts of exact commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckKind
from orchestrator.sandbox.files import TreeFiles
from orchestrator.stages.setup_secrets import SetupSecrets

if TYPE_CHECKING:
    from collections.abc import Collection
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
        secrets: SetupSecrets | None = None,
    ) -> None:
        """Take the commands; without a runner (no sandbox) none of them is ever run.

        Args:
            settings: The commands.
            runner: Gives them no network.
            installer: Gives setup, and nothing else, a network and the secrets.
            workplaces: Where they run.
            secrets: What the installer gives to setup, of which nothing may be left behind.
        """
        self._settings = settings
        self._installer = installer
        self._runner = runner
        self._workplaces = workplaces
        self._secrets = secrets or SetupSecrets()

    @property
    def setup_secrets(self) -> tuple[str, ...]:
        """The variables with credentials that only setup is given, and only on the base."""
        return self._secrets.names if self._settings.setup else ()

    @property
    def kinds(self) -> tuple[tuple[CheckKind, str], ...]:
        """The commands there are, in the order they run."""
        settings = self._settings
        found = (
            (CheckKind.BUILD, settings.build),
            (CheckKind.TEST, settings.test),
            (CheckKind.LINT, settings.lint),
            (CheckKind.COVERAGE, settings.coverage),
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

        return self._workplaces.prepare(commit, run, secrets=self._secrets)

    def check(
        self, commit: str, *, only: Collection[CheckKind] = tuple(CheckKind), is_anew: bool = False
    ) -> tuple[CheckReport, ...]:
        """Run every command, or those of some kinds, each on a checkout of its own.

        Args:
            commit: What is checked.
            only: Kinds to run.
            is_anew: Run setup first in each checkout, without a network or secrets: for a commit
                that asks for other dependencies than the base, and whose scripts may be an agent's.
                Its report is among the others, once.

        Raises:
            SandboxError: The sandbox failed; nothing is known about the project.
        """
        if self._runner is None:
            return ()
        reports: list[CheckReport] = []
        for kind, command in self.kinds:
            if kind not in only:
                continue
            with self._workplaces.checkout(commit) as worktree:
                setup = self._settings.setup if is_anew else None
                if setup is not None:
                    made = self._runner.run(
                        CheckKind.SETUP, setup, commit=commit, tree=worktree.root
                    )
                    reports = [report for report in reports if report.kind is not CheckKind.SETUP]
                    reports.append(made)
                reports.append(self._runner.run(kind, command, commit=commit, tree=worktree.root))
        return tuple(reports)

    def mutated(self, commit: str, path: str, content: bytes) -> CheckReport | None:
        """Run the test command on a commit with one file changed; `None` without a command.

        Raises:
            SandboxError: The sandbox failed; nothing is known about the project.
        """
        command = self._settings.test
        if self._runner is None or command is None:
            return None
        with self._workplaces.checkout(commit) as worktree:
            TreeFiles(worktree.root).write(path, content)
            return self._runner.run(CheckKind.TEST, command, commit=commit, tree=worktree.root)
