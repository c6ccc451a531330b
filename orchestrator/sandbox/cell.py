"""A cell on this machine: what every backend without a container of its own has in common."""

from __future__ import annotations

import posixpath
import resource
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError, SandboxError
from orchestrator.sandbox.command import Launch, launch
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.programs import SYSTEM_PATH, find_program
from orchestrator.sandbox.sandbox import Command, CommandResult
from orchestrator.sandbox.tree_paths import FileRefusedError, checked_parts
from orchestrator.sandbox.watchdog import CellLimits, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from orchestrator.sandbox.homes import Homes
    from orchestrator.sandbox.watchdog import ProcessFacts

PROOF = Command(argv=("true",), timeout_s=10.0)
"""Ends well wherever walls can be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Programs that cells may run beside the system's own."""

    path: tuple[Path, ...] = ()
    """Folders put before the system's; other users must be able to enter them."""
    readable: tuple[Path, ...] = ()
    """Folders that those programs need besides."""

    @property
    def full_path(self) -> tuple[Path, ...]:
        """Where a cell looks for programs, in order."""
        return (*self.path, *SYSTEM_PATH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one backend lays around one tree."""

    prefix: Callable[[str], tuple[str, ...]]
    """The words before a command that is to run in a folder relative to the tree."""
    start_in: Callable[[str], Path]
    """The folder, which must be safe to enter with our own rights, in which the prefix starts."""
    census: Callable[[int], Iterable[ProcessFacts]]
    sweep: Callable[[int], None]
    environment: Mapping[str, str]
    builders: tuple[str, ...]
    """How the programs of the prefix begin what they complain about."""
    toolchain: Toolchain
    limits: CellLimits = field(default_factory=CellLimits)


class HostCell:
    """Runs commands under one backend's rules, one at a time."""

    def __init__(self, tree: Path, *, home: Path, homes: Homes, rules: Rules) -> None:
        """Take over `home`, which `close` ends."""
        self._tree = tree
        self._home = home
        self._homes = homes
        self._rules = rules

    def run(self, command: Command) -> CommandResult:
        """Run to the end or to a limit; the whole process tree is gone afterwards.

        Raises:
            CommandUnavailableError: The program is not installed.
            SandboxError: The rules could not be applied; nothing was run.
        """
        result = self._tried(command)
        if is_complaint(result, of=self._rules.builders) and self._tried(PROOF).exit_code:
            raise no_walls(result.output)
        return result

    def close(self) -> None:
        """End the cell's home; a second call does nothing."""
        self._homes.end(self._home)

    def _tried(self, command: Command) -> CommandResult:
        cwd = checked_cwd(self._tree, command.cwd)
        program = self._program(command.argv[0], cwd)
        ending = launch(
            Launch(
                argv=(*self._rules.prefix(cwd), program, *command.argv[1:]),
                environment={**self._rules.environment, **command.environment},
                cwd=self._rules.start_in(cwd),
                timeout_s=command.timeout_s,
                output_bytes=command.output_bytes,
                merges_stderr=True,
            ),
            watch=Watchdog(self._rules.limits, folder=self._tree, census=self._rules.census),
            sweep=self._rules.sweep,
        )
        return CommandResult(
            exit_code=ending.exit_code,
            output=ending.stdout.decode(errors="replace"),
            limit=ending.limit,
            duration_s=ending.duration_s,
        )

    def _program(self, name: str, cwd: str) -> str:
        if "/" not in name:
            found = find_program(name, path=self._rules.toolchain.full_path)
            if found is not None:
                return str(found)
        elif (self._tree / cwd / name).exists():
            # As the caller wrote it, so that the cell's own rights decide what it leads to.
            return name if name.startswith("/") else posixpath.join(self._tree, cwd, name)
        raise CommandUnavailableError(
            f"The program {name!r} is not installed where commands run.",
            hint="Install it before the run, or use a program that is there.",
        )


def checked_cwd(tree: Path, cwd: str) -> str:
    """Return a folder relative to a tree in its plain form, `.` for the tree itself.

    Raises:
        SandboxError: It is not there, or leads out of the tree.
    """
    if cwd in {"", "."}:
        return "."
    try:
        with TreeFiles(tree).folder(cwd):
            return "/".join(checked_parts(cwd))
    except FileRefusedError as exc:
        raise SandboxError(
            f"A command cannot start in {exc}", hint="Name a folder inside the repository."
        ) from exc


def is_gone(tree: Path, cwd: str) -> bool:
    """Tell whether a folder in which a command was started is there no more."""
    try:
        checked_cwd(tree, cwd)
    except SandboxError:
        return True
    return False


def is_complaint(result: CommandResult, *, of: tuple[str, ...]) -> bool:
    """Return whether a command failed with no more than one line that a wall's builder could say.

    A command can print that line too: only what becomes of `PROOF` tells.

    Args:
        result: How the command ended.
        of: How lines of builders begin.
    """
    return bool(
        result.exit_code and result.output.startswith(of) and "\n" not in result.output.strip()
    )


def no_walls(said: str) -> SandboxError:
    """Return the error for a command that never began."""
    return SandboxError(
        f"The command was not run, its walls could not be built: {said.strip()}",
        hint="Look at the sandbox's self-test in the log; choose another backend.",
    )


def cell_environment(home: Path, toolchain: Toolchain, *, is_guest: bool) -> Mapping[str, str]:
    """Return everything that a command is told, built up from nothing.

    Args:
        home: The cell's own folder.
        toolchain: Whose folders come first on the path.
        is_guest: Whether the tree belongs to another user, which git must be told.
    """
    installed = (home / ".local" / "bin", home / ".cargo" / "bin", home / "go" / "bin")
    environment = {
        "CI": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LOGNAME": "agent",
        "PATH": ":".join(str(folder) for folder in (*toolchain.full_path, *installed)),
        "TMPDIR": str(home / "tmp"),
        "USER": "agent",
    }
    if is_guest:
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
    return environment


def make_scratch(folder: Path) -> Path:
    """Make a folder that other users can pass through and not list.

    Raises:
        SandboxError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
    except OSError as exc:
        raise SandboxError(
            f"The folder {str(folder)!r} for cells cannot be made: {exc.strerror}.",
            hint="Choose a folder that this user may write.",
        ) from exc
    return folder


def resource_limits(limits: CellLimits, *, counts_processes: bool) -> tuple[str, ...]:
    """Return the words that bound what each process may use; none where prlimit is missing.

    Args:
        limits: The bounds.
        counts_processes: Whether the user that runs the command is the cell's alone; the kernel
            counts processes by user.
    """
    prlimit = find_program("prlimit")
    if prlimit is None:
        return ()
    words = (
        str(prlimit),
        f"--nofile={_at_most(limits.open_files, resource.RLIMIT_NOFILE)}",
        f"--fsize={_at_most(limits.file_bytes, resource.RLIMIT_FSIZE)}",
        "--core=0",
    )
    if not counts_processes:
        return (*words, "--")
    return (*words, f"--nproc={_at_most(limits.processes, resource.RLIMIT_NPROC)}", "--")


def _at_most(wanted: int, kind: int) -> int:
    # Only somebody with power may ask for more than the machine gives.
    _, most = resource.getrlimit(kind)
    return wanted if most == resource.RLIM_INFINITY else min(wanted, most)
