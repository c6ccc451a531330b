"""The loop everything hangs from: ask, run what was asked for, answer, until it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydantic import BaseModel

from orchestrator.agents import notes
from orchestrator.agents.asking import LONGER_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS
from orchestrator.agents.endings import AgentEnding, Exited, Failed, FailureKind, Submitted
from orchestrator.agents.guards import LoopGuards
from orchestrator.agents.transcript import Transcript
from orchestrator.domain.event import Event, MessageAppended, ToolAnswered
from orchestrator.domain.message import Message, Reply, StopReason, ToolResult
from orchestrator.domain.work import HonestExit
from orchestrator.llm.capabilities import capabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.agents.asking import Asker
    from orchestrator.agents.assignment import Assignment
    from orchestrator.agents.deeds import Deeds
    from orchestrator.domain.message import ToolCall
    from orchestrator.tools.toolbox import Answer

T = TypeVar("T", bound=BaseModel)

WRAP_UP_SHARE: Final = 0.8
_MAX_PAUSES: Final = 5
_TRY_AGAIN: Final = (
    "Run again: a fresh attempt may fare better. If not, split or clarify the issue."
)


class Loop(Generic[T]):
    """One conversation in progress."""

    def __init__(
        self,
        assignment: Assignment[T],
        asker: Asker,
        emit: Callable[[Event], None],
        deeds: Deeds,
    ) -> None:
        """Begin the conversation with the brief and the task; what is done is added to `deeds`."""
        self._work = assignment
        self._asker = asker
        self._emit = emit
        self._guards = LoopGuards()
        self._transcript = Transcript(self._note_message)
        texts = (assignment.brief, assignment.material, assignment.task, assignment.handover)
        self._transcript.append_user(*filter(None, texts))
        self._longest_tokens = capabilities_of(assignment.model).longest_prompt_tokens
        self._is_handing_over = False
        self._deeds = deeds
        self._was_reminded = False
        self._was_cut_off = False
        self._was_warned = False
        self._was_told_to_wrap_up = False
        self._pauses = 0

    def run(self) -> AgentEnding[T]:
        """Go on until there is a result, an honest exit or a reason to stop.

        Raises:
            LimitError: A limit was reached.
            ModelError: The model could not be asked any more.
            SandboxError: The sandbox broke under a tool.
        """
        while True:
            longer = self._was_cut_off
            most = LONGER_OUTPUT_TOKENS if longer else MAX_OUTPUT_TOKENS
            reply = self._asker.ask(
                self._transcript, max_tokens=most, arrivals=self._work.toolbox.look_ahead
            )
            self._transcript.append(reply.message)
            self._deeds.said(reply.text)
            ending = _outgrown() if self._is_handing_over else self._after(reply)
            if ending is not None:
                return ending

    def _after(self, reply: Reply) -> AgentEnding[T] | None:
        match reply.stop_reason:
            case StopReason.TOOL_USE if reply.tool_calls:
                return self._work_on(reply.tool_calls)
            case StopReason.TOOL_USE | StopReason.END_TURN:
                return self._remind(reply)
            case StopReason.MAX_TOKENS:
                return self._cut_off(reply)
            case StopReason.PAUSE_TURN:
                return self._pause()
            case StopReason.REFUSAL:
                return _declined(reply)
            case StopReason.CONTEXT_EXCEEDED:
                return _outgrown()
            case StopReason.STOP_SEQUENCE | StopReason.COMPACTION | StopReason.UNKNOWN:
                why = reply.detail or reply.stop_reason
                return _failed(
                    FailureKind.UNKNOWN_STOP, f"the model stopped for an unknown reason ({why})"
                )

    def _work_on(self, calls: Sequence[ToolCall]) -> AgentEnding[T] | None:
        self._was_reminded = self._was_cut_off = False
        answers = self._work.toolbox.call_each(calls)
        for answer in answers:
            self._note_answer(answer)
        self._deeds.did(answers)
        ending = self._ending()
        texts: list[str] = []
        circle = self._guards.observe(answers) if ending is None else None
        if circle is not None and self._was_warned:
            ending = _failed(FailureKind.STUCK, f"it went in circles again: {circle}")
        elif circle is not None:
            self._was_warned = True
            texts.append(notes.in_circles(circle))
        if ending is None and self._is_time_to_wrap_up():
            texts.append(notes.wrap_up(self._work.toolbox.submit_name))
        results = [answer.result for answer in answers]
        coming = self._asker.expected_tokens(sum(len(result.text) for result in results))
        if ending is None and coming >= self._longest_tokens:
            self._is_handing_over = True
            texts = [notes.too_long(self._work.toolbox.submit_name)]
        self._transcript.append_user(*texts, results=results)
        return ending

    def _ending(self) -> AgentEnding[T] | None:
        result = self._work.toolbox.result
        if isinstance(result, self._work.shape):
            return Submitted(result=result)
        return Exited(exit=result) if isinstance(result, HonestExit) else None

    def _is_time_to_wrap_up(self) -> bool:
        if self._was_told_to_wrap_up or self._asker.share_used() < WRAP_UP_SHARE:
            return False
        self._was_told_to_wrap_up = True
        return True

    def _remind(self, reply: Reply) -> Failed | None:
        name = self._work.toolbox.submit_name
        if self._was_reminded:
            text = f"it stopped without calling {name} or Stop, also after a reminder"
            return _failed(FailureKind.NO_RESULT, text)
        self._was_reminded = True
        self._transcript.append_user(notes.unfinished(name), results=_skipped(reply, notes.ended()))
        return None

    def _cut_off(self, reply: Reply) -> Failed | None:
        if self._was_cut_off:
            text = "its replies were cut off at the output limit twice in a row"
            return _failed(FailureKind.TRUNCATED, text, "Split the issue into smaller ones.")
        self._was_cut_off = True
        self._transcript.append_user(notes.cut_off(), results=_skipped(reply, notes.not_run()))
        return None

    def _pause(self) -> Failed | None:
        """Send the same again: the service wanted a break in a long turn."""
        self._pauses += 1
        if self._pauses > _MAX_PAUSES:
            return _failed(FailureKind.UNKNOWN_STOP, "the model's service paused without end")
        return None

    def _note_message(self, message: Message) -> None:
        self._emit(
            MessageAppended(
                conversation=self._work.conversation,
                role=message.role,
                blocks_json=message.blocks_json,
            )
        )

    def _note_answer(self, answer: Answer) -> None:
        self._emit(
            ToolAnswered(
                conversation=self._work.conversation,
                agent=self._work.role.name,
                task_id=self._work.task_id,
                tool=answer.call.name,
                subject=answer.subject,
                is_error=answer.result.is_error,
                duration_s=answer.duration_s,
            )
        )


def _failed(kind: FailureKind, text: str, hint: str = _TRY_AGAIN) -> Failed:
    return Failed(kind=kind, text=f"The agent ended without a result: {text}.", hint=hint)


def _declined(reply: Reply) -> Failed:
    hint = "Choose another model for this role under `models:`, or reword the issue."
    if reply.recommended_model is not None:
        hint = (
            f"The service names {reply.recommended_model!r} for such work: list it in the"
            " `fallbacks` of the role's group under `models:`, or reword the issue."
        )
    why = reply.detail or "no category given"
    failed = _failed(FailureKind.REFUSED, f"the model declined to go on ({why})", hint)
    return replace(failed, recommended_model=reply.recommended_model)


def _outgrown() -> Failed:
    text = "the conversation outgrew what the model can take in"
    return _failed(FailureKind.CONTEXT, text, "Split the issue into smaller ones.")


def _skipped(reply: Reply, why: str) -> list[ToolResult]:
    return [ToolResult(call_id=call.id, text=why, is_error=True) for call in reply.tool_calls]
