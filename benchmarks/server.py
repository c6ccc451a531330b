"""The Messages API on loopback with its clock: when each request came, and what it is billed.

    python -m benchmarks.server TRAJECTORY TURNS [LATENCY]

Each reply comes whole, LATENCY seconds after its request, if that is given: what the double
itself takes grows with the history, and a process that waited longer goes on with colder caches.
Prints its address; when its standard input ends, one line of JSON: seconds between the end of
each reply and the next request of the same conversation, the moment of the first request, and
the usage of each reply at a cache that behaves as documented, with the model that was asked, and
what of the trajectory nobody has asked for.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.trajectories import Continued, one_agent, whole_pipeline
from orchestrator.telemetry.clock import SystemClock
from tests.doubles.http_server import Answer
from tests.doubles.messages_api import MessagesApi
from tests.doubles.messages_cache import PrefixCache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.json import JsonObject
    from orchestrator.domain.usage import Usage
    from orchestrator.llm.scenario import Scenario
    from tests.doubles.http_server import Received


_TRAJECTORIES = {"one-agent": one_agent, "whole-pipeline": whole_pipeline}


class _Timed(MessagesApi):
    def __init__(self, play: Scenario, latency_s: float) -> None:
        self._latency_s = latency_s
        self.late: list[str] = []
        self.arrivals: list[float] = []
        self.gaps: dict[str, list[float]] = {}
        self._ended: dict[str, float] = {}
        self.used: list[tuple[str, Usage]] = []
        super().__init__(play, cache=_Watched(self.used))
        self._playback = self._continued = Continued(play)

    def left(self) -> tuple[str, ...]:
        """Return what of the trajectory was not played."""
        return self._continued.left()

    def answer(self, received: Received) -> Answer:
        now = time.monotonic()
        if received.path != "/v1/messages":
            return super().answer(received)
        self.arrivals.append(now)
        who = _who(received)
        if who in self._ended:
            self.gaps.setdefault(who, []).append(now - self._ended[who])
        answer = super().answer(received)
        if isinstance(answer.body, bytes):
            return answer
        parts = self._later(answer.body, now) if self._latency_s else answer.body
        return Answer(headers=answer.headers, body=self._until_end(parts, who))

    def _later(self, body: Iterator[bytes], arrived: float) -> Iterator[bytes]:
        parts = list(body)
        left_s = arrived + self._latency_s - time.monotonic()
        if left_s < 0:
            self.late.append(f"the double was late by {-left_s:.2f} s")
        time.sleep(max(left_s, 0.0))
        yield from parts

    def _until_end(self, body: Iterator[bytes], who: str) -> Iterator[bytes]:
        for part in body:
            if b"message_stop" in part:
                self._ended[who] = time.monotonic()
            yield part


class _Watched(PrefixCache):
    def __init__(self, used: list[tuple[str, Usage]]) -> None:
        super().__init__(SystemClock())
        self._used = used

    def use(self, body: JsonObject, *, output_tokens: int) -> Usage:
        """Count, and keep the count."""
        usage = super().use(body, output_tokens=output_tokens)
        self._used.append((str(body["model"]), usage))
        return usage


def _who(received: Received) -> str:
    body = json.loads(received.body)
    return json.dumps(body["messages"][0]["content"], sort_keys=True)[-200:]


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trajectory", choices=tuple(_TRAJECTORIES))
    parser.add_argument("turns", type=int)
    parser.add_argument("latency_s", type=float, nargs="?", default=0.0)
    options = parser.parse_args()
    # All that was said is kept to the end: there is nothing to look for.
    gc.disable()
    play = _TRAJECTORIES[options.trajectory](options.turns)
    with _Timed(play, options.latency_s) as api:
        print(api.url, flush=True)
        sys.stdin.read()
    print(
        json.dumps(
            {
                "first": min(api.arrivals, default=0.0),
                "gaps": list(api.gaps.values()),
                "usage": [(model, usage.model_dump()) for model, usage in api.used],
                "refusals": [*api.refusals, *api.late],
                "left": api.left(),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
