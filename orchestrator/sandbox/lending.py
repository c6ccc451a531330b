"""Containers beside ours with the host's own programs in them, or with a project's image.

The runner's machine has every common toolchain, and the steps before ours have chosen versions.
Its programs are lent to containers to be read; nothing has to be pulled.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.docker_engine import SOCKET, Bounds, ContainerPlan, Mount, connect
from orchestrator.sandbox.neighbourhood import find_own, settle
from orchestrator.sandbox.sibling import Programs, Sibling
from orchestrator.telemetry.clock import SystemClock

if TYPE_CHECKING:
    from orchestrator.sandbox.channel import Channel
    from orchestrator.sandbox.docker_engine import DockerEngine
    from orchestrator.sandbox.watchdog import CellLimits

_SETTINGS = (
    *("alternatives", "ssl", "ca-certificates", "pki", "ld.so.cache", "localtime", "mime.types"),
    *("java*", "maven*", "gradle*", "perl", "php*", "python*", "R"),
)
"""What programs below /usr look for in /etc; accounts and keys are not among it."""
_SURVEY = "/survey"
_SURVEY_S = 30.0
_SURVEY_BOUNDS = Bounds(
    memory_bytes=256 << 20, processes=64, open_files=1024, file_bytes=1 << 20, cpus=1
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiblingPlace:
    """Where and of what containers beside ours are made."""

    folder: Path
    """This run's folder, which the engine's host sees too; made if it is not there."""
    beside: Path
    """Programs from our image that every such container gets."""
    run: str
    """The label of the run's containers."""
    image: str | None = None
    """The project's own; left out, our image with the host's programs."""
    tool_cache: str | None = None
    """The runner's, on the host."""
    path: tuple[Path, ...] = ()
    """Folders of programs in the tool cache that earlier steps have chosen."""
    socket: str = SOCKET


def open_sibling(place: SiblingPlace | None, *, limits: CellLimits | None = None) -> Sibling:
    """Return the backend, its image on the host and its programs found.

    Raises:
        SandboxError: There is no engine, no image, or no folder that the host sees.
    """
    engine = None if place is None else connect(place.socket)
    if place is None or engine is None:
        raise SandboxError(
            "No Docker engine answers here.", hint="It is there in a job on a hosted runner."
        )
    own = find_own(engine)
    image = place.image or (own.image if own else None)
    if image is None:
        raise SandboxError(
            "We run in no container of our own that could be used again.",
            hint="Set `project.image`.",
        )
    engine.fetch(image)
    ground = settle(place.folder, beside=place.beside, own=own)
    brought = ground.beside / "bin"
    if place.image is not None:
        inherited = engine.image_environment(image).get("PATH", "").split(":")
        path = (brought, *(Path(text) for text in inherited if text.startswith("/")))
        mounts: tuple[Mount, ...] = ()
    else:
        path = (brought, *place.path)
        mounts = survey(engine, image, run=place.run, tool_cache=place.tool_cache)
    programs = Programs(image=image, run=place.run, toolchain=Toolchain(path=path), mounts=mounts)
    return Sibling(engine, ground, programs, limits=limits)


def remove_siblings(run: str, *, path: str = SOCKET) -> None:
    """Remove all containers of a run; nothing happens where no engine answers."""
    engine = connect(path)
    if engine is not None:
        for container in engine.labelled(run):
            engine.remove(container)


def survey(
    engine: DockerEngine, image: str, *, run: str, tool_cache: str | None
) -> tuple[Mount, ...]:
    """Return the host's programs and their settings, as mounts; none where the host keeps them.

    Args:
        engine: On that host.
        image: One with a shell.
        run: The label of the container that looks.
        tool_cache: The runner's folder of chosen versions, on the host.
    """
    wanted = " ".join(f"{_SURVEY}/{name}" for name in _SETTINGS)
    try:
        names = _look(engine, image, run, f"ls -d {wanted} 2>/dev/null", "/etc").split()
    except SandboxError:
        return ()
    found = ["/usr", *(f"/etc/{name.removeprefix(_SURVEY).strip('/')}" for name in names)]
    if tool_cache is not None:
        with contextlib.suppress(SandboxError):
            _look(engine, image, run, "true", tool_cache)
            found.append(tool_cache)
    return tuple(Mount(source=path, target=path) for path in found)


def _look(engine: DockerEngine, image: str, run: str, script: str, folder: str) -> str:
    plan = ContainerPlan(
        image=image,
        entrypoint=("/bin/sh", "-c", script),
        run=run,
        bounds=_SURVEY_BOUNDS,
        mounts=(Mount(source=folder, target=_SURVEY),),
    )
    container, channel = engine.start(plan)
    try:
        return _read_all(channel)
    finally:
        channel.close()
        engine.remove(container)


def _read_all(channel: Channel) -> str:
    clock = SystemClock()
    until_s = clock.monotonic() + _SURVEY_S
    said = b""
    while clock.monotonic() < until_s:
        piece = channel.read(1.0)
        if piece is None:
            break
        said += piece
    return said.decode(errors="replace")
