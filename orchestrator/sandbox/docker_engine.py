"""The one place that talks to a Docker engine: few calls, fixed options.

Its socket is root on the host. No image, mount or name that passes here comes from an issue, a
pull request or an agent.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import SandboxError
from orchestrator.sandbox.channel import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LABEL = "orchestrator.run"
SOCKET = "/var/run/docker.sock"

_TIMEOUT_S = 60
_PULL_S = 600
_HINT = "Look at the engine's log, or choose another sandbox."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A folder or file of the host that a container sees."""

    source: str
    """On the engine's host; it must exist."""
    target: str
    is_writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one container may use."""

    memory_bytes: int
    processes: int
    open_files: int
    file_bytes: int
    cpus: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPlan:
    """One container to start."""

    image: str
    entrypoint: tuple[str, ...]
    run: str
    """The label by which it is found again."""
    bounds: Bounds
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: bool = False


class DockerEngine:
    """An engine that answers."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 -- the library has no types
        """Keep the client."""
        self._client = client

    def inspect(self, container: str) -> Mapping[str, Any]:
        """Return what the engine knows about a container, in its own words.

        Raises:
            SandboxError: It knows none of that name.
        """
        with _translated(f"ask for the container {container[:20]!r}"):
            found: Mapping[str, Any] = self._client.inspect_container(container)
        return found

    def image_environment(self, image: str) -> Mapping[str, str]:
        """Return the variables that an image sets.

        Raises:
            SandboxError: The image is not on the host.
        """
        with _translated(f"find the image {image!r}"):
            config = self._client.inspect_image(image)["Config"] or {}
        return dict(entry.split("=", 1) for entry in config.get("Env") or () if "=" in entry)

    def fetch(self, image: str) -> None:
        """Pull an image unless it is on the host already.

        Raises:
            SandboxError: It is in neither place.
        """
        with contextlib.suppress(SandboxError):
            self.image_environment(image)
            return
        with _translated(f"pull the image {image!r}"):
            self._client.timeout = _PULL_S
            try:
                self._client.pull(image)
            finally:
                self._client.timeout = _TIMEOUT_S
        self.image_environment(image)

    def start(self, plan: ContainerPlan) -> tuple[str, Channel]:
        """Start a container and return its id with the streams of its first process.

        The container removes itself when its first process ends, and that ends when the channel
        is closed: nothing stays behind should we be killed.

        Raises:
            SandboxError: The engine refused.
        """
        client = self._client
        with _translated(f"start a container of {plan.image!r}"):
            made: str = client.create_container(
                plan.image,
                entrypoint=list(plan.entrypoint),
                command=[],
                environment=dict(plan.environment),
                user="0:0",
                working_dir="/",
                labels={LABEL: plan.run},
                stdin_open=True,
                host_config=self._host_config(plan),
            )["Id"]
        with contextlib.ExitStack() as undo, _translated(f"start a container of {plan.image!r}"):
            undo.callback(self.remove, made)
            stream = client.attach_socket(
                made, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
            client.start(made)
            undo.pop_all()
        return made, Channel(stream)

    def run(
        self,
        container: str,
        argv: tuple[str, ...],
        *,
        user: str,
        environment: Mapping[str, str],
    ) -> tuple[str, Channel]:
        """Start a program that reads its input; its id is for `exit_code`.

        Returns as soon as the engine has been told: whether the program could be started shows
        in what comes through the channel.

        Raises:
            SandboxError: The container is gone.
        """
        with _translated("start a command in a container"):
            made: str = self._client.exec_create(
                container,
                list(argv),
                stdin=True,
                user=user,
                workdir="/",
                environment=dict(environment),
            )["Id"]
            return made, Channel(self._client.exec_start(made, socket=True))

    def exit_code(self, command: str) -> int | None:
        """Return how a command of `run` ended; `None` while it runs.

        Raises:
            SandboxError: Its container is gone.
        """
        with _translated("ask how a command ended"):
            found = self._client.exec_inspect(command)
        return None if found["Running"] else found["ExitCode"]

    def remove(self, container: str) -> None:
        """Remove a container with everything in it; one that is gone is fine."""
        with contextlib.suppress(SandboxError), _translated("remove a container"):
            self._client.remove_container(container, force=True, v=True)

    def labelled(self, run: str) -> tuple[str, ...]:
        """Return the ids of the containers with this label, or with one that goes on behind it.

        Raises:
            SandboxError: The engine does not answer.
        """
        with _translated("list containers"):
            found = self._client.containers(all=True, filters={"label": LABEL})
        return tuple(
            entry["Id"] for entry in found if f"{entry['Labels'][LABEL]}/".startswith(f"{run}/")
        )

    def _host_config(self, plan: ContainerPlan) -> Any:  # noqa: ANN401 -- the library has no types
        bounds = plan.bounds
        return self._client.create_host_config(
            auto_remove=True,
            network_mode="bridge" if plan.network else "none",
            cap_drop=["ALL"],
            # For the first process, which ends the others; commands run as another user.
            cap_add=["KILL"],
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={"/tmp": "rw,nosuid,nodev,exec,size=1g,mode=1777"},  # noqa: S108 -- the container's own
            shm_size=256 << 20,
            mem_limit=bounds.memory_bytes,
            memswap_limit=bounds.memory_bytes,
            pids_limit=bounds.processes,
            nano_cpus=int(bounds.cpus * 1_000_000_000),
            ulimits=[
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "nofile", "Soft": bounds.open_files, "Hard": bounds.open_files},
                {"Name": "fsize", "Soft": bounds.file_bytes, "Hard": bounds.file_bytes},
            ],
            log_config={"Type": "none", "Config": {}},
            mounts=[
                {
                    "Type": "bind",
                    "Source": mount.source,
                    "Target": mount.target,
                    "ReadOnly": not mount.is_writable,
                }
                for mount in plan.mounts
            ],
        )


def connect(path: str = SOCKET) -> DockerEngine | None:
    """Return the engine behind a socket, or `None` when none answers there."""
    if not os.access(path, os.R_OK | os.W_OK):
        return None
    import docker
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        client = docker.APIClient(base_url=f"unix://{path}", version="auto", timeout=_TIMEOUT_S)
        client.ping()
    except (DockerException, RequestException):
        return None
    return DockerEngine(client)


@contextlib.contextmanager
def _translated(purpose: str) -> Iterator[None]:
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except (DockerException, RequestException) as exc:
        said = getattr(exc, "explanation", None) or exc
        raise SandboxError(f"The Docker engine could not {purpose}: {said}", hint=_HINT) from exc
