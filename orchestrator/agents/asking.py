"""Ask the model, within the limits: every request is checked before and charged after."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orchestrator.agents.cache_watch import CacheUse, CacheWatch, life_s
from orchestrator.domain.errors import (
    DeadlineError,
    LimitError,
    ModelError,
    OrchestratorError,
    StepLimitError,
)
from orchestrator.domain.event import Event, ModelReplied, Noted
from orchestrator.domain.message import ModelRequest
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.usage import NO_SPEND, Spend, Usage
from orchestrator.llm.capabilities import effort_for
from orchestrator.llm.llm import nobody

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from orchestrator.agents.assignment import Assignment
    from orchestrator.agents.ledger import Hold, Ledger
    from orchestrator.agents.transcript import Transcript
    from orchestrator.domain.message import Reply
    from orchestrator.llm.llm import Arrivals, Model
    from orchestrator.llm.pricing import PriceList
    from orchestrator.telemetry.clock import Clock

CHARS_PER_TOKEN: Final = 2.8
EXPECTED_OUTPUT_TOKENS: Final = 4_000
"""Estimated at least for each reply; after a longer one, that length."""
MAX_OUTPUT_TOKENS: Final = 64_000
"""A lower limit saves nothing, and a reply that it cuts off is lost."""
LONGER_OUTPUT_TOKENS: Final = 128_000
"""After a reply was cut off all the same, once."""


class Asker:
    """The questions of one conversation to the model."""

    def __init__(
        self,
        assignment: Assignment[BaseModel],
        *,
        model: Model,
        ledger: Ledger,
        prices: PriceList,
        clock: Clock,
        emit: Callable[[Event], None],
        turns: int = 0,
    ) -> None:
        """Begin; the clock of the deadline runs from here.

        Args:
            assignment: The work.
            model: Who is asked.
            ledger: What is charged.
            prices: What an estimate goes by.
            clock: Measures.
            emit: Told of each reply.
            turns: How many turns an earlier conversation about the same work has used.
        """
        self._work = assignment
        self._model = model
        self._ledger = ledger
        self._prices = prices
        self._clock = clock
        self._emit = emit
        self._started_s = clock.monotonic()
        self._turns = turns
        self._last_prompt_tokens = 0
        self._last_output_tokens = 0
        self._last_asked_s = -math.inf
        self._fixed_chars = assignment.fixed_chars
        self._prompt_digest = assignment.prompt_digest
        self._last_message_id: str | None = None
        self._cache = CacheWatch(model=assignment.model, may_idle=assignment.may_idle)
        self._longest_output_tokens = EXPECTED_OUTPUT_TOKENS

    @property
    def turns(self) -> int:
        """How many requests were made."""
        return self._turns

    def expected_tokens(self, more_chars: int) -> int:
        """Return how long the next request will be, about, with so much more to say."""
        more = self._last_output_tokens + round(more_chars / CHARS_PER_TOKEN)
        return self._last_prompt_tokens + more

    def share_used(self) -> float:
        """Return the largest used part of turns, time and money."""
        shares = [self._turns / self._work.max_turns, self._ledger.share_used(self._work.account)]
        if self._work.deadline_s is not None:
            span = self._work.deadline_s - self._started_s
            shares.append((self._clock.monotonic() - self._started_s) / span if span > 0 else 1.0)
        return max(shares)

    def ask(
        self,
        transcript: Transcript,
        *,
        max_tokens: int = MAX_OUTPUT_TOKENS,
        arrivals: Arrivals = nobody,
    ) -> Reply:
        """Send everything said so far and return the reply; its cost is charged.

        Args:
            transcript: The conversation.
            max_tokens: Where the reply is cut off.
            arrivals: Told of calls while the reply goes on; see `llm.Model`.

        Raises:
            LimitError: A limit is reached, or the request, or another attempt at it, could pass
                one; nothing more was sent.
            ModelError: No reply could be had; what it cost all the same is charged.
        """
        self._check_turns()
        self._check_time()
        estimate = self._estimate(transcript)
        hold = self._ledger.check_before(estimate, self._work.account)
        self._turns += 1
        started = self._clock.monotonic()
        reply = self._answered(self._request(transcript, max_tokens), arrivals, hold)
        # A reply that claims to be free would let an agent run for ever.
        spend = reply.spend if reply.spend.usage.total_tokens else estimate
        self._ledger.charge(spend, self._work.account, hold)
        cache = self._cache.see(reply, asked_at_s=started, who=self._work.role.name)
        duration_s = self._clock.monotonic() - started
        self._report(
            reply.stop_reason,
            spend,
            duration_s,
            attempts=reply.attempts,
            request_id=reply.request_id,
            cache=cache,
        )
        if cache.warning:
            self._emit(Noted(level=NoteLevel.WARNING, text=cache.warning))
        self._last_message_id = reply.message_id
        # Failed attempts are paid for, but make neither the conversation nor its replies longer.
        used = reply.own_usage if reply.own_usage.total_tokens else estimate.usage
        self._last_prompt_tokens = used.prompt_tokens
        self._last_output_tokens = used.output_tokens
        self._last_asked_s = started
        self._longest_output_tokens = max(self._longest_output_tokens, used.output_tokens)
        return reply

    def _answered(self, request: ModelRequest, arrivals: Arrivals, hold: Hold) -> Reply:
        """Return the reply, or charge what was in vain; within the limits at each attempt."""
        started = self._clock.monotonic()
        limits: list[LimitError] = []

        def may_repeat(spent: Spend, in_s: float) -> bool:
            try:
                self._check_time(in_s)
                self._ledger.check_again(spent, hold, in_s=in_s)
            except LimitError as error:
                limits.append(error)
            return not limits

        try:
            return self._model.reply(request, arrivals, may_repeat)
        except ModelError as error:
            spend = error.spend or NO_SPEND
            self._ledger.charge(spend, self._work.account, hold)
            name, duration_s = type(error).__name__, self._clock.monotonic() - started
            self._report(name, spend, duration_s, attempts=error.attempts)
            if limits:
                raise limits[0] from error
            raise
        except OrchestratorError:
            self._ledger.charge(hold.spent, self._work.account, hold)
            raise

    def _check_turns(self) -> None:
        name, limit = self._work.role.name, self._work.max_turns
        if self._turns >= limit:
            raise StepLimitError(
                f"{name!r} used all its {limit} turns without handing in a result.",
                hint="Raise `limits.agent.turns` in .github/orchestrator.yml, or split the issue.",
                limit=limit,
                value=self._turns,
            )

    def _check_time(self, in_s: float = 0.0) -> None:
        name = self._work.role.name
        now, deadline = self._clock.monotonic() + in_s, self._work.deadline_s
        if deadline is not None and now >= deadline:
            raise DeadlineError(
                f"Time ran out while {name!r} was at work.",
                hint="Raise `limits.minutes` in .github/orchestrator.yml, or split the issue.",
                limit=deadline - self._started_s,
                value=now - self._started_s,
            )

    def _estimate(self, transcript: Transcript) -> Spend:
        """Expect a usual answer, the last prompt cached unless it is too old, the rest written."""
        prompt_tokens = round((self._fixed_chars + transcript.chars) / CHARS_PER_TOKEN)
        idle_s = self._clock.monotonic() - self._last_asked_s
        is_there = idle_s <= life_s(may_idle=self._work.may_idle)
        cached = min(self._last_prompt_tokens, prompt_tokens) if is_there else 0
        written = prompt_tokens - cached
        is_long = self._work.may_idle or (self._work.has_followers and not cached)
        usage = Usage(
            cache_read_tokens=cached,
            cache_write_1h_tokens=written if is_long else 0,
            cache_write_5m_tokens=0 if is_long else written,
            output_tokens=self._longest_output_tokens,
        )
        return self._prices.spend(usage, model=self._work.model)

    def _request(self, transcript: Transcript, max_tokens: int) -> ModelRequest:
        return ModelRequest(
            model=self._work.model,
            effort=self._work.effort,
            system=self._work.system,
            tools=self._work.toolbox.specs,
            messages=transcript.messages,
            max_tokens=max_tokens,
            shared_blocks=2 if self._work.material else 1,
            may_idle=self._work.may_idle,
            has_followers=self._work.has_followers,
            previous_message_id=self._last_message_id,
        )

    def _report(
        self,
        stop_reason: str,
        spend: Spend,
        duration_s: float,
        *,
        attempts: int,
        request_id: str | None = None,
        cache: CacheUse | None = None,
    ) -> None:
        work = self._work
        effort = effort_for(work.model, work.effort)
        self._emit(
            ModelReplied(
                conversation=work.conversation,
                agent=work.role.name,
                stage=work.stage,
                task_id=work.task_id,
                model=work.model,
                effort=effort.value if effort is not None else None,
                prompt_digest=self._prompt_digest,
                stop_reason=str(stop_reason),
                usage=spend.usage,
                usd=Decimal(spend.usd),
                attempts=attempts,
                request_id=request_id,
                duration_s=duration_s,
                cache_hit=None if cache is None else cache.hit,
                cache_miss="" if cache is None else cache.miss,
            )
        )
