"""Makes agents wait for each other where the model's service would make them pay for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.llm.governor import AT_ONCE, LONGEST_PAUSE_S, FanOut, Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.domain.usage import Usage
    from orchestrator.telemetry.clock import Clock

_WAKE_S = 0.2
"""How often who waits looks up, so that an interrupt is never far away."""


def _nothing() -> None:
    """Let everybody go on."""


class SharedTraffic:
    """Satisfies `llm.traffic.Traffic` for all agents of a process."""

    def __init__(
        self, clock: Clock, *, most: int = AT_ONCE, demand: Callable[[], None] = _nothing
    ) -> None:
        """Begin with nobody under way.

        Args:
            clock: Measures, and waits for allowances.
            most: Requests of one model that may ever be under way at once.
            demand: Called now and then by who waits; raises when nobody shall go any more.
        """
        self._clock = clock
        self._demand = demand
        self._most = most
        self._lanes: dict[str, Lane] = {}
        self._queues: dict[str, list[_Ticket]] = {}
        self._fan_out = FanOut()
        self._changed = threading.Condition()

    @contextmanager
    def passage(self, line: str, prefix: str, *, life_s: float) -> Iterator[_Passage]:
        """Wait for a turn; see `llm.traffic.Traffic`."""
        ticket = _Ticket(prefix)
        with self._queued(line, ticket):
            passage = self._started(line, ticket, life_s)
        try:
            yield passage
        finally:
            passage.close()

    def allowed(self, line: str) -> int:
        """Return how many requests of a model may be under way at once."""
        with self._changed:
            return self._lane(line).allowed

    def waiting(self, line: str) -> int:
        """Return how many requests of a model wait for their turn."""
        with self._changed:
            return len(self._queues.get(line, ()))

    @contextmanager
    def _queued(self, line: str, ticket: _Ticket) -> Iterator[None]:
        with self._changed:
            queue = self._queues.setdefault(line, [])
            queue.append(ticket)
        try:
            yield
        finally:
            with self._changed:
                queue.remove(ticket)
                self._changed.notify_all()

    def _started(self, line: str, ticket: _Ticket, life_s: float) -> _Passage:
        patience_s = LONGEST_PAUSE_S
        while True:
            with self._changed:
                lane = self._lane(line)
                while lane.is_full or self._next(line) is not ticket:
                    self._changed.wait(_WAKE_S)
                    self._demand()
                pause_s = min(lane.wait_s(self._clock.monotonic()), patience_s)
                if pause_s <= 0:
                    return self._entered(lane, ticket, life_s)
            patience_s -= pause_s
            self._clock.sleep(pause_s)

    def _next(self, line: str) -> _Ticket | None:
        """Return who has waited longest of those that need not wait for a leader."""
        now_s = self._clock.monotonic()
        queue = self._queues[line]
        return next((each for each in queue if self._fan_out.may_go(each.prefix, now_s)), None)

    def _entered(self, lane: Lane, ticket: _Ticket, life_s: float) -> _Passage:
        now_s = self._clock.monotonic()
        return _Passage(
            lane=lane,
            wave=lane.enter(),
            fan_out=self._fan_out,
            prefix=ticket.prefix,
            life_s=life_s,
            leader=self._fan_out.go(ticket.prefix, now_s),
            sent_s=now_s,
            clock=self._clock,
            changed=self._changed,
        )

    def _lane(self, line: str) -> Lane:
        return self._lanes.setdefault(line, Lane(most=self._most))


@dataclass(frozen=True, slots=True, eq=False)
class _Ticket:
    """A place in the queue of one model: first come, first served."""

    prefix: str


class _Passage:
    """One attempt under way; satisfies `llm.traffic.Passage`."""

    def __init__(
        self,
        *,
        lane: Lane,
        wave: int,
        fan_out: FanOut,
        prefix: str,
        life_s: float,
        leader: int | None,
        sent_s: float,
        clock: Clock,
        changed: threading.Condition,
    ) -> None:
        self._lane = lane
        self._wave = wave
        self._fan_out = fan_out
        self._prefix = prefix
        self._life_s = life_s
        self._leader = leader
        self._sent_s = sent_s
        self._clock = clock
        self._changed = changed

    def began(self, headers: Mapping[str, str]) -> None:
        with self._changed:
            self._lane.heard(headers, self._clock.monotonic())
            self._fan_out.began(self._prefix, self._sent_s, life_s=self._life_s)
            self._leader = None
            self._changed.notify_all()

    def ended(self, usage: Usage) -> None:
        with self._changed:
            self._lane.went_well(usage)

    def limited(self, retry_after_s: float | None, headers: Mapping[str, str]) -> None:
        now_s = self._clock.monotonic()
        with self._changed:
            self._lane.was_limited(retry_after_s, now_s, wave=self._wave, headers=headers)

    def close(self) -> None:
        with self._changed:
            self._lane.leave()
            if self._leader is not None:
                self._fan_out.gave_up(self._prefix, self._leader)
            self._changed.notify_all()
