"""One command in the image as the runner starts it, with every secret of a job around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.image.docker import TAG, docker

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

CANARY = "canary-value"
SOCKET = "/var/run/docker.sock"
_FOLDERS = ("runner_temp", "home", "workflow", "file_commands", "workspace")
_SECRETS = (
    *("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"),
    *("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "INPUT_GITHUB-TOKEN", "INPUT_ANTHROPIC-API-KEY"),
)
_FILES = {
    "home/.netrc": 0o644,
    "home/.docker/config.json": 0o644,
    "workspace/.git/config": 0o644,
    "runner_temp/git-credentials-1.config": 0o644,
    "runner_temp/transcript.json": 0o600,
    "file_commands/set_env_1": 0o644,
    "workflow/event.json": 0o644,
}
# Services as they may listen beside us; they answer with the canary. Then the entry point.
_WITH_SERVICES = """
import os, socket, sys, threading
def serve(family, kind, address):
    server = socket.socket(family, kind)
    server.bind(address)
    if kind == socket.SOCK_DGRAM:
        while True:
            server.sendto(b"canary-value", server.recvfrom(100)[1])
    server.listen()
    while True:
        server.accept()[0].send(b"canary-value")
if os.fork() == 0:
    os.umask(0)
    for place in (
        (2, 1, ("127.0.0.1", 7777)), (2, 1, ("127.0.0.2", 7777)), (2, 2, ("127.0.0.1", 7777)),
        (1, 1, "\\0canary"), (1, 1, "/tmp/canary.sock"),
    ):
        threading.Thread(target=serve, args=place).start()
else:
    python = "/opt/orchestrator/venv/bin/python"
    tini = "/opt/orchestrator/tini"
    words = ["tini", "-s", "--", python, "-I", "-B", "-u", "/app/entrypoint.py", *sys.argv[1:]]
    os.execv(tini, words)
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One job's folders on the host."""

    folder: Path

    def prepare(self) -> None:
        """Lay the folders out as the runner does, every secret in its place."""
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True)
        for name, mode in _FILES.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(CANARY)
            file.chmod(mode)

    def start(
        self, words: Sequence[str], *options: str, has_engine: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a verb in the action's container to its end, with services to attack beside it."""
        return self._run(("-c", _WITH_SERVICES, *words), *options, has_engine=has_engine)

    def play(self, script: str, backend: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a script of ours in the action's container to its end."""
        return self._run((script, backend), *options)

    def _run(
        self, words: Sequence[str], *options: str, has_engine: bool = True
    ) -> subprocess.CompletedProcess[str]:
        variables = {
            **dict.fromkeys(_SECRETS, CANARY),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_RUN_ID": self.folder.name,
            "GITHUB_WORKSPACE": "/github/workspace",
            "RUNNER_TEMP": "/github/runner_temp",
            "HOME": "/github/home",
        }
        return docker(
            *("run", "--rm", "--workdir", "/github/workspace"),
            *(word for name, value in variables.items() for word in ("--env", f"{name}={value}")),
            *(("--volume", f"{SOCKET}:{SOCKET}") if has_engine else ()),
            *(word for name in _FOLDERS for word in ("-v", f"{self.folder / name}:/github/{name}")),
            *options,
            *("--entrypoint", "/opt/orchestrator/venv/bin/python", TAG),
            "-I",
            *words,
        )

    def siblings(self) -> list[str]:
        """Return the containers beside the action's that are there."""
        label = f"label=orchestrator.run={self.folder.name}///"
        return docker("ps", "--all", "--quiet", "--filter", label).stdout.split()
