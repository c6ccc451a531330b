"""Claude over the Messages API: always streaming, every attempt billed, nothing guessed."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import MalformedReplyError
from orchestrator.domain.message import Message, Reply
from orchestrator.domain.usage import NO_SPEND
from orchestrator.llm import capabilities
from orchestrator.llm.advice import advised
from orchestrator.llm.connection import Connection, Timeouts
from orchestrator.llm.draft import Draft, malformed
from orchestrator.llm.exchange import Began, Event
from orchestrator.llm.failure import Failure, FailureKind, parsed
from orchestrator.llm.llm import nobody, whatever_it_costs
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.retry import Attempt, RetryPolicy, persist
from orchestrator.llm.signin import is_first_party, served_name
from orchestrator.llm.stop import parse_stop, recommended_model
from orchestrator.llm.traffic import OpenRoad
from orchestrator.llm.translate import NO_EXTRA, Extra, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.domain.message import ModelRequest
    from orchestrator.llm.exchange import Part, Service
    from orchestrator.llm.llm import Arrivals, MayRepeat
    from orchestrator.llm.pricing import PriceList
    from orchestrator.llm.retry import Pause
    from orchestrator.llm.signin import SignIn
    from orchestrator.llm.traffic import Passage, Traffic
    from orchestrator.llm.translate import Wire

_DIAGNOSIS = {"anthropic-beta": "cache-diagnosis-2026-04-07"}
"""Asks the service to say why a prefix was not found in its cache."""


_WORD = re.compile(r"\w+")
_PING = re.compile(r'\s*{\s*"type"\s*:\s*"ping"')
_LOOK_UP = RetryPolicy(attempts=2, longest_retry_after_s=10.0, total_s=15.0)
"""Nothing hangs on this answer that the first real request would not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finished:
    draft: Draft
    blocks: tuple[JsonObject, ...]
    request_id: str | None


class Claude:
    """The real model; one instance serves all agents of a process.

    Credentials are taken from the argument alone: neither the environment nor a profile on
    disk is asked for any.
    """

    def __init__(
        self,
        *,
        sign_in: SignIn,
        clock: Pause,
        jitter: Callable[[], float],
        base_url: str | None = None,
        prices: PriceList = LIST_PRICES,
        policy: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        traffic: Traffic | None = None,
        connect: Callable[[SignIn, str | None, Timeouts], Service] = Connection,
    ) -> None:
        """Keep the collaborators; nothing is imported or sent yet.

        Args:
            sign_in: Who we are to the service.
            clock: Measures and waits between attempts.
            jitter: Gives a number from 0 to 1 for each wait.
            base_url: Where the service is, if not at its own address; never taken from a
                repository's files.
            prices: What tokens cost.
            policy: How often and how long to try.
            timeouts: When an attempt counts as stalled.
            traffic: Lets attempts of all agents through; at once unless given.
            connect: Makes what carries the requests; in this process unless given.
        """
        self._sign_in = sign_in
        timeouts = timeouts or Timeouts()
        self._service = connect(sign_in, base_url, timeouts)
        self._quiet_s = timeouts.quiet_s
        self._traffic = traffic or OpenRoad()
        self._unknown = NO_EXTRA if is_first_party(sign_in) else frozenset({Extra.DIAGNOSTICS})
        self._clock = clock
        self._jitter = jitter
        self._prices = prices
        self._policy = policy or RetryPolicy()

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        """Send the request and wait for the complete reply; see `llm.Model`."""
        answer = persist(
            lambda: self._attempt(request, arrivals),
            may_repeat=may_repeat,
            model=capabilities.model_id(request.model),
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
            usage=draft.usage(),
            request_id=answer.result.request_id,
            attempts=answer.attempts,
            detail=detail,
            message_id=draft.message_id,
            cache_miss=draft.cache_miss,
            recommended_model=recommended_model(draft.stop_details),
        )

    def check(self, model: str) -> None:
        """Ask the service whether it takes the sign-in and knows the model; costs nothing.

        Raises:
            ModelUnavailableError: Out of reach, also when asked again.
            ModelRejectedError: Sign-in or model were refused.
        """
        name = capabilities.model_id(model)
        persist(
            lambda: self._look_up(name),
            model=name,
            clock=self._clock,
            jitter=self._jitter,
            policy=_LOOK_UP,
        )

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        self._service.close()

    def _attempt(self, request: ModelRequest, arrivals: Arrivals) -> Attempt[_Finished]:
        """Send the request, and again where the answer only teaches how to send it."""
        spend = NO_SPEND
        diagnostics: JsonObject = {"previous_message_id": request.previous_message_id}
        while True:
            unknown = self._unknown
            asked = {} if Extra.DIAGNOSTICS in unknown else {"diagnostics": diagnostics}
            draft = Draft(arrivals, most_tokens=request.max_tokens)
            sent = self._sent(translate(request, without=unknown), asked, draft)
            spend += sent.spend
            # What a gateway or a cloud does not know is left out, once and for all.
            refused = _named(sent.result) - unknown if isinstance(sent.result, Failure) else ()
            if not refused:
                return Attempt(result=sent.result, spend=spend)
            self._unknown |= refused

    def _sent(self, wire: Wire, asked: Mapping[str, Json], draft: Draft) -> Attempt[_Finished]:
        line = capabilities.line_of(wire.model)
        with self._traffic.passage(line, wire.shared, life_s=wire.shared_life_s) as passage:
            result = self._streamed(wire, asked, draft, passage)
            if not isinstance(result, Failure):
                passage.ended(draft.usage())
            elif result.is_limited:
                passage.limited(result.retry_after_s, result.headers)
        spend = self._prices.spend(
            draft.usage(elapsed_s=draft.heard_s - draft.begun_s),
            model=wire.model,
            is_in_country=draft.is_in_country,
            is_fast=draft.is_fast,
        )
        return Attempt(result=result, spend=spend)

    def _streamed(
        self, wire: Wire, asked: Mapping[str, Json], draft: Draft, passage: Passage
    ) -> _Finished | Failure:
        body = wire.encoded(served=served_name(self._sign_in, wire.model), stream=True, **asked)
        with closing(self._service.send(body, _DIAGNOSIS if asked else {})) as parts:
            try:
                return self._taken(parts, draft, passage)
            except MalformedReplyError as error:
                failure = Failure(kind=FailureKind.BROKEN, what=str(error))
                return advised(failure, self._sign_in, error)

    def _taken(self, parts: Iterable[Part], draft: Draft, passage: Passage) -> _Finished | Failure:
        """Put the answer together.

        Raises:
            MalformedReplyError: It is none.
        """
        headers: Mapping[str, str] = {}
        for part in self._needed(parts, draft):
            match part:
                case Failure():
                    return part
                case Began():
                    headers = part.headers
                case Event() if part.data:
                    had_begun = draft.has_begun
                    draft.add(_event(part.data))
                    if draft.has_begun and not had_begun:
                        draft.begun_s = self._clock.monotonic()
                        passage.began(headers)
                    if draft.has_begun:
                        draft.heard_s = self._clock.monotonic()
        if not draft.is_complete:
            raise malformed("the stream ended before the message did")
        return _Finished(draft=draft, blocks=draft.blocks(), request_id=headers.get("request-id"))

    def _needed(self, parts: Iterable[Part], draft: Draft) -> Iterator[Part]:
        """Yield what makes up the message; whatever comes behind it, it is whole.

        To read on to the end of the stream keeps the connection.
        """
        heard = self._heard(parts)
        for part in heard:
            yield part
            if draft.is_complete:
                break
        for part in heard:
            if isinstance(part, Failure) or _is_ping(part):
                return

    def _heard(self, parts: Iterable[Part]) -> Iterator[Part]:
        """Yield what arrives; a stream that is kept open and says nothing comes to an end."""
        heard_s = self._clock.monotonic()
        for part in parts:
            now_s = self._clock.monotonic()
            if not _is_ping(part):
                heard_s = now_s
            elif now_s - heard_s > self._quiet_s:
                raise malformed(f"nothing but pings came for {now_s - heard_s:.0f} s")
            yield part

    def _look_up(self, model: str) -> Attempt[bool]:
        failure = self._service.look_up(model)
        return Attempt(result=failure or True)


def _is_ping(part: Part) -> bool:
    """Tell whether this shows no more than that somebody is there, with or without its name."""
    if not isinstance(part, Event):
        return False
    return part.name == "ping" or not part.data or (not part.name and bool(_PING.match(part.data)))


def _named(failure: Failure) -> frozenset[Extra]:
    """Return what a refusal of the request names of that which can be left out."""
    is_refusal = failure.kind is FailureKind.REQUEST
    words = _WORD.findall(failure.what) if is_refusal else []
    return frozenset(extra for extra in Extra for word in words if re.fullmatch(extra.value, word))


def _event(text: str) -> JsonObject:
    event = parsed(text)
    if not isinstance(event, dict):
        raise malformed("an event of the stream is not a JSON object")
    return event
