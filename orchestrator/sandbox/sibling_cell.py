"""One container beside ours and the commands in it.

Starting a process through an engine takes longer than most commands do. So a shell is started
ahead, right after the sweep that ends what the command before has left, and waits for one text;
it is used once. No earlier command lives beside it, and how it ended the engine says.
"""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.errors import CommandUnavailableError, SandboxError
from orchestrator.sandbox.cell import PROOF, checked_cwd, is_complaint, is_gone, no_walls
from orchestrator.sandbox.keeper import Keeper
from orchestrator.sandbox.sandbox import CommandResult, LimitKind
from orchestrator.sandbox.watchdog import Watchdog
from orchestrator.telemetry.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.sandbox.channel import Channel
    from orchestrator.sandbox.docker_engine import ContainerPlan, DockerEngine
    from orchestrator.sandbox.homes import Homes
    from orchestrator.sandbox.sandbox import Command
    from orchestrator.sandbox.watchdog import CellLimits

_TICK_S = 0.1
_ASK_S = 0.5
"""How often the keeper is asked whether the kernel has refused something."""
_QUIET_TICKS = 2
"""How often nothing may come before we ask whether the command has ended behind its output."""
_SETTLE_S = 5.0
_REST_S = 10.0
_PAUSE_S = 0.002
_BUILDERS = ("setpriv: ",)
_IS_THERE = ("/bin/sh", "-c", 'command -v -- "$1"', "sh")
_NOT_THERE = (1, 127)
_KILLED = 137
_READY = b"ready\n"
_READY_S = 60.0
# An engine keeps no order between the two streams.
_WAITS = ("/bin/sh", "-c", 'exec 2>&1; echo ready; text=$(cat); exec </dev/null; eval "$text"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """How commands start in a container."""

    user: str
    walls: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """A shell that waits for the text of one command."""

    running: str
    channel: Channel


class _Watch:
    """Looks at a running command, not too often, and says which bound it has met."""

    def __init__(self, limits: CellLimits, *, tree: Path, keeper: Keeper | None) -> None:
        # The kernel refuses memory and processes of a container, and lets the rest of a command
        # go on; nobody bounds the disk.
        self._watchdog = Watchdog(limits, folder=tree, census=lambda _: ())
        self._keeper = keeper
        self._clock = SystemClock()
        self._looked_s = self._asked_s = self._clock.monotonic()

    def look(self) -> LimitKind | None:
        """Return the bound, or `None` when there is none or it is too early to look again."""
        now_s = self._clock.monotonic()
        if now_s - self._looked_s < _TICK_S:
            return None
        self._looked_s = now_s
        met = self._watchdog(0)
        if met is not None or now_s - self._asked_s < _ASK_S or self._keeper is None:
            return met
        self._asked_s = now_s
        try:
            return self._keeper.look()
        except SandboxError:
            # The kernel has ended the keeper too.
            return LimitKind.MEMORY


class SiblingCell:
    """Runs commands in a container of its own, one at a time."""

    def __init__(
        self,
        engine: DockerEngine,
        plan: ContainerPlan,
        *,
        tree: Path,
        home: Path,
        homes: Homes,
        inside: Inside,
        limits: CellLimits,
    ) -> None:
        """Start the container and take over `home`, which `close` ends."""
        self._engine = engine
        self._plan = plan
        self._tree = tree
        self._home = home
        self._homes = homes
        self._inside = inside
        self._limits = limits
        self._clock = SystemClock()
        self._container: str | None = None
        self._keeper: Keeper | None = None
        self._shell: _Shell | None = None
        self._shell = self._started_shell()

    def run(self, command: Command) -> CommandResult:
        """Run to the end or to a limit; the whole process tree is gone afterwards.

        Raises:
            CommandUnavailableError: The program is not installed.
            SandboxError: The rules could not be applied; nothing was run.
        """
        result = self._tried(command)
        if is_complaint(result, of=_BUILDERS):
            if self._tried(PROOF).exit_code:
                raise no_walls(result.output)
            self._demand_program(command)
        return result

    def close(self) -> None:
        """Remove the container and end the cell's home; a second call does nothing."""
        self._stop()
        self._homes.end(self._home)

    def _demand_program(self, command: Command) -> None:
        """Look for the program itself: that it is missing, a command can say as well as a wall."""
        if is_gone(self._tree, command.cwd):
            return  # It ran: nothing else has taken the folder away that it began in.
        look = (*_IS_THERE, command.argv[0])
        found = self._tried(replace(command, argv=look, timeout_s=PROOF.timeout_s))
        if found.exit_code in _NOT_THERE:
            raise CommandUnavailableError(
                f"The program {command.argv[0]!r} is not installed where commands run.",
                hint="Install it before the run, or use an image that has it (`project.image`).",
            )

    def _tried(self, command: Command) -> CommandResult:
        text = self._text(command)
        started_s = self._clock.monotonic()
        shell = self._given(text)
        channel, running = shell.channel, shell.running
        try:
            output, limit = self._listen(channel, running, command, started_s)
        finally:
            # Closed before the sweep: a full stream would hold the killed back for a minute.
            channel.close()
            met = self._sweep()
        if limit is None or met is LimitKind.MEMORY:
            limit = met
        code = None if limit else self._exit_code(running)
        duration_s = self._clock.monotonic() - started_s
        self._start_ahead()
        said = output.decode(errors="replace")
        return CommandResult(exit_code=code, output=said, limit=limit, duration_s=duration_s)

    def _text(self, command: Command) -> bytes:
        """Return a command as text for a shell, which the command then takes the place of."""
        cwd = checked_cwd(self._tree, command.cwd)
        folder = self._tree if cwd == "." else self._tree / cwd
        given = (f"export {name}={shlex.quote(text)}" for name, text in command.environment.items())
        words = shlex.join((*self._inside.walls, *command.argv))
        text = "\n".join((f"cd -- {shlex.quote(str(folder))} || exit 126", *given, f"exec {words}"))
        try:
            if "\0" not in text:
                return text.encode(errors="surrogateescape")
        except UnicodeEncodeError:
            pass
        raise SandboxError(
            f"The command {command.argv[0]!r} holds a NUL character or half of a surrogate pair.",
            hint="Leave them out of arguments and environment.",
        )

    def _given(self, text: bytes) -> _Shell:
        """Return the shell that is at work on this text now."""
        shell = self._shell or self._started_shell()
        self._shell = None
        try:
            self._hand(shell, text)
        except SandboxError:
            # The container has died while nothing ran in it.
            shell.channel.close()
            self._stop()
            shell = self._started_shell()
            self._hand(shell, text)
        return shell

    def _hand(self, shell: _Shell, text: bytes) -> None:
        # What is written before the process is there may be lost on the way, with engine 20.10.
        until_s = self._clock.monotonic() + _READY_S
        said = b""
        while said != _READY:
            piece = shell.channel.read(_TICK_S)
            if piece is None or self._clock.monotonic() > until_s:
                raise SandboxError(
                    f"No shell starts in the container: {said.decode(errors='replace').strip()}",
                    hint="Look at the engine's log; an image needs `/bin/sh` and `cat`.",
                )
            said += piece
        shell.channel.finish(text)

    def _started_shell(self) -> _Shell:
        inside = self._inside
        running, channel = self._engine.run(
            self._container or self._start(),
            _WAITS,
            user=inside.user,
            environment=inside.environment,
        )
        return _Shell(running=running, channel=channel)

    def _start_ahead(self) -> None:
        if self._container is not None:
            # If it cannot be, the next command says why.
            with contextlib.suppress(SandboxError):
                self._shell = self._started_shell()

    def _start(self) -> str:
        self._container, channel = self._engine.start(self._plan)
        self._keeper = Keeper(channel)
        return self._container

    def _stop(self) -> None:
        if self._shell is not None:
            self._shell.channel.close()
        if self._keeper is not None:
            self._keeper.close()
        if self._container is not None:
            self._engine.remove(self._container)
        self._container = self._keeper = self._shell = None

    def _listen(
        self, channel: Channel, running: str, command: Command, started_s: float
    ) -> tuple[bytes, LimitKind | None]:
        watch = _Watch(self._limits, tree=self._tree, keeper=self._keeper)
        output, quiet = bytearray(), 0
        while True:
            left_s = started_s + command.timeout_s - self._clock.monotonic()
            if left_s <= 0:
                return bytes(output), LimitKind.TIME
            piece = channel.read(min(left_s, _TICK_S))
            if piece is None:
                return bytes(output), None
            output += piece[: command.output_bytes - len(output) + 1]
            if len(output) > command.output_bytes:
                return bytes(output[: command.output_bytes]), LimitKind.OUTPUT
            if (met := watch.look()) is not None:
                return bytes(output), met
            quiet = 0 if piece else quiet + 1
            if quiet and quiet % _QUIET_TICKS == 0 and self._engine.exit_code(running) is not None:
                # What it left running holds its output open; or a busy engine has not sent all.
                limit = self._sweep()
                output += self._rest(channel)
                cut = LimitKind.OUTPUT if len(output) > command.output_bytes else None
                return bytes(output[: command.output_bytes]), limit or cut

    def _rest(self, channel: Channel) -> bytes:
        """Return what was printed before everything was ended."""
        until_s = self._clock.monotonic() + _REST_S
        rest = b""
        while (piece := channel.read(_TICK_S)) is not None and self._clock.monotonic() < until_s:
            rest += piece
        return rest

    def _sweep(self) -> LimitKind | None:
        """End everything but the keeper, and return what the kernel had stopped before."""
        try:
            return None if self._keeper is None else self._keeper.sweep()
        except SandboxError:
            # The keeper itself is gone: the next command gets a new container.
            self._stop()
            return LimitKind.MEMORY

    def _exit_code(self, running: str) -> int:
        until_s = self._clock.monotonic() + _SETTLE_S
        while self._clock.monotonic() < until_s:
            try:
                code = self._engine.exit_code(running)
            except SandboxError:
                break
            if code is not None:
                return code
            self._clock.sleep(_PAUSE_S)
        return _KILLED
