"""The walls of this run, chosen and tried out before anything is run inside them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.selection import Policy, choose
from orchestrator.sandbox.shelf import stock_shelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.config.limits import SandboxSettings
    from orchestrator.domain.event import Event
    from orchestrator.sandbox.sandbox import Sandbox

_BROUGHT = ("rg", "node")
"""Programs that our own environment may hold and the machine may lack."""
_SECCOMP = Path("/opt/orchestrator/nonet.bpf")
"""Compiled when the image is built; absent elsewhere."""
_MOAT = (Path("/github"), Path("/run"))
"""Parents of the runner's mounts inside our container (facts/sandbox.md §4.1)."""


def open_sandbox(
    order: Order,
    desk: Desk,
    settings: SandboxSettings,
    *,
    scratch: Path,
    say: Callable[[Event], None],
) -> Sandbox | None:
    """Return the first backend that passes its own test, and say aloud what it cannot hold.

    `None` when there is none: then no command is ever run.
    """
    asked = order.inputs.sandbox or settings.backend
    choice = choose(
        Policy.UNCONFINED if order.unconfined else Policy(asked.value),
        scratch=scratch,
        toolchain=_toolchain(order, desk, scratch / "shelf"),
        seccomp_filter=_SECCOMP if _SECCOMP.exists() else None,
        moat=_MOAT if _is_action_container(desk) else (),
        allow_unconfined=order.unconfined,
    )
    for verdict in choice.verdicts:
        for failure in verdict.failures:
            text = f"The sandbox {verdict.backend!r} is not used: {failure}"
            say(Noted(level=NoteLevel.WARNING, text=text))
    if choice.verdict is not None:
        for gap in choice.verdict.gaps:
            text = f"The sandbox {choice.verdict.backend!r} has a gap: {gap}"
            say(Noted(level=NoteLevel.WARNING, text=text))
    return choice.sandbox


def _toolchain(order: Order, desk: Desk, shelf: Path) -> Toolchain:
    """Return the programs we bring, before those that the machine has.

    Without walls, on a laptop, that is also everything on the person's own path.
    """
    shelf.parent.mkdir(parents=True, exist_ok=True)
    stock_shelf(shelf, _BROUGHT, path=(Path(sys.executable).parent,))
    own = desk.environment.get("PATH", "").split(os.pathsep) if order.unconfined else []
    folders = (Path(text) for text in own if text.startswith("/"))
    return Toolchain(path=(shelf, *(folder for folder in folders if folder.is_dir())))


def _is_action_container(desk: Desk) -> bool:
    """Tell whether we are the container of a Docker action: the moat would harm a real machine."""
    return desk.runner.is_actions and Path("/github/workspace").is_dir()
