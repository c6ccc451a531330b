"""One agent at work on a tiny tree, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.agents.agent import Agent
from orchestrator.agents.assignment import Assignment
from orchestrator.agents.ledger import Ledger
from orchestrator.domain.role import Role, RoleKind
from orchestrator.domain.work import WorkReport
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.tools.outfit import Wanted, outfit
from tests.doubles.clock import SteppingClock
from tests.doubles.model import PlayedModel, said, tool_use
from tests.unit.tools.workshop import EVERYTHING, WORK, make_tree, make_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestrator.agents.endings import AgentEnding
    from orchestrator.domain.errors import OrchestratorError
    from orchestrator.domain.event import Event
    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import Reply
    from orchestrator.llm.llm import Model
    from orchestrator.sandbox.sandbox import Cell
    from orchestrator.tools.ahead import Start

FILES = {"a.txt": "one\n", "b.txt": "two\n"}
ROLE = Role(
    name="python-pro",
    kind=RoleKind.IMPLEMENTER,
    description="",
    scope=("python",),
    tools=EVERYTHING,
)


def read(path: str) -> JsonObject:
    """Call Read."""
    return tool_use("Read", file_path=path)


def submit() -> JsonObject:
    """Call SubmitWork with a complete report."""
    return tool_use("SubmitWork", **WORK)


DONE = said(submit())


@dataclass
class Studio:
    """What an agent works with, and what came of it."""

    folder: Path
    ledger: Ledger = field(default_factory=Ledger)
    clock: SteppingClock = field(default_factory=SteppingClock)
    max_turns: int = 50
    deadline_s: float | None = None
    cell: Cell | None = None
    start: Start | None = None
    brief: str = "The repository."
    files: Mapping[str, str] = field(default_factory=lambda: FILES)
    fallbacks: tuple[str, ...] = ()
    events: list[Event] = field(default_factory=list)
    model: PlayedModel = field(default_factory=lambda: PlayedModel([]))

    def run(
        self, play: Sequence[Reply | OrchestratorError], *, repeats: bool = False
    ) -> AgentEnding[WorkReport]:
        """Let an agent work against these replies."""
        self.model = PlayedModel(play, repeats=repeats)
        return self.work_with(self.model)

    def work_with(self, model: Model) -> AgentEnding[WorkReport]:
        """Let an agent do the work with this model."""
        agent = Agent(
            model=model,
            ledger=self.ledger,
            prices=LIST_PRICES,
            clock=self.clock,
            emit=self.events.append,
        )
        return agent.run(self.assignment())

    def assignment(self) -> Assignment[WorkReport]:
        """Return the work: hand in a report on a tree of two files."""
        toolbox = outfit(
            role=ROLE,
            wanted=Wanted(shape=WorkReport),
            clock=self.clock,
            emit=self.events.append,
            task_id=3,
            workspace=make_workspace(make_tree(self.folder, dict(self.files))),
            cell=self.cell,
            start=self.start,
        )
        return Assignment(
            conversation="task-3-1",
            role=ROLE,
            stage="implementation",
            model="opus",
            effort=None,
            system=("The system text.",),
            brief=self.brief,
            task="Do the task.",
            toolbox=toolbox,
            shape=WorkReport,
            max_turns=self.max_turns,
            fallbacks=self.fallbacks,
            task_id=3,
            deadline_s=self.deadline_s,
        )

    def sent(self, request: int = -1, message: int = -1) -> tuple[JsonObject, ...]:
        """Return the blocks of one message of one request."""
        return self.model.requests[request].messages[message].blocks

    def texts_sent(self) -> list[str]:
        """Return every text that the loop said after the first message."""
        messages = self.model.requests[-1].messages[1:]
        return [
            str(block["text"])
            for message in messages
            if message.role == "user"
            for block in message.blocks
            if block["type"] == "text"
        ]
