"""The runner of a Docker action: the mounts, the variables and the flags that it gives."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.end_to_end.world import World
from tests.image.docker import TAG, docker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.doubles.messages_api import MessagesApi

RUNNER_USER = os.geteuid() or 1001
_TIMEOUT_S = 120
_ENGINE = "/var/run/docker.sock"
_HEREDOC = re.compile(r"([a-z0-9-]+)<<(\S+)\n(.*?)\n?\2\n", re.DOTALL)


@dataclass(kw_only=True)
class Runner(World):
    """A world whose runs are played in containers, started as the runner starts them."""

    has_engine: bool = True
    """Whether the engine's socket is mounted, as hosted runners do and others may not."""
    _last: tuple[Mapping[str, str], Mapping[str, str]] = field(default=({}, {}), repr=False)

    def tidy(self) -> subprocess.CompletedProcess[str]:
        """Start the last step's `post-entrypoint`, with the state that the step has saved."""
        inside, places = self._last
        state = _heredocs(self.file_commands / "state")
        given = {**inside, **{f"STATE_{name}": value for name, value in state.items()}}
        command = self._command("tidy", given, places, "--entrypoint", "/app/tidy.py", TAG)
        return subprocess.run(
            command,
            env={"PATH": os.environ["PATH"], **given},
            capture_output=True,
            check=False,
            text=True,
        )

    def kill(self) -> None:
        """End the container as a runner's machine does that has lost patience."""
        docker("kill", self._name("step"))

    @property
    def file_commands(self) -> Path:
        """Where the last run has left its outputs and its state."""
        return self.folder / f"runner-{self.attempts}" / "file_commands"

    def _start(
        self, words: Sequence[str], environment: Mapping[str, str], api: MessagesApi
    ) -> subprocess.CompletedProcess[str]:
        places = {
            str(self.workspace): "/github/workspace",
            environment["RUNNER_TEMP"]: "/github/runner_temp",
            environment["HOME"]: "/github/home",
            str(Path(environment["GITHUB_EVENT_PATH"]).parent): "/github/workflow",
            str(self.file_commands): "/github/file_commands",
        }
        if os.geteuid() == 0:
            # As on a hosted runner, nothing here is root's.
            subprocess.run(["chown", "-R", f"{RUNNER_USER}:{RUNNER_USER}", *places], check=True)
        inside = {name: _translated(value, places) for name, value in environment.items()}
        inside.pop("PATH")
        inside["RUNNER_WORKSPACE"] = str(self.workspace.parent)
        # Two runners on one machine have names of their own, as two workers of the tests do.
        inside["RUNNER_NAME"] = f"runner-{os.getpid()}"
        self._last = (inside, places)
        command = self._command("step", inside, places, TAG, *words)
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

    def _name(self, part: str) -> str:
        return f"orchestrator-test-{os.getpid()}-{self.attempts}-{part}"

    def _command(
        self, part: str, inside: Mapping[str, str], places: Mapping[str, str], *words: str
    ) -> list[str]:
        mounts = [f"--volume={host}:{place}" for host, place in places.items()]
        mounts += [f"--volume={_ENGINE}:{_ENGINE}"] if self.has_engine else []
        return [
            *("docker", "run", "--rm", "--name", self._name(part)),
            *("--workdir", "/github/workspace"),
            # Not the runner's: the stand-ins for both APIs listen on this machine's loopback.
            *("--network", "host"),
            *(f"--env={key}" for key in inside),
            *mounts,
            *words,
        ]


def _heredocs(file: Path) -> dict[str, str]:
    """Read a file of the runner's commands; of two values for a name the last one counts."""
    return {name: value for name, _, value in _HEREDOC.findall(file.read_text())}


def _translated(value: str, places: Mapping[str, str]) -> str:
    """Return a path as the container sees it, and any other value as it is."""
    for host, place in sorted(places.items(), key=lambda pair: -len(pair[0])):
        if value == host or value.startswith(f"{host}/"):
            return place + value.removeprefix(host)
    return value
