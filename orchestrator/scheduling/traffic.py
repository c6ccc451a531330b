"""Makes agents wait for each other where the model's service would make them pay for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.llm.governor import AT_ONCE, FanOut, Lane

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.usage import Usage
    from orchestrator.telemetry.clock import Clock

_WAKE_S = 0.2
"""How often who waits looks up, so that an interrupt is never far away."""


class SharedTraffic:
    """Satisfies `llm.traffic.Traffic` for all agents of a process."""

    def __init__(self, clock: Clock, *, most: int = AT_ONCE) -> None:
        """Begin with nobody under way.

        Args:
            clock: Measures, and waits for allowances.
            most: Requests of one model that may ever be under way at once.
        """
        self._clock = clock
        self._most = most
        self._lanes: dict[str, Lane] = {}
        self._fan_out = FanOut()
        self._changed = threading.Condition()

    @contextmanager
    def passage(self, line: str, prefix: str, *, life_s: float) -> Iterator[_Passage]:
        """Wait for a turn; see `llm.traffic.Traffic`."""
        passage = self._started(line, prefix, life_s)
        try:
            yield passage
        finally:
            passage.close()

    def allowed(self, line: str) -> int:
        """Return how many requests of a model may be under way at once."""
        with self._changed:
            return self._lane(line).allowed

    def _started(self, line: str, prefix: str, life_s: float) -> _Passage:
        while True:
            with self._changed:
                lane = self._lane(line)
                while not self._fan_out.may_go(prefix) or lane.is_full:
                    self._changed.wait(_WAKE_S)
                pause_s = lane.wait_s(self._clock.monotonic())
                if pause_s <= 0:
                    lane.enter()
                    return _Passage(
                        lane=lane,
                        fan_out=self._fan_out,
                        prefix=prefix,
                        life_s=life_s,
                        leads=self._fan_out.go(prefix, self._clock.monotonic()),
                        clock=self._clock,
                        changed=self._changed,
                    )
            self._clock.sleep(pause_s)

    def _lane(self, line: str) -> Lane:
        return self._lanes.setdefault(line, Lane(most=self._most))


class _Passage:
    """One attempt under way; satisfies `llm.traffic.Passage`."""

    def __init__(
        self,
        *,
        lane: Lane,
        fan_out: FanOut,
        prefix: str,
        life_s: float,
        leads: bool,
        clock: Clock,
        changed: threading.Condition,
    ) -> None:
        self._lane = lane
        self._fan_out = fan_out
        self._prefix = prefix
        self._life_s = life_s
        self._leads = leads
        self._clock = clock
        self._changed = changed

    def began(self, headers: Mapping[str, str]) -> None:
        with self._changed:
            now_s = self._clock.monotonic()
            self._lane.heard(headers, now_s)
            self._fan_out.began(self._prefix, now_s, life_s=self._life_s)
            self._leads = False
            self._changed.notify_all()

    def ended(self, usage: Usage) -> None:
        with self._changed:
            self._lane.went_well(usage)

    def limited(self, retry_after_s: float | None) -> None:
        with self._changed:
            self._lane.was_limited(retry_after_s, self._clock.monotonic())

    def close(self) -> None:
        with self._changed:
            self._lane.leave()
            if self._leads:
                self._fan_out.gave_up(self._prefix)
            self._changed.notify_all()
