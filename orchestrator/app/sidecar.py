"""The process beside the run that speaks to the model's service.

The vendor's library takes as long to import as everything else up to the first request: in a
process of its own, `sidecar_program`, it does so at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from orchestrator.config.process import (
    OUR_FOLDER,
    interpreter_environment,
    interpreter_words,
    working_folder,
)
from orchestrator.sandbox.command import Launch, keep
from orchestrator.scheduling.calls import Caller

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from orchestrator.llm.connection import Timeouts
    from orchestrator.llm.exchange import Part, Service
    from orchestrator.llm.remote import Question
    from orchestrator.llm.signin import SignIn
    from orchestrator.sandbox.command import Kept

    Sidecar: TypeAlias = Caller[Question, Part]

_SILENCE_S = 2_400.0
"""More than it waits itself for a sign of the service."""


def make_sidecar() -> Sidecar:
    """Return what starts the process and asks it; nothing is started yet."""
    return Caller(_start, silence_s=_SILENCE_S)


def through(
    sidecar: Sidecar, environment: Mapping[str, str]
) -> Callable[[SignIn, str | None, Timeouts], Service]:
    """Return what connects to the model's service by way of the sidecar.

    Args:
        sidecar: Is started with the first request, if it is not yet.
        environment: Of this process, without secrets: how this machine reaches others.
    """
    from orchestrator.llm.remote import Opening, RemoteService

    def connect(sign_in: SignIn, base_url: str | None, timeouts: Timeouts) -> Service:
        opening = Opening(
            sign_in=sign_in,
            base_url=base_url,
            timeouts=timeouts,
            folder=working_folder(),
            environment=dict(environment),
        )
        return RemoteService(sidecar.call, opening)

    return connect


def _start(line: socket.socket) -> Kept:
    return keep(
        Launch(
            argv=(*interpreter_words(), "-m", "orchestrator.app.sidecar_program"),
            environment=interpreter_environment(),
            cwd=OUR_FOLDER,
            timeout_s=0,
            output_bytes=0,
        ),
        stdin=line,
    )
