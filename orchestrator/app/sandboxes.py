"""The walls of this run, chosen and tried out before anything is run inside them."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.sandbox.allowance import Allowance, BoundedSandbox
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.removal import remove_tree
from orchestrator.sandbox.selection import Policy, choose, compiled_filter
from orchestrator.sandbox.shelf import stock_shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.app.desk import Desk
    from orchestrator.config.sandbox import SandboxBackend
    from orchestrator.config.settings import Settings
    from orchestrator.domain.event import Event
    from orchestrator.sandbox.lending import SiblingPlace
    from orchestrator.sandbox.sandbox import Sandbox, SelfTest

_BROUGHT = ("rg", "node")
"""Programs that our own environment may hold and the machine may lack."""
_BESIDE = Path("/opt/orchestrator/beside")
"""What containers beside ours need, put there when the image is built."""
CELLS = "orchestrator-cells"
"""The folder below the runner's temporary one that containers beside ours see."""
_ROOTS_OWN = Path("/var/lib")
"""A folder that users can pass and only root can fill. Programs look for settings above a tree, and
in the one for temporary files a command could leave them for a later one."""
_CHOSEN_TOOLS = ("pythonLocation", "JAVA_HOME", "GOROOT")
"""Variables by which actions/setup-* say which version they chose."""
_WRAP_UP_S = 600.0
"""After a run's own minutes nothing new is begun, but what is there is still checked."""
_MOAT = (Path("/github"), Path("/run"))
"""Parents of the runner's mounts inside our container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelter:
    """Where commands of this run are run, if anywhere."""

    sandbox: Sandbox | None
    """`None`: no command is ever run."""
    folder: Path
    """Where worktrees must lie; gone when the shelter is closed."""
    verdicts: tuple[SelfTest, ...]
    """Of every backend that was tried; the chosen one's comes last."""


@contextmanager
def sheltered(
    desk: Desk, settings: Settings, *, asked: SandboxBackend | None, unconfined: bool
) -> Iterator[Shelter]:
    """Provide the first backend that passes its own test; nothing of it is left afterwards.

    Args:
        desk: Tells a job's container from a laptop.
        settings: Which backend and image the repository wants.
        asked: What the command line or the workflow wants instead.
        unconfined: The command line allowed commands without walls.
    """
    with ExitStack() as leaving:
        scratch = _made_scratch()
        leaving.callback(remove_tree, scratch)
        scratch.chmod(0o711)
        place = _sibling_place(desk, settings, token=scratch.name)
        if place is not None:
            leaving.callback(_remove_place, place)
        choice = choose(
            Policy.UNCONFINED if unconfined else Policy((asked or settings.sandbox.backend).value),
            scratch=scratch / "cells",
            toolchain=_toolchain(desk, scratch / "cells" / "shelf", unconfined=unconfined),
            seccomp_filter=compiled_filter(),
            moat=_MOAT if is_action_container(desk) else (),
            sibling=place,
            require_landlock=settings.sandbox.require_landlock,
            allow_unconfined=unconfined,
        )
        yield Shelter(
            sandbox=_bounded(desk, settings, choice.sandbox),
            folder=choice.folder,
            verdicts=choice.verdicts,
        )


def _made_scratch() -> Path:
    if os.geteuid() == 0:
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="orchestrator-", dir=_ROOTS_OWN))
    return Path(tempfile.mkdtemp(prefix="orchestrator-"))


def _remove_place(place: SiblingPlace) -> None:
    from orchestrator.sandbox.lending import remove_siblings

    remove_siblings(place.run)
    remove_tree(place.folder)
    with suppress(OSError):
        # Another step's may still be in it.
        place.folder.parent.rmdir()


def _bounded(desk: Desk, settings: Settings, sandbox: Sandbox | None) -> Sandbox | None:
    if sandbox is None:
        return None
    deadline_s = desk.clock.monotonic() + settings.limits.minutes * 60 + _WRAP_UP_S
    return BoundedSandbox(sandbox, Allowance(clock=desk.clock, deadline_s=deadline_s))


def tell(shelter: Shelter, say: Callable[[Event], None]) -> None:
    """Say aloud which backends are not used and what the chosen one cannot hold."""
    for verdict in shelter.verdicts:
        for failure in verdict.failures:
            text = f"The sandbox {verdict.backend!r} is not used: {failure}"
            say(Noted(level=NoteLevel.WARNING, text=text))
    if shelter.sandbox is not None:
        verdict = shelter.verdicts[-1]
        for gap in verdict.gaps:
            text = f"The sandbox {verdict.backend!r} has a gap: {gap}"
            say(Noted(level=NoteLevel.WARNING, text=text))


def _sibling_place(desk: Desk, settings: Settings, *, token: str) -> SiblingPlace | None:
    """Return where containers beside ours can be; `None` on a laptop, which has better walls."""
    if not is_action_container(desk) or desk.runner.temp is None:
        return None
    from orchestrator.sandbox.lending import SiblingPlace

    cache = desk.environment.get("RUNNER_TOOL_CACHE", "")
    chosen = (desk.environment.get(name, "") for name in _CHOSEN_TOOLS)
    return SiblingPlace(
        folder=desk.runner.temp / CELLS / token,
        beside=_BESIDE,
        # Another issue's run of the same step ends at another time.
        run=f"{job_label(desk)}/{token}",
        image=settings.project.image,
        tool_cache=cache or None,
        path=tuple(Path(text) / "bin" for text in chosen if cache and text.startswith(cache)),
    )


def job_label(desk: Desk) -> str:
    """Return how the labels of all containers begin that this job starts."""
    names = ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "RUNNER_NAME")
    return "/".join(desk.environment.get(name, "") for name in names)


def _toolchain(desk: Desk, shelf: Path, *, unconfined: bool) -> Toolchain:
    """Return the programs we bring, before those that the machine has.

    Without walls, on a laptop, that is also everything on the person's own path.
    """
    shelf.parent.mkdir(parents=True, exist_ok=True)
    stock_shelf(shelf, _BROUGHT, path=(Path(sys.executable).parent,))
    own = desk.environment.get("PATH", "").split(os.pathsep) if unconfined else []
    folders = (Path(text) for text in own if text.startswith("/"))
    return Toolchain(path=(shelf, *(folder for folder in folders if folder.is_dir())))


def is_action_container(desk: Desk) -> bool:
    """Tell whether we are the container of a Docker action: the moat would harm a real machine."""
    return desk.runner.is_actions and Path("/github/workspace").is_dir()
