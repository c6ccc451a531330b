"""The process that speaks to the model's service, seen from outside of a whole run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.sidecar import make_sidecar, through
from tests.doubles.http_server import LoopbackServer
from tests.doubles.identity import EVENTS, stream_answer
from tests.end_to_end import project
from tests.end_to_end.play import play
from tests.end_to_end.world import world
from tests.unit.llm.builders import claude, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app.sidecar import Sidecar
    from tests.doubles.http_server import Answer, Received
    from tests.doubles.messages_api import MessagesApi

_PROGRAM = b"orchestrator.app.sidecar_program"


def _sidecars(parent: int) -> Iterator[int]:
    """Yield the sidecars of a process, those that are dead and not yet taken leave of aside."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            status = (folder / "status").read_text(encoding="utf-8")
            is_ours = _PROGRAM in (folder / "cmdline").read_bytes()
            if is_ours and f"\nPPid:\t{parent}\n" in status:
                yield int(folder.name)


@dataclass
class _Watcher:
    """Kills the sidecar when the model was asked so often, and looks at it before."""

    asked: int
    environments: list[bytes] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def watch(self, process: subprocess.Popen[str], api: MessagesApi) -> None:
        while len(api.requests) < self.asked and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
        for pid in _sidecars(process.pid):
            self.seen.append(pid)
            self.environments.append(Path(f"/proc/{pid}/environ").read_bytes())
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def _made() -> Iterator[Sidecar]:
    sidecar = make_sidecar()
    try:
        yield sidecar
    finally:
        sidecar.end()


@pytest.mark.parametrize("asked", [1, 4])
def test_run__survives_the_loss_of_its_sidecar(asked: int, tmp_path: Path) -> None:
    """Another one takes over, and the run ends as it would have."""
    watcher = _Watcher(asked)

    with world(tmp_path) as place:
        place.meanwhile = watcher.watch
        played = place.dispatch(play())

    assert len(watcher.seen) == 1
    assert (played.exit_code, played.outputs["conclusion"]) == (0, "success"), played.stdout
    assert played.model_faults == ()


def test_sidecar__goes_by_the_proxy_that_the_run_was_given() -> None:
    """How this machine reaches others crosses with the sign-in, before anything is sent."""
    asked: list[str] = []

    def answer(received: Received) -> Answer:
        asked.append(f"{received.method} {received.headers['host']}")
        return stream_answer(EVENTS)

    with LoopbackServer(answer) as proxy, _made() as sidecar:
        connect = through(sidecar, {"http_proxy": proxy.url})
        with claude("http://model.example", connect=connect) as model:
            reply = model.reply(request())

    assert reply.text == "hi"
    assert asked == ["POST model.example"]


def test_sidecar__was_started_without_a_secret(tmp_path: Path) -> None:
    """What /proc shows of it is nothing: key and token cross on a channel of its own."""
    watcher = _Watcher(1)

    with world(tmp_path) as place:
        place.meanwhile = watcher.watch
        place.environment["A_SECRET_OF_THE_JOB"] = "canary"
        words = ("--repository", project.REPOSITORY, "--sandbox", "unconfined")
        place.command("plan", str(project.NUMBER), *words, scenario=play())

    (environment,) = watcher.environments
    names = {line.partition(b"=")[0] for line in environment.split(b"\0") if line}
    assert names <= {b"LC_CTYPE", b"PYTHONPATH", b"LD_LIBRARY_PATH"}
