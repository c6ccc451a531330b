"""TodoWrite: an agent's own list of steps, shown to people as progress."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.tools.arguments import Arguments, describe, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec


class TodoStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Todo(Arguments):
    """One step."""

    content: str = Field(description="The step, as an order: `Add the toggle`.", min_length=1)
    status: TodoStatus
    activeForm: str = Field(default="", description="The step while it runs: `Adding the toggle`.")  # noqa: N815 -- the name models know


class TodoArguments(Arguments):
    """The whole list, each time."""

    todos: tuple[Todo, ...] = Field(description="The whole list in order.", max_length=50)


TODO_WRITE: Final = describe(
    "TodoWrite",
    "Set your list of steps, which people see as the progress of the work. Give the whole list"
    " each time; at most one step is in_progress. Use it when the work has three or more steps,"
    " and mark a step completed as soon as it is.",
    TodoArguments,
    strict=False,
)


class TodoTool:
    """Passes the list on."""

    spec: ToolSpec = TODO_WRITE
    is_read_only = False

    def __init__(self, on_todos: Callable[[tuple[tuple[str, str], ...]], None]) -> None:
        """Hand each list to `on_todos` as (content, status) pairs."""
        self._on_todos = on_todos

    def subject(self, arguments: JsonObject) -> str:
        """Return how many steps there are."""
        todos = arguments.get("todos")
        return f"{len(todos)} steps" if isinstance(todos, list) else ""

    def call(self, arguments: JsonObject) -> str:
        """Take the list and say what is open."""
        todos = parse(TODO_WRITE, TodoArguments, arguments).todos
        self._on_todos(tuple((todo.content, todo.status.value) for todo in todos))
        open_count = sum(todo.status is not TodoStatus.COMPLETED for todo in todos)
        return f"The list is set: {len(todos)} steps, {open_count} not completed."
