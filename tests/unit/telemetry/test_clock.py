"""The window onto time."""

from __future__ import annotations

import re

from orchestrator.telemetry.clock import Clock, SystemClock
from tests.doubles.clock import SteppingClock


def test_system_clock__iso_in_utc() -> None:
    """The wall clock speaks ISO 8601 in UTC with milliseconds."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", SystemClock().now_iso())


def test_system_clock__only_grows() -> None:
    """Durations are never negative and no wait is no wait."""
    clock = SystemClock()

    before = clock.monotonic()
    clock.sleep(0)
    clock.sleep(-1)
    clock.sleep(1e-9)

    assert clock.monotonic() >= before


def test_stepping_clock__sleep_moves_it() -> None:
    """The double passes time without waiting."""
    double = SteppingClock(step_s=0.5)
    clock: Clock = double

    clock.sleep(2)

    assert clock.monotonic() == 2.5
    assert clock.now_iso() == "2026-01-01T00:00:02.500Z"
    assert double.sleeps == [2]
