"""A desk for tests: nothing real is behind it but a folder."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.app.desk import Desk
from orchestrator.config.environment import CloudEnvironment, RunnerEnvironment, Secrets
from orchestrator.telemetry.actions_files import ActionsFiles
from orchestrator.telemetry.console import Console, ConsoleStyle
from orchestrator.telemetry.redaction import Redactor
from tests.doubles.clock import SteppingClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(kw_only=True)
class Office:
    """A desk, and what is said and written at it."""

    desk: Desk
    stream: io.StringIO
    output: Path | None = None
    summary: Path | None = None
    clock: SteppingClock = field(default_factory=SteppingClock)

    @property
    def said(self) -> str:
        """Everything on the terminal."""
        return self.stream.getvalue()

    def text(self, file: Path | None) -> str:
        """Return what was written to a file of the runner, if anything."""
        return file.read_text() if file is not None and file.exists() else ""


def make_desk(
    *,
    stream: io.StringIO | None = None,
    clock: SteppingClock | None = None,
    redactor: Redactor | None = None,
    runner: RunnerEnvironment | None = None,
    environment: Mapping[str, str] | None = None,
    secrets: Secrets | None = None,
    cloud: CloudEnvironment | None = None,
) -> Desk:
    """Return what a verb has at hand; by itself, a laptop that says nothing about itself."""
    runner, redactor = runner or RunnerEnvironment(), redactor or Redactor()
    return Desk(
        environment=dict(environment or {}),
        secrets=secrets or Secrets(),
        cloud=cloud or CloudEnvironment(),
        runner=runner,
        redactor=redactor,
        console=Console(stream or io.StringIO(), style=ConsoleStyle.PLAIN, redactor=redactor),
        clock=clock or SteppingClock(),
        actions=ActionsFiles(
            output=runner.output,
            summary=runner.step_summary,
            state=runner.state,
            redactor=redactor,
        ),
    )


def make_office(
    folder: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    secrets: Secrets | None = None,
    event: str | None = None,
    payload: str | None = None,
) -> Office:
    """Return a desk on a laptop, or in a job whose runner lives in a folder."""
    stream = io.StringIO()
    if folder is None:
        desk = make_desk(stream=stream, environment=environment, secrets=secrets)
        return Office(desk=desk, stream=stream)
    output, summary = folder / "output", folder / "summary"
    file = folder / "event.json"
    if payload is not None:
        file.write_text(payload)
    runner = RunnerEnvironment(
        is_actions=True,
        event_name=event,
        event_path=file if event else None,
        workspace=folder / "workspace",
        temp=folder / "temp",
        output=output,
        step_summary=summary,
        actor="alice",
        run_id="9001",
        run_attempt="1",
        repository="octo/greeter",
    )
    desk = make_desk(stream=stream, runner=runner, environment=environment, secrets=secrets)
    return Office(desk=desk, stream=stream, output=output, summary=summary)
