"""What may go out now, as arithmetic: allowances of one model, and who leads on a new prefix.

No waiting happens here; times are seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.usage import Usage

LONGEST_PAUSE_S: Final = 120.0
"""Nobody is held up longer than this: who is told to come back later asks for himself and ends."""
LONGEST_LEAD_S: Final = 60.0
"""A reply that has not begun by then is not waited for any longer."""
AT_ONCE: Final = 16
"""Requests under way per model before anything is known about its allowance."""
_FIRST_PAUSE_S: Final = 1.0
"""After a 429 that names no time."""
WARM_SHARE: Final = 11 / 12
"""Of a cache entry's life, which counts from the request that used it last."""
_KINDS: Final = ("requests", "tokens", "input-tokens", "output-tokens")


@dataclass(slots=True, kw_only=True)
class _Allowance:
    """A token bucket as the last answer described it, less what went out since; fills evenly."""

    limit: float
    remaining: float
    heard_at_s: float
    per_s: float
    """How much comes back in a second; nothing where the answer does not tell."""

    def wait_s(self, need: float, now_s: float) -> float:
        """Return how long until so much is there; no time at all if that is never."""
        missing = need - self.remaining
        if missing <= 0 or self.per_s <= 0 or need > self.limit:
            return 0.0
        return max(0.0, self.heard_at_s + missing / self.per_s - now_s)


@dataclass(slots=True, kw_only=True)
class Lane:
    """The requests of one model: how many at once, and when the next.

    A 429 halves how many may be under way, once for all that were under way together; as many
    good replies in a row as are allowed add one again (additive increase, multiplicative
    decrease).
    """

    most: int = AT_ONCE
    allowed: int = field(init=False)
    under_way: int = 0
    _wave: int = 0
    """How often it was halved."""
    _good_in_row: int = 0
    _not_before_s: float = 0.0
    _needs: dict[str, float] = field(default_factory=lambda: {"requests": 1.0})
    """What one request usually takes of each allowance; cache reads are free."""
    _allowances: dict[str, _Allowance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with everything allowed."""
        self.allowed = self.most

    @property
    def is_full(self) -> bool:
        """Whether somebody has to come back first."""
        return self.under_way >= self.allowed

    def wait_s(self, now_s: float) -> float:
        """Return how long the next request has to wait, were there room for it."""
        waits = [
            allowance.wait_s(self._needs.get(kind, 0.0), now_s)
            for kind, allowance in self._allowances.items()
        ]
        return min(max(0.0, self._not_before_s - now_s, *waits), LONGEST_PAUSE_S)

    def enter(self) -> int:
        """Count one more request under way, and what it will take; return its wave."""
        self.under_way += 1
        for kind, allowance in self._allowances.items():
            allowance.remaining -= self._needs.get(kind, 0.0)
        return self._wave

    def leave(self) -> None:
        """Count one less."""
        self.under_way -= 1

    def heard(self, headers: Mapping[str, str], now_s: float) -> None:
        """Take in what an answer says about the allowances; absent headers change nothing."""
        for kind in _KINDS:
            found = _allowance(headers, kind, now_s)
            if found is not None:
                self._allowances[kind] = found

    def went_well(self, usage: Usage) -> None:
        """Take in a complete reply."""
        written = usage.input_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
        self._needs |= {
            "tokens": float(written + usage.output_tokens),
            "input-tokens": float(written),
            "output-tokens": float(usage.output_tokens),
        }
        self._good_in_row += 1
        if self._good_in_row >= self.allowed:
            self._good_in_row = 0
            self.allowed = min(self.most, self.allowed + 1)

    def was_limited(
        self,
        retry_after_s: float | None,
        now_s: float,
        *,
        wave: int,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Take in a 429: fewer at once from now on, and nobody before its time.

        Args:
            retry_after_s: The time that the service named. One that is too long to be waited
                for holds nobody up: each is told the same, and ends.
            now_s: When it was heard.
            wave: Of the request that was answered so.
            headers: What the answer says about the allowances.
        """
        self._good_in_row = 0
        if wave == self._wave:
            self._wave += 1
            self.allowed = max(1, min(self.allowed, max(self.under_way, 2)) // 2)
        pause_s = _FIRST_PAUSE_S if retry_after_s is None else retry_after_s
        if pause_s <= LONGEST_PAUSE_S:
            self._not_before_s = max(self._not_before_s, now_s + pause_s)
            self.heard(headers, now_s)


@dataclass(slots=True, kw_only=True)
class FanOut:
    """The first request with a new prefix leads; the others start when its reply begins.

    A cache entry can be read from that moment on, not earlier: agents that start together
    would each pay for writing the same tools, system text and brief.
    """

    _leading: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Who leads for a prefix, and since when."""
    _warm_until_s: dict[str, float] = field(default_factory=dict)
    _leaders: int = 0

    def may_go(self, prefix: str, now_s: float) -> bool:
        """Whether a request with this prefix need not wait for another."""
        lead = self._leading.get(prefix)
        return lead is None or now_s - lead[1] >= LONGEST_LEAD_S

    def go(self, prefix: str, now_s: float) -> int | None:
        """Start a request and return its number as a leader, if it leads."""
        if prefix in self._leading or self._warm_until_s.get(prefix, 0.0) > now_s:
            return None
        self._leaders += 1
        self._leading[prefix] = self._leaders, now_s
        return self._leaders

    def began(self, prefix: str, sent_s: float, *, life_s: float) -> None:
        """Note that a reply has begun: the entry is there, and lives from its request on."""
        self._leading.pop(prefix, None)
        self._warm_until_s[prefix] = sent_s + life_s * WARM_SHARE

    def gave_up(self, prefix: str, leader: int) -> None:
        """Note that a leader ended without a reply: the next one leads."""
        if self._leading.get(prefix, (0, 0.0))[0] == leader:
            del self._leading[prefix]


def _allowance(headers: Mapping[str, str], kind: str, now_s: float) -> _Allowance | None:
    name = f"anthropic-ratelimit-{kind}"
    limit, remaining = (_number(headers.get(f"{name}-{part}")) for part in ("limit", "remaining"))
    if limit is None or remaining is None:
        return None
    until_full_s = _seconds_until(headers.get(f"{name}-reset"), headers.get("date"))
    per_s = (limit - remaining) / until_full_s if until_full_s > 0 else 0.0
    return _Allowance(limit=limit, remaining=remaining, heard_at_s=now_s, per_s=per_s)


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def _seconds_until(reset: str | None, date: str | None) -> float:
    """Return the time to a moment by the service's own clock, so that ours may be wrong."""
    if reset is None or date is None:
        return 0.0
    try:
        moment, now = datetime.fromisoformat(reset), parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    if moment.tzinfo is None or now.tzinfo is None:
        return 0.0
    return max(0.0, (moment - now).total_seconds())
