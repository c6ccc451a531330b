"""What every verb has at hand: who we are talking to, the secrets, the clock."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from orchestrator.app.sidecar import make_sidecar
from orchestrator.config.environment import read_network, read_runner, take_cloud, take_secrets
from orchestrator.config.process import process_environment
from orchestrator.telemetry.actions_files import ActionsFiles
from orchestrator.telemetry.clock import SystemClock
from orchestrator.telemetry.console import Console, choose_style
from orchestrator.telemetry.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from orchestrator.app.sidecar import Sidecar
    from orchestrator.config.environment import CloudEnvironment, RunnerEnvironment, Secrets
    from orchestrator.telemetry.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Built once, at the start of the process."""

    environment: MutableMapping[str, str]
    """Without any secret but the password of a proxy: the others were taken out first."""
    network: Mapping[str, str] = field(default_factory=dict)
    """How git reaches the forge from this machine."""
    secrets: Secrets
    cloud: CloudEnvironment
    runner: RunnerEnvironment
    redactor: Redactor
    console: Console
    clock: Clock
    actions: ActionsFiles
    withheld: Mapping[str, SecretStr] = field(default_factory=dict)
    """What was taken out of the environment; for a process of our own and no other."""
    sidecar: Sidecar = field(default_factory=make_sidecar)
    """Speaks to the model's service."""


def open_desk(*, quiet: bool, sidecar: Sidecar | None = None) -> Desk:
    """Take the secrets out of the environment and set up what speaks to people.

    Args:
        quiet: Say the result only.
        sidecar: One that may be started already.
    """
    environment = process_environment()
    before = dict(environment)
    secrets = take_secrets(environment)
    cloud = take_cloud(environment)
    runner = read_runner(environment)
    redactor = Redactor(secrets.texts())
    style = choose_style(is_terminal=sys.stdout.isatty(), in_actions=runner.is_actions, quiet=quiet)
    return Desk(
        environment=environment,
        network=read_network(environment),
        secrets=secrets,
        cloud=cloud,
        runner=runner,
        redactor=redactor,
        console=Console(
            sys.stdout,
            style=style,
            redactor=redactor,
            color=not environment.get("NO_COLOR"),
        ),
        clock=SystemClock(),
        actions=ActionsFiles(
            output=runner.output,
            summary=runner.step_summary,
            state=runner.state,
            redactor=redactor,
        ),
        sidecar=sidecar or make_sidecar(),
        withheld={
            name: SecretStr(value) for name, value in before.items() if name not in environment
        },
    )
