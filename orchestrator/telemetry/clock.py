"""The window onto time: everybody else is handed a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is and how long things take."""

    def now_iso(self) -> str:
        """Return the wall-clock time as ISO 8601 in UTC, to the millisecond."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow; differences are durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; zero and less return at once."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_iso(self) -> str:
        """Return the wall-clock time as ISO 8601 in UTC, to the millisecond."""
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def monotonic(self) -> float:
        """Return seconds that only ever grow; differences are durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; zero and less return at once."""
        if seconds > 0:
            time.sleep(seconds)
