"""The runner of a Docker action: the mounts, the variables and the flags that it gives."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.end_to_end.world import World
from tests.image.docker import TAG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.doubles.messages_api import MessagesApi

_TIMEOUT_S = 120
_ENGINE = "/var/run/docker.sock"


@dataclass(kw_only=True)
class Runner(World):
    """A world whose runs are played in containers, started as the runner starts them."""

    has_engine: bool = True
    """Whether the engine's socket is mounted, as hosted runners do and others may not."""

    def _start(
        self, words: Sequence[str], environment: Mapping[str, str], api: MessagesApi
    ) -> subprocess.CompletedProcess[str]:
        commands = Path(environment["GITHUB_OUTPUT"]).parent
        places = {
            str(self.workspace): "/github/workspace",
            environment["RUNNER_TEMP"]: "/github/runner_temp",
            environment["HOME"]: "/github/home",
            str(Path(environment["GITHUB_EVENT_PATH"]).parent): "/github/workflow",
            str(commands): "/github/file_commands",
        }
        inside = {name: _translated(value, places) for name, value in environment.items()}
        inside.pop("PATH")
        inside["RUNNER_WORKSPACE"] = str(self.workspace.parent)
        mounts = [f"--volume={host}:{place}" for host, place in places.items()]
        mounts += [f"--volume={_ENGINE}:{_ENGINE}"] if self.has_engine else []
        name = f"orchestrator-test-{os.getpid()}-{self.attempts}"
        command = [
            *("docker", "run", "--rm", "--name", name, "--workdir", "/github/workspace"),
            # Not the runner's: the stand-ins for both APIs listen on this machine's loopback.
            *("--network", "host"),
            *(f"--env={key}" for key in inside),
            *mounts,
            *(TAG, *words),
        ]
        with subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], **inside},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self.meanwhile(process, api)
            stdout, stderr = process.communicate(timeout=_TIMEOUT_S)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _translated(value: str, places: Mapping[str, str]) -> str:
    """Return a path as the container sees it, and any other value as it is."""
    for host, place in sorted(places.items(), key=lambda pair: -len(pair[0])):
        if value == host or value.startswith(f"{host}/"):
            return place + value.removeprefix(host)
    return value
