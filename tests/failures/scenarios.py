"""The failing scenarios: what was seen, and which class a person gives it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, JsonValue

from orchestrator.agents.endings import FailureKind
from orchestrator.domain.check import CheckEnding, CheckKind
from orchestrator.domain.outcome import FailureClass
from orchestrator.domain.review import Lens
from orchestrator.domain.work import HonestExit

FOLDER = Path(__file__).parent


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CommandLine(_Part):
    """A command before any work began."""

    kind: CheckKind
    line: str
    ending: CheckEnding = CheckEnding.FINISHED
    exit_code: int | None = 1


class Printed(_Part):
    """One execution of a command on one commit."""

    kind: CheckKind = CheckKind.TEST
    exit_code: int
    output: str


class Answered(_Part):
    """An HTTP answer of the forge or of the model's service."""

    status: int
    message: str = ""
    body: JsonValue = None


class Run(_Part):
    """A whole run: the usual one, but for what is set here."""

    title: str | None = None
    body: str | None = None
    settings: str | None = None
    asks: bool = False
    planner_stops: dict[str, JsonValue] | None = None
    pushed_meanwhile: Mapping[str, str] | None = None
    is_cancelled: bool = False
    server_refuses: str | None = None


class FailingScenario(_Part):
    """One failure; exactly one kind of evidence is set."""

    name: str
    tells: str
    expected: FailureClass
    command: CommandLine | None = None
    output: str = ""
    base: tuple[Printed, ...] | None = None
    head: tuple[Printed, ...] = ()
    conflicts: tuple[str, ...] = ()
    blocking: tuple[Lens, ...] = ()
    forge: Answered | None = None
    push: str | None = None
    model: Answered | None = None
    exit: HonestExit | None = None
    agent: FailureKind | None = None
    run: Run | None = None

    @property
    def is_hard(self) -> bool:
        """Whether it looks like another class than it is."""
        return "hard - " in self.tells


def load_all() -> tuple[FailingScenario, ...]:
    """Return every scenario, file by file in the order of their names."""
    return tuple(
        FailingScenario.model_validate(entry)
        for file in sorted(FOLDER.glob("*.yml"))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
    )
