"""A play for the model: when a conversation begins so, answer this.

A scenario is data (usually a YAML file that the caller has read). It is matched without
memory of the past: a conversation is known by its first user message, and the place in it
by the number of replies already in the request. Retries, parallel agents and resumed runs
therefore meet the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from orchestrator.domain.errors import ConfigError

if TYPE_CHECKING:
    from typing import Self

    from orchestrator.domain.json import Json


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Frozen):
    """What the text of the first user message must and must not contain."""

    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()

    def matches(self, text: str) -> bool:
        """Whether all wanted words are there and no unwanted one is."""
        return all(part in text for part in self.contains) and not any(
            part in text for part in self.not_contains
        )


class ScriptedTool(_Frozen):
    """One tool call of a reply."""

    name: str
    input: dict[str, JsonValue] = Field(default_factory=dict)


class ScriptedUsage(_Frozen):
    """Token counts to report instead of the estimated ones."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0


class Fault(_Frozen):
    """What goes wrong with one HTTP attempt before the reply is given; one fault per attempt.

    Played by the HTTP double alone. A fault with a `status` other than 200 answers that
    status; the others begin the real stream and then spoil it.
    """

    status: int = 200
    headers: dict[str, str] = Field(default_factory=dict)
    body: JsonValue = None
    """Answer of a failing status, or the data of an SSE `error` event at status 200."""
    cut_after_events: int | None = None
    """Break the connection after so many events; 0 breaks it before the answer begins."""
    stall_after_events: int | None = None
    """Send nothing more after so many events, until the client gives up."""
    garble_after_events: int | None = None
    """Send something that is not JSON after so many events."""
    end_after_events: int | None = None
    """End the stream properly, but early, after so many events."""


class ScriptedReply(_Frozen):
    """One reply; without a `stop_reason` it is `tool_use` when there are tools, else `end_turn`."""

    text: str = ""
    thinking: str | None = None
    tools: tuple[ScriptedTool, ...] = ()
    raw_blocks: tuple[dict[str, JsonValue], ...] = ()
    """Content blocks as they are on the wire, instead of text, thinking and tools."""
    stop_reason: str | None = None
    stop_details: dict[str, JsonValue] | None = None
    truncated: bool = False
    """The last tool call breaks off in the middle of its input; needs `tools`."""
    usage: ScriptedUsage | None = None
    faults: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.raw_blocks and (self.text or self.tools or self.thinking is not None):
            raise ValueError("`raw_blocks` stands alone: drop `text`, `thinking` and `tools`")
        if self.truncated and not self.tools:
            raise ValueError("`truncated` needs `tools`: it cuts the last call")
        return self

    @property
    def ending(self) -> str:
        """The stop reason on the wire."""
        if self.stop_reason is not None:
            return self.stop_reason
        if self.truncated:
            return "max_tokens"
        return "tool_use" if self.tools else "end_turn"


class Conversation(_Frozen):
    """One or more conversations that begin alike and go the same way."""

    name: str
    when: When = When()
    times: Annotated[int, Field(ge=1)] = 1
    """How many conversations with different first messages this stands for."""
    replies: Annotated[tuple[ScriptedReply, ...], Field(min_length=1)]


class Scenario(_Frozen):
    """The whole play; conversations are tried in this order."""

    conversations: Annotated[tuple[Conversation, ...], Field(min_length=1)]

    @classmethod
    def parse(cls, document: Json, *, source: str) -> Scenario:
        """Return the scenario in a parsed document.

        Raises:
            ConfigError: It is no scenario; the message names the source and each wrong place.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            places = "; ".join(
                f"{'.'.join(map(str, problem['loc'])) or 'the document'}: {problem['msg']}"
                for problem in error.errors()
            )
            raise ConfigError(
                f"The model scenario {source!r} cannot be played: {places}.",
                hint="Correct these places; orchestrator/llm/scenario.py describes the shape.",
            ) from error
