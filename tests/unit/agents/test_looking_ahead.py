"""Searches begin while the reply that asks for them goes on, and leave nothing if it breaks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from orchestrator.agents.agent import Agent
from orchestrator.agents.endings import Failed, FailureKind, Submitted
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.event import ToolAnswered
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.sandbox.sandbox import CommandResult
from orchestrator.scheduling.workers import InOrder
from tests.doubles.http_server import Answer, ConnectionCut, LoopbackServer
from tests.unit.agents.studio import Studio
from tests.unit.llm.builders import claude
from tests.unit.tools.workshop import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.agents.endings import AgentEnding
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.work import WorkReport
    from orchestrator.sandbox.sandbox import Command
    from tests.doubles.http_server import Received

LONG_S = 20.0
GREP: JsonObject = {"name": "Grep", "input": {"pattern": "one"}}
EDIT: JsonObject = {
    "name": "Edit",
    "input": {"file_path": "a.txt", "old_string": "one", "new_string": "uno"},
}
READ: JsonObject = {"name": "Read", "input": {"file_path": "a.txt"}}
SUBMIT: JsonObject = {"name": "SubmitWork", "input": dict(WORK)}


@dataclass
class Watched:
    """A cell that tells when a search began."""

    searched: Event = field(default_factory=Event)
    commands: list[Command] = field(default_factory=list)
    error: SandboxError | None = None

    def run(self, command: Command) -> CommandResult:
        self.commands.append(command)
        self.searched.set()
        if self.error is not None:
            raise self.error
        return CommandResult(exit_code=0, output="./a.txt\n", limit=None, duration_s=0.1)

    def close(self) -> None:
        """Nothing was started."""


@dataclass
class Service:
    """Streams one list of calls after the other; before each `message_stop` it looks around."""

    cell: Watched
    replies: list[Sequence[JsonObject]]
    stop_reason: str = "tool_use"
    cuts: int = 0
    """How many streams break off at their end."""
    seen: list[bool] = field(default_factory=list)
    """Whether a search had begun while the reply still went on."""
    bodies: list[JsonObject] = field(default_factory=list)

    def answer(self, received: Received) -> Answer:
        body = json.loads(received.body)
        self.bodies.append(body)
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        return Answer(body=self._stream(self.replies[turn], len(self.bodies)))

    def _stream(self, calls: Sequence[JsonObject], number: int) -> Iterator[bytes]:
        usage: Json = {"input_tokens": 10, "output_tokens": 5}
        yield _event("message_start", message={"id": f"msg_{number}", "usage": usage})
        for at, call in enumerate(calls):
            block = {"type": "tool_use", "id": f"toolu_{number}_{at}", **call, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call["input"])}
            yield _event("content_block_start", index=at, content_block=block)
            yield _event("content_block_delta", index=at, delta=delta)
            yield _event("content_block_stop", index=at)
        if calls[-1]["name"] == "Grep":
            # Who searches only after the reply would keep us waiting in vain.
            self.seen.append(self.cell.searched.wait(LONG_S if _begins(calls) else 0.05))
        if number <= self.cuts:
            raise ConnectionCut
        reason = self.stop_reason if "Submit" not in str(calls) else "tool_use"
        yield _event("message_delta", delta={"stop_reason": reason}, usage=usage)
        yield _event("message_stop")


def _begins(calls: Sequence[JsonObject]) -> bool:
    return not any(call["name"] == "Edit" for call in calls)


def _event(kind: str, **more: Json) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def play(studio: Studio, service: Service) -> AgentEnding[WorkReport]:
    """Let an agent that may look ahead work against the service."""
    studio.cell = service.cell
    studio.start = InOrder()
    with LoopbackServer(service.answer) as server, claude(server.url, read_s=60.0) as model:
        return Agent(
            model=model,
            ledger=studio.ledger,
            prices=LIST_PRICES,
            clock=studio.clock,
            emit=studio.events.append,
        ).run(studio.assignment())


def tools(studio: Studio) -> list[str]:
    """Return which tools have answered."""
    return [event.tool for event in studio.events if isinstance(event, ToolAnswered)]


def test_search__begins_before_the_reply_has_ended(tmp_path: Path) -> None:
    """A search is on its way while the model still writes, is made once, and answers in order."""
    studio, cell = Studio(tmp_path), Watched()
    service = Service(cell, [[READ, GREP], [SUBMIT]])

    ending = play(studio, service)

    assert isinstance(ending, Submitted)
    assert service.seen == [True]
    assert len(cell.commands) == 1
    assert tools(studio) == ["Read", "Grep", "SubmitWork"]
    assert "a.txt" in str(service.bodies[1])


def test_search__waits_for_a_change_before_it(tmp_path: Path) -> None:
    """What the same reply changes first is there when it searches."""
    studio, cell = Studio(tmp_path), Watched()
    service = Service(cell, [[READ], [EDIT, GREP], [SUBMIT]])

    ending = play(studio, service)

    assert isinstance(ending, Submitted)
    assert service.seen == [False]
    assert len(cell.commands) == 1
    assert tools(studio) == ["Read", "Edit", "Grep", "SubmitWork"]


def test_search__of_a_reply_that_broke_off_is_forgotten(tmp_path: Path) -> None:
    """The next attempt is another reply: its own calls are answered, and nothing else is kept."""
    studio, cell = Studio(tmp_path), Watched()
    service = Service(cell, [[GREP], [SUBMIT]], cuts=1)

    ending = play(studio, service)

    assert isinstance(ending, Submitted)
    assert len(cell.commands) == 2
    assert tools(studio) == ["Grep", "SubmitWork"]
    assert "toolu_2_0" in str(service.bodies[2])
    assert "toolu_1_0" not in str(service.bodies)


def test_search__of_a_refused_reply_is_not_answered(tmp_path: Path) -> None:
    """After a refusal nothing of the reply counts, and nothing runs on in the cell."""
    studio, cell = Studio(tmp_path), Watched(error=SandboxError("Broken.", hint="Mend it."))
    service = Service(cell, [[GREP]], stop_reason="refusal")

    ending = play(studio, service)

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.REFUSED
    assert len(cell.commands) == 1
    assert tools(studio) == []


def test_search__that_breaks_the_sandbox_ends_the_work(tmp_path: Path) -> None:
    """A failure in the background is the same failure in the turn that wants the answer."""
    studio, cell = Studio(tmp_path), Watched(error=SandboxError("Broken.", hint="Mend it."))

    ending = play(studio, Service(cell, [[GREP]]))

    assert isinstance(ending, Failed)
    assert ending.kind is FailureKind.ENVIRONMENT
