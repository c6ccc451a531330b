"""A clock that moves when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 1, tzinfo=UTC)


class SteppingClock:
    """Satisfies `telemetry.clock.Clock`; sleeping moves it, nothing waits."""

    def __init__(self, *, step_s: float = 0.0) -> None:
        """Begin at 2026-01-01 and move `step_s` at each reading of `monotonic`."""
        self._elapsed_s = 0.0
        self._step_s = step_s
        self.sleeps: list[float] = []

    def now_iso(self) -> str:
        now = _START + timedelta(seconds=self._elapsed_s)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def monotonic(self) -> float:
        self._elapsed_s += self._step_s
        return self._elapsed_s

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._elapsed_s += seconds
