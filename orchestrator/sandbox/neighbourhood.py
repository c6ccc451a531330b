"""What the engine's host can see of our files, and what of its programs we may lend out."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.docker_engine import Mount

if TYPE_CHECKING:
    from orchestrator.sandbox.docker_engine import DockerEngine

_HOSTNAME_MOUNT = re.compile(r"/containers/([0-9a-f]{64})/hostname ")
_WORKSPACE = "/github/workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Our own container, as the engine knows it."""

    image: str
    mounts: tuple[Mount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """One folder that we and containers beside us see alike."""

    folder: Path
    on_host: PurePosixPath
    """The same folder, as the engine's host names it."""
    beside: Path
    """Below `folder`: the programs that every container beside ours gets."""

    def mount(self, path: Path, *, is_writable: bool = False) -> Mount:
        """Return a mount that puts a path below the folder where we see it ourselves.

        Raises:
            SandboxError: It is not below the folder.
        """
        try:
            source = self.on_host / path.relative_to(self.folder)
        except ValueError as exc:
            raise SandboxError(
                f"The engine's host cannot see {str(path)!r}.",
                hint=f"Keep worktrees of this run below {str(self.folder)!r}.",
            ) from exc
        return Mount(source=str(source), target=str(path), is_writable=is_writable)


def find_own(engine: DockerEngine) -> Own | None:
    """Return our own container, or `None` when we are in none that this engine knows."""
    names = [socket.gethostname()]
    with contextlib.suppress(OSError):
        names += _HOSTNAME_MOUNT.findall(Path("/proc/self/mountinfo").read_text())
    for name in names:
        with contextlib.suppress(SandboxError):
            found = engine.inspect(name)
            mounts = tuple(
                Mount(source=entry["Source"], target=entry["Destination"])
                for entry in found["Mounts"]
                if entry.get("Source")
            )
            # A host of the same name is no container of ours.
            if any(mount.target == _WORKSPACE for mount in mounts):
                return Own(image=found["Image"], mounts=mounts)
    return None


def settle(folder: Path, *, beside: Path, own: Own | None) -> Neighbourhood:
    """Prepare a folder for containers beside ours.

    Args:
        folder: Made if it is not there; below one of our own container's mounts.
        beside: Programs from our image, copied into the folder.
        own: Our container; `None` when we run on the engine's host itself.

    Raises:
        SandboxError: The host cannot see the folder, or it cannot be filled.
    """
    on_host = _on_host(folder, own)
    place = folder / "beside"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        if not place.exists():
            shutil.copytree(beside, place)
    except OSError as exc:
        raise SandboxError(
            f"The folder {str(folder)!r} for containers cannot be made: {exc}.",
            hint="Choose a folder that this user may write.",
        ) from exc
    return Neighbourhood(folder=folder, on_host=on_host, beside=place)


def _on_host(folder: Path, own: Own | None) -> PurePosixPath:
    if own is None:
        return PurePosixPath(folder)
    holding = [mount for mount in own.mounts if folder.is_relative_to(mount.target)]
    if not holding:
        raise SandboxError(
            f"The engine's host cannot see {str(folder)!r}.",
            hint="Keep the run's folder below RUNNER_TEMP.",
        )
    nearest = max(holding, key=lambda mount: len(mount.target))
    return PurePosixPath(nearest.source) / folder.relative_to(nearest.target)
