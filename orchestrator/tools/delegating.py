"""Task: a question handed to the search specialist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from orchestrator.domain.errors import ToolRefusedError
from orchestrator.tools.arguments import Arguments, describe, parse
from orchestrator.tools.text import RESULT_CHARS, clean, head_and_tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.message import ToolSpec


class TaskArguments(Arguments):
    """A question that stands on its own."""

    description: str = Field(description="The question in three to five words.", min_length=1)
    prompt: str = Field(
        description="The whole question, with every name and path it needs.", min_length=1
    )
    subagent_type: str | None = Field(default=None, description="Only `search-specialist`.")


TASK: Final = describe(
    "Task",
    "Ask the search-specialist a question about the repository as it was when your work began. It"
    " reads and searches in its own context, changes nothing, and answers with findings and their"
    " places. It knows nothing of your conversation, so the prompt must say everything. Use it when"
    " an answer takes many files; ask several independent questions in one turn. Do not repeat a"
    " search you delegated.",
    TaskArguments,
    strict=False,
)
_SPECIALIST: Final = "search-specialist"


class TaskTool:
    """Delegates a read-only question, one level deep."""

    spec: ToolSpec = TASK
    is_read_only = True

    def __init__(self, delegate: Callable[[str, str], str] | None) -> None:
        """Ask through `delegate(description, prompt)`; `None` when this agent was asked itself."""
        self._delegate = delegate

    def subject(self, arguments: JsonObject) -> str:
        """Return the short description."""
        return str(arguments.get("description", ""))

    def call(self, arguments: JsonObject) -> str:
        """Return the specialist's answer.

        Raises:
            ToolRefusedError: This agent may not delegate, or named another agent.
        """
        wanted = parse(TASK, TaskArguments, arguments)
        if self._delegate is None:
            raise ToolRefusedError(
                "A question that was delegated to you cannot be delegated again. Answer it with"
                " your own tools."
            )
        if wanted.subagent_type not in {None, _SPECIALIST, "Explore", "general-purpose"}:
            raise ToolRefusedError(
                f"Task only asks the {_SPECIALIST}: `{wanted.subagent_type}` works on tasks of the"
                " plan, which are started in their order by the program."
            )
        answer = clean(self._delegate(wanted.description, wanted.prompt))
        return head_and_tail(answer, RESULT_CHARS, "{cut} characters left out; ask more narrowly")
