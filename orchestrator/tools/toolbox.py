"""What one agent is shown, and what it may call of that.

Three lists of tools, the same bytes in every run, so that all agents of a group share one
cached prefix. What a role may not do is refused here, with the reason, and put on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from orchestrator.domain.errors import ToolArgumentsError, ToolError, ToolRefusedError
from orchestrator.domain.message import ToolResult
from orchestrator.domain.role import RoleKind
from orchestrator.tools.ahead import SEARCHES, HeadStart
from orchestrator.tools.bash import BASH
from orchestrator.tools.delegating import TASK
from orchestrator.tools.editing import EDIT, MULTI_EDIT
from orchestrator.tools.globbing import GLOB
from orchestrator.tools.grepping import GREP
from orchestrator.tools.reading import READ
from orchestrator.tools.submitting import (
    STOP,
    SUBMIT_ANSWER,
    SUBMIT_PLAN,
    SUBMIT_REQUIREMENTS,
    SUBMIT_REVIEW,
    SUBMIT_TESTS,
    SUBMIT_VERIFICATION,
    SUBMIT_WORK,
    Submit,
)
from orchestrator.tools.todos import TODO_WRITE
from orchestrator.tools.writing import WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import BaseModel

    from orchestrator.domain.message import ToolCall, ToolSpec
    from orchestrator.domain.role import Role
    from orchestrator.telemetry.clock import Clock
    from orchestrator.tools.ahead import Start
    from orchestrator.tools.tools import Tool

ORCHESTRATOR: Final = (TASK, TODO_WRITE, SUBMIT_PLAN, STOP)
READERS: Final = (
    READ,
    GREP,
    GLOB,
    BASH,
    TASK,
    SUBMIT_REQUIREMENTS,
    SUBMIT_ANSWER,
    SUBMIT_REVIEW,
    SUBMIT_VERIFICATION,
    STOP,
)
IMPLEMENTERS: Final = (
    READ,
    EDIT,
    MULTI_EDIT,
    WRITE,
    GREP,
    GLOB,
    BASH,
    TASK,
    TODO_WRITE,
    SUBMIT_WORK,
    SUBMIT_TESTS,
    STOP,
)
CHANGING: Final = frozenset({"Edit", "MultiEdit", "Write"})
"""Tools whose success means that a file has changed."""


def shown_to(kind: RoleKind) -> tuple[ToolSpec, ...]:
    """Return the list of tools that agents of a kind are shown."""
    match kind:
        case RoleKind.ORCHESTRATOR:
            return ORCHESTRATOR
        case RoleKind.READER | RoleKind.REVIEWER | RoleKind.VERIFIER:
            return READERS
        case RoleKind.IMPLEMENTER | RoleKind.TESTER:
            return IMPLEMENTERS


class AnswerKind(StrEnum):
    """How a tool call ended."""

    DONE = "done"
    FAILED = "failed"
    INVALID = "invalid"
    """The parameters were wrong; nothing was run."""
    REFUSED = "refused"
    """Code does not allow it; the attempt was reported."""
    SKIPPED = "skipped"
    """Not run, because of another call of the same turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One call, its result, and what the journal wants to know of it."""

    call: ToolCall
    kind: AnswerKind
    result: ToolResult
    subject: str
    duration_s: float


class CallMap(Protocol):
    """Applies a function to each call and gives the answers in the calls' order."""

    def __call__(
        self, answer: Callable[[ToolCall], Answer], calls: Sequence[ToolCall], /
    ) -> Iterable[Answer]:
        """Return one answer for each call."""
        ...


class Toolbox:
    """The tools of one agent; answers every call, whatever was asked."""

    def __init__(
        self,
        *,
        role: Role,
        tools: Mapping[str, Tool],
        clock: Clock,
        on_refused: Callable[[str, str], None],
        map_calls: CallMap = map,
        start: Start | None = None,
    ) -> None:
        """Offer these tools to an agent of this role.

        Args:
            role: Decides the list that is shown and the names that may be called.
            tools: By name; a tool of the list that is not here is refused. The Submit tools
                among them may always be called, the others if the role has them.
            clock: Measures each call.
            on_refused: Told what was tried and why it is not allowed.
            map_calls: Runs read-only calls of one turn, at once if it can, answers in order.
            start: Runs searches while the reply that asks for them goes on.
        """
        self.specs = shown_to(role.kind)
        self._role = role
        self._tools = tools
        self._clock = clock
        self._on_refused = on_refused
        self._map_calls = map_calls
        self._ahead: HeadStart[Answer] = HeadStart(start)

    @property
    def result(self) -> BaseModel | None:
        """What was handed in and accepted; the work has ended when there is something."""
        for tool in self._tools.values():
            if isinstance(tool, Submit) and tool.result is not None:
                result: BaseModel = tool.result
                return result
        return None

    @property
    def submit_name(self) -> str:
        """The tool that ends this agent's work with a result."""
        names = [name for name, tool in self._tools.items() if isinstance(tool, Submit)]
        return next((name for name in names if name != STOP.name), STOP.name)

    def look_ahead(self, calls: tuple[ToolCall, ...]) -> None:
        """Begin the last of the calls that a reply has brought so far, if it is a search.

        What comes before it must not change what it finds. The answer is given by `call_each`,
        or never, should the reply not get that far.
        """
        *before, latest = calls
        if latest.name in SEARCHES and all(
            call.name in SEARCHES or self._is_read_only(call) for call in before
        ):
            self._ahead.begin(latest.id, partial(self._run, latest))

    def settle(self) -> None:
        """Wait for searches that were begun for nothing; nothing runs in the cell afterwards."""
        self._ahead.settle()

    def call_each(self, calls: Sequence[ToolCall]) -> tuple[Answer, ...]:
        """Answer every call of one turn, in its order; neighbouring read-only ones at once."""
        self._ahead.settle(but=frozenset(call.id for call in calls))
        answers: list[Answer] = []
        for group in self._groups(calls):
            if (reason := self._reason_to_skip(group[0], answers)) is not None:
                answers += [self._answer(call, AnswerKind.SKIPPED, reason) for call in group]
            elif len(group) > 1:
                answers.extend(self._map_calls(self._run, group))
            else:
                run = partial(self._run, group[0])
                answers.append(self._ahead.take(group[0].id, run))
        for answer in answers:
            if answer.kind is AnswerKind.REFUSED:
                what = f"{answer.call.name} {answer.subject}".strip()
                self._on_refused(what, answer.result.text)
        return tuple(answers)

    def _run(self, call: ToolCall) -> Answer:
        started = self._clock.monotonic()
        try:
            text = self._permitted(call).call(call.arguments)
            kind = AnswerKind.DONE
        except ToolRefusedError as error:
            text, kind = str(error), AnswerKind.REFUSED
        except ToolArgumentsError as error:
            text, kind = str(error), AnswerKind.INVALID
        except ToolError as error:
            text, kind = str(error), AnswerKind.FAILED
        return self._answer(call, kind, text, self._clock.monotonic() - started)

    def _permitted(self, call: ToolCall) -> Tool:
        tool = self._tools.get(call.name)
        usable = ", ".join(spec.name for spec in self.specs if self._may_use(spec.name))
        if call.name not in {spec.name for spec in self.specs}:
            raise ToolRefusedError(f"There is no tool {call.name!r} for you. You have: {usable}.")
        if tool is None or not self._may_use(call.name):
            raise ToolRefusedError(
                f"The role {self._role.name!r} may not use {call.name} for this work."
                f" You have: {usable}."
            )
        return tool

    def _may_use(self, name: str) -> bool:
        tool = self._tools.get(name)
        return isinstance(tool, Submit) or (tool is not None and name in self._role.tools)

    def _groups(self, calls: Sequence[ToolCall]) -> list[list[ToolCall]]:
        groups: list[list[ToolCall]] = []
        was_read_only = False
        for call in calls:
            is_read_only = self._is_read_only(call)
            if groups and is_read_only and was_read_only:
                groups[-1].append(call)
            else:
                groups.append([call])
            was_read_only = is_read_only
        return groups

    def _is_read_only(self, call: ToolCall) -> bool:
        tool = self._tools.get(call.name)
        return tool is not None and tool.is_read_only

    def _reason_to_skip(self, call: ToolCall, before: Sequence[Answer]) -> str | None:
        if self.result is not None:
            return "Not run: your work had ended with the call before."
        is_ending = isinstance(self._tools.get(call.name), Submit) and call.name != STOP.name
        if is_ending and any(answer.result.is_error for answer in before):
            return (
                f"{call.name} was not taken: another call of the same turn failed."
                " Look at its result first."
            )
        return None

    def _answer(
        self, call: ToolCall, kind: AnswerKind, text: str, duration_s: float = 0.0
    ) -> Answer:
        is_error = kind is not AnswerKind.DONE
        return Answer(
            call=call,
            kind=kind,
            result=ToolResult(call_id=call.id, text=text, is_error=is_error),
            subject=self._subject(call),
            duration_s=duration_s,
        )

    def _subject(self, call: ToolCall) -> str:
        tool = self._tools.get(call.name)
        return tool.subject(call.arguments) if tool is not None else ""
