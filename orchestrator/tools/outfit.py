"""Put together the tools of one agent for one piece of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from orchestrator.domain.event import AttemptRefused, Event, TodosWritten
from orchestrator.domain.work import HonestExit
from orchestrator.tools.bash import BashTool
from orchestrator.tools.delegating import TaskTool
from orchestrator.tools.editing import EditTool, MultiEditTool
from orchestrator.tools.globbing import GlobTool
from orchestrator.tools.grepping import GrepTool
from orchestrator.tools.reading import ReadTool
from orchestrator.tools.submitting import Submit
from orchestrator.tools.todos import TodoTool
from orchestrator.tools.toolbox import CallMap, Toolbox
from orchestrator.tools.writing import WriteTool

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.role import Role
    from orchestrator.sandbox.sandbox import Cell
    from orchestrator.telemetry.clock import Clock
    from orchestrator.tools.ahead import Start
    from orchestrator.tools.tools import Tool
    from orchestrator.tools.workspace import Workspace

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Generic[T]):
    """The result that ends the work."""

    shape: type[T]
    """A key of `submitting.SUBMITS`."""
    accept: Callable[[T], str | None] | None = None
    """Returns why a valid result is refused all the same, for the agent to repair."""


def outfit(
    *,
    role: Role,
    wanted: Wanted[T],
    clock: Clock,
    emit: Callable[[Event], None],
    task_id: int | None = None,
    workspace: Workspace | None = None,
    cell: Cell | None = None,
    delegate: Callable[[str, str], str] | None = None,
    map_calls: CallMap = map,
    start: Start | None = None,
) -> Toolbox:
    """Return the toolbox of one agent; it serves one conversation.

    Args:
        role: Whose permissions hold.
        wanted: What the agent has to hand in.
        clock: Measures the calls.
        emit: Told of refused attempts and lists of steps, on the agent's own thread.
        task_id: The task of the plan, for the events.
        workspace: The tree as this agent sees it; `None` for the orchestrator, who sees none.
        cell: Where commands run; `None` when the machine offers no sandbox.
        delegate: Asks the search specialist, `(description, prompt) -> answer`; `None` for an
            agent that was asked itself. Called on several threads if `map_calls` does so.
        map_calls: Runs read-only calls of one turn; one after the other unless given.
        start: Runs searches while the reply that asks for them goes on; none unless given.
    """
    tools: list[Tool] = [TaskTool(delegate), TodoTool(_todos_to(emit, role.name, task_id))]
    if workspace is not None:
        tools += [
            ReadTool(workspace),
            EditTool(workspace),
            MultiEditTool(workspace),
            WriteTool(workspace),
            GrepTool(workspace, cell),
            GlobTool(workspace, cell),
            BashTool(workspace, cell, role.restrictions),
        ]
    tools += [Submit(wanted.shape, wanted.accept), Submit(HonestExit)]
    return Toolbox(
        role=role,
        tools={tool.spec.name: tool for tool in tools},
        clock=clock,
        on_refused=_refusals_to(emit, role.name, task_id),
        map_calls=map_calls,
        start=start,
    )


def _todos_to(
    emit: Callable[[Event], None], agent: str, task_id: int | None
) -> Callable[[tuple[tuple[str, str], ...]], None]:
    return lambda todos: emit(TodosWritten(agent=agent, task_id=task_id, todos=todos))


def _refusals_to(
    emit: Callable[[Event], None], agent: str, task_id: int | None
) -> Callable[[str, str], None]:
    return lambda what, why: emit(AttemptRefused(agent=agent, task_id=task_id, what=what, why=why))
