"""Claude over the Messages API: always streaming, every attempt billed, nothing guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from orchestrator.domain.message import Message, Reply
from orchestrator.llm import capabilities
from orchestrator.llm.connection import DEFAULT_BASE_URL, Connection, Timeouts
from orchestrator.llm.draft import Draft, malformed
from orchestrator.llm.failure import Failure, event_failure
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.retry import Attempt, RetryPolicy, persist
from orchestrator.llm.stop import parse_stop
from orchestrator.llm.translate import wire_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ModelRequest
    from orchestrator.llm.pricing import PriceList
    from orchestrator.llm.retry import Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finished:
    draft: Draft
    blocks: tuple[JsonObject, ...]
    request_id: str | None


class Claude:
    """The real model; one instance serves all agents of a process.

    The key is taken from the argument alone: neither the environment nor a profile on disk
    is asked for one.
    """

    def __init__(
        self,
        *,
        api_key: SecretStr,
        clock: Pause,
        jitter: Callable[[], float],
        base_url: str = DEFAULT_BASE_URL,
        prices: PriceList = LIST_PRICES,
        policy: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Keep the collaborators; nothing is imported or sent yet.

        Args:
            api_key: The key, as the input gave it.
            clock: Measures and waits between attempts.
            jitter: Gives a number from 0 to 1 for each wait.
            base_url: Where the service is; never taken from a repository's files.
            prices: What tokens cost.
            policy: How often and how long to try.
            timeouts: When an attempt counts as stalled.

        Raises:
            ModelRejectedError: The key is empty or cannot be a key.
        """
        self._connection = Connection(
            api_key=api_key, base_url=base_url, timeouts=timeouts or Timeouts()
        )
        self._clock = clock
        self._jitter = jitter
        self._prices = prices
        self._policy = policy or RetryPolicy()

    def reply(self, request: ModelRequest) -> Reply:
        """Send the request and wait for the complete reply; see `llm.Model`."""
        body = wire_body(request)
        answer = persist(
            lambda: self._attempt(body),
            model=str(body["model"]),
            clock=self._clock,
            jitter=self._jitter,
            policy=self._policy,
        )
        draft = answer.result.draft
        stop_reason, detail = parse_stop(str(draft.stop_reason), draft.stop_details)
        return Reply(
            message=Message(role="assistant", blocks=answer.result.blocks),
            stop_reason=stop_reason,
            spend=answer.spend,
            request_id=answer.result.request_id,
            attempts=answer.attempts,
            detail=detail,
        )

    def check(self, model: str) -> tuple[str, ...]:
        """Ask the service whether it knows the key and the model; costs nothing.

        Returns:
            What a person should know: an unknown or retiring model, an unknown price.

        Raises:
            ModelUnavailableError: Out of reach through all retries.
            ModelRejectedError: Key or model were refused.
        """
        name = capabilities.model_id(model)
        persist(
            lambda: self._look_up(name),
            model=name,
            clock=self._clock,
            jitter=self._jitter,
            policy=self._policy,
        )
        return (*capabilities.notices(model), *self._prices.notices(model))

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        self._connection.close()

    def _attempt(self, body: dict[str, Json]) -> Attempt[_Finished]:
        draft = Draft()
        result = self._connection.guarded(lambda: self._stream(body, draft))
        spend = self._prices.spend(
            draft.usage(),
            model=str(body["model"]),
            is_in_country=draft.is_in_country,
            is_fast=draft.is_fast,
        )
        return Attempt(result=result, spend=spend)

    def _stream(self, body: dict[str, Json], draft: Draft) -> _Finished | Failure:
        from anthropic import Stream

        wire = cast("Any", body)  # the library's typed dictionaries say what the wire says
        messages = self._connection.client().messages
        with messages.with_streaming_response.create(**wire, stream=True) as response:
            headers = response.headers
            for sse in Stream.raw_events(response.http_response):
                if sse.event == "error":
                    return event_failure(_parsed(sse.data), headers)
                if sse.data:
                    draft.add(_event(sse.data))
        if not draft.is_complete:
            raise malformed("the stream ended before the message did")
        return _Finished(draft=draft, blocks=draft.blocks(), request_id=headers.get("request-id"))

    def _look_up(self, model: str) -> Attempt[int]:
        def ask() -> int | Failure:
            models = self._connection.client().models
            return models.with_raw_response.retrieve(model).status_code

        return Attempt(result=self._connection.guarded(ask))


def _event(text: str) -> JsonObject:
    event = _parsed(text)
    if not isinstance(event, dict):
        raise malformed("an event of the stream is not a JSON object")
    return event


def _parsed(text: str) -> Json:
    try:
        return cast("Json", json.loads(text))
    except ValueError:
        return None
