"""The verb `sandbox`: one command, run exactly as an agent's would be."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app.home import HomeFiles
from orchestrator.app.places import presets
from orchestrator.app.sandboxes import sheltered
from orchestrator.app.setup_secrets import take_setup_secrets
from orchestrator.config.loading import load_settings
from orchestrator.config.sandbox import SandboxBackend
from orchestrator.config.settings import Settings
from orchestrator.domain.errors import UsageError
from orchestrator.gates.checks import CheckRunner
from orchestrator.sandbox.repository import RunRepository
from orchestrator.sandbox.sandbox import Access, Command, LimitKind
from orchestrator.stages.commands import ProjectCommands
from orchestrator.stages.reading import CommitFiles
from orchestrator.stages.setup import ending_of_leak
from orchestrator.stages.workplace import Workplaces

if TYPE_CHECKING:
    import argparse

    from orchestrator.app.desk import Desk
    from orchestrator.app.sandboxes import Shelter
    from orchestrator.sandbox.sandbox import Cell, CommandResult, Sandbox

_NO_SANDBOX = 4
_SETUP_FAILED = 6
_TIMED_OUT = 124
_KILLED = 137
_SETUP_S = 1800.0
_UNCONFINED = "unconfined"
_MET = {
    LimitKind.TIME: "ended at its time limit; --timeout gives it longer",
    LimitKind.OUTPUT: "ended because it printed too much; the rest was cut",
    LimitKind.MEMORY: "ended at the memory limit",
    LimitKind.PROCESSES: "ended because it started too many processes",
    LimitKind.DISK: "ended because it filled the disk",
}


def sandbox(options: argparse.Namespace, desk: Desk) -> int:
    """Run one command behind the walls and return its exit code; without one, try the walls.

    The command works on a copy that is gone afterwards: a checkout of the current commit, set up
    as the configuration says, or the files of a folder that is no repository.

    Raises:
        UsageError: There is no such folder, or no base in it.
        ConfigError: The configuration is wrong.
        SandboxError: The command could not be started.
    """
    folder: Path = options.worktree.resolve()
    if not folder.is_dir():
        raise UsageError(f"There is no folder {str(folder)!r}.", hint="Name one that exists.")
    asked = options.backend
    with contextlib.ExitStack() as stack:
        project = _read_project(folder, desk, own=_own_folder(stack))
        shelter = stack.enter_context(
            sheltered(
                desk,
                project.settings,
                asked=None if asked in {None, _UNCONFINED} else SandboxBackend(asked),
                unconfined=asked == _UNCONFINED,
            )
        )
        _show_verdicts(desk, shelter)
        if shelter.sandbox is None:
            return _NO_SANDBOX
        if not options.command:
            return 0
        access = Access.READ if options.read_only else Access.WRITE
        if project.repository is None:
            tree = copied(folder, shelter.folder / "trees" / "0001")
            cell: Cell | None = shelter.sandbox.open(tree, access=access)
        else:
            workplaces = Workplaces(
                project.repository.git, folder=shelter.folder / "trees", sandbox=shelter.sandbox
            )
            if not options.no_setup and not _set_up(desk, project, shelter.sandbox, workplaces):
                return _SETUP_FAILED
            cell = stack.enter_context(workplaces.open(project.commit, access=access)).cell
        assert cell is not None  # noqa: S101 -- there is a sandbox, so there is a cell
        stack.callback(cell.close)
        return _run(desk, cell, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    settings: Settings
    repository: RunRepository | None = None
    """`None` for a folder that is no repository."""
    commit: str = ""


def _own_folder(stack: contextlib.ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orchestrator-")))


def _read_project(folder: Path, desk: Desk, *, own: Path) -> _Project:
    if not (folder / ".git").exists():
        return _Project(settings=Settings())
    repository = RunRepository(own / "repository.git")
    base = repository.take_base(checkout=folder, remote=None, branch=None)
    files = CommitFiles(git=repository.git, commit=base.commit)
    loaded = load_settings(
        files, tracked_paths=files.paths(), home=HomeFiles(), fetch=presets(desk)
    )
    return _Project(settings=loaded.settings, repository=repository, commit=base.commit)


def copied(folder: Path, tree: Path) -> Path:
    """Copy a folder that is no repository, and return the copy.

    Raises:
        UsageError: It holds what cannot be copied, or the place of the copy.
    """
    if tree.resolve().is_relative_to(folder):
        raise UsageError(
            f"The folder {str(folder)!r} holds our own temporary files, and its copy would be one.",
            hint="Name a folder inside of it.",
        )
    tree.parent.mkdir(parents=True, exist_ok=True)
    tree.parent.chmod(0o711)
    try:
        shutil.copytree(folder, tree, symlinks=True)
    except OSError as error:
        all_of_it = (folder, tree, error.strerror)
        what, _, why = error.args[0][0] if isinstance(error, shutil.Error) else all_of_it
        raise UsageError(
            f"{str(what)!r} cannot be copied: {why}.",
            hint="Name a folder of files and folders that this user can read.",
        ) from error
    return tree


def _show_verdicts(desk: Desk, shelter: Shelter) -> None:
    for verdict in shelter.verdicts:
        for failure in verdict.failures:
            desk.console.say(f"sandbox {verdict.backend}: not used. {failure}")
    if shelter.sandbox is None:
        desk.console.say("sandbox: none. No command of an agent would be run here.")
        return
    chosen = shelter.verdicts[-1]
    state = "every wall held" if chosen.is_confined else "there are no walls"
    desk.console.say(f"sandbox {chosen.backend}: {state}.")
    for gap in chosen.gaps:
        desk.console.say(f"sandbox {chosen.backend}: gap. {gap}")


def _set_up(desk: Desk, project: _Project, walls: Sandbox, workplaces: Workplaces) -> bool:
    secrets = take_setup_secrets(desk, project.settings.project.setup_secrets)
    installer = CheckRunner(
        lambda tree: walls.open(tree, access=Access.WRITE, network=True),
        redactor=desk.redactor,
        timeout_s=_SETUP_S,
        environment=secrets.environment(),
    )
    commands = ProjectCommands(
        project.settings.project.commands,
        runner=installer,
        installer=installer,
        workplaces=workplaces,
        secrets=secrets,
    )
    prepared = commands.set_up(project.commit)
    if prepared is None:
        return True
    report = prepared.report
    if prepared.leak is not None:
        outcome = ending_of_leak(report, prepared.leak)
        desk.console.fail(outcome.summary, outcome.hint)
        return False
    ending = "done" if prepared.left else f"failed, exit code {report.exit_code}"
    desk.console.say(f"setup `{report.command}`: {ending} after {report.duration_s:.1f} s")
    if prepared.left is None:
        desk.console.show_foreign("setup", report.output_tail)
    return prepared.left is not None


def _run(desk: Desk, cell: Cell, options: argparse.Namespace) -> int:
    words = tuple(options.command)
    argv = words if len(words) > 1 else ("bash", "-c", words[0])
    result = cell.run(Command(argv=argv, timeout_s=float(options.timeout)))
    desk.console.say(result.output.rstrip("\n"))
    desk.console.say(_ended(result))
    if result.limit is LimitKind.TIME:
        return _TIMED_OUT
    return _KILLED if result.exit_code is None else result.exit_code


def _ended(result: CommandResult) -> str:
    how = f"exit code {result.exit_code}" if result.limit is None else _MET[result.limit]
    return f"command: {how}, after {result.duration_s:.2f} s"
