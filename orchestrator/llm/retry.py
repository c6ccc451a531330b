"""Try again, once for the whole call: from the first byte sent to the last one read.

The library's own retries end where a stream begins, sleep as long as a header tells them
and repeat requests that were refused for good; this is why they are switched off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from orchestrator.domain.errors import ModelError
from orchestrator.domain.usage import NO_SPEND, Spend
from orchestrator.llm.failure import Failure, as_error
from orchestrator.llm.llm import whatever_it_costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.llm.llm import MayRepeat

T = TypeVar("T")


class Pause(Protocol):
    """The part of a clock that waiting needs."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait that long."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long to try."""

    attempts: int = 6
    first_delay_s: float = 1.0
    longest_delay_s: float = 60.0
    longest_retry_after_s: float = 120.0
    """A longer wait is not waited for: the run ends and can be resumed instead."""
    total_s: float = 600.0
    """No attempt begins later than this after the first one failed: the service may take its time
    for a long reply, which is as worth another attempt as a short one."""

    def delay_s(self, failed_attempts: int, jitter: float) -> float:
        """Return how long to wait after so many failures; `jitter` is from 0 to 1 (full jitter)."""
        ceiling = self.first_delay_s * 2.0 ** (failed_attempts - 1)
        return min(ceiling, self.longest_delay_s) * jitter


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Generic[T]):
    """How one attempt ended, and what it cost in either case."""

    result: T | Failure
    spend: Spend = NO_SPEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """The first good result, with the cost of all attempts."""

    result: T
    spend: Spend
    attempts: int


def persist(
    attempt: Callable[[], Attempt[T]],
    *,
    model: str,
    clock: Pause,
    jitter: Callable[[], float],
    policy: RetryPolicy,
    may_repeat: MayRepeat = whatever_it_costs,
) -> Answer[T]:
    """Attempt until it works or trying on is no use.

    Args:
        attempt: One whole call; it reports failures as values.
        model: For the message.
        clock: Measures and waits.
        jitter: Gives a number from 0 to 1 for each wait.
        policy: How often and how long.
        may_repeat: Asked before the wait for each attempt but the first.

    Raises:
        ModelError: The last failure in words, or what `attempt` or `clock` raised, with the
            spend and the number of all attempts.
    """
    spend, made, failed_s = NO_SPEND, 0, math.inf
    try:
        while True:
            made += 1
            ended = attempt()
            spend += ended.spend
            if not isinstance(ended.result, Failure):
                return Answer(result=ended.result, spend=spend, attempts=made)
            failed_s = min(failed_s, clock.monotonic())
            wait_s = _wait_s(ended.result, made, policy, jitter)
            is_late = clock.monotonic() - failed_s + (wait_s or 0.0) > policy.total_s
            if wait_s is None or is_late or not may_repeat(spend, wait_s):
                raise as_error(ended.result, model=model, attempts=made) from ended.result.cause
            clock.sleep(wait_s)
    except ModelError as error:
        error.spend, error.attempts = spend + (error.spend or NO_SPEND), made
        raise


def _wait_s(
    failure: Failure, made: int, policy: RetryPolicy, jitter: Callable[[], float]
) -> float | None:
    if not failure.kind.may_pass or failure.is_final or made >= policy.attempts:
        return None
    if not failure.retry_after_s:
        # A service that is busy and says "at once" would have used up all attempts in no time.
        return policy.delay_s(made, jitter())
    if failure.retry_after_s > policy.longest_retry_after_s:
        return None
    return failure.retry_after_s
