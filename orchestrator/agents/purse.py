"""What may be used, what is used, and whether a little more would be too much."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.usage import NO_SPEND, Spend

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that may be used; `None` means that this unit is not limited."""

    usd: Decimal | None = None
    tokens: int | None = None
    minutes: float | None = None
    """From the first request on."""
    turns: int | None = None
    """Requests to the model."""
    agents: int | None = None
    """Conversations that may begin."""


UNLIMITED = Limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """The part of a limit that agents cannot use, kept to wrap up."""

    usd: Decimal = Decimal(0)
    tokens: int = 0


NOTHING_KEPT = Reserve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A unit whose limit the next request could pass."""

    unit: str
    would_be: float | Decimal
    limit: float | Decimal
    words: str
    """`would be` and `limit` for people."""


@dataclass(slots=True, kw_only=True)
class Purse:
    """What the run, a stage, a task or an agent may use, and has used.

    Requests under way count with their estimate, so that agents that start at once do not
    all find the same money unspent.
    """

    limit: Limit
    reserve: Reserve = NOTHING_KEPT
    spent: Spend = NO_SPEND
    held: Spend = NO_SPEND
    turns: int = 0
    agents: int = 0
    since_s: float | None = None

    def share(self, now_s: float) -> float:
        """Return the largest part of the limit that is used, 1.0 when it is reached."""
        limit, used = self.limit, self.spent + self.held
        pairs = (
            (used.usd, limit.usd),
            (used.usage.total_tokens, limit.tokens),
            (self._minutes(now_s), limit.minutes),
            (self.turns, limit.turns),
        )
        shares = (
            float(value) / float(most) if most else 1.0 for value, most in pairs if most is not None
        )
        return max(shares, default=0.0)

    def excesses(self, estimate: Spend, now_s: float) -> Iterator[Excess]:
        """Yield each unit that a request of about this cost, sent now, could pass."""
        after = self.spent + self.held + estimate
        yield from self._money(after.usd)
        yield from self._counted("tokens", after.usage.total_tokens, self.limit.tokens)
        yield from self._counted("turns", self.turns + 1, self.limit.turns)
        minutes = self._minutes(now_s)
        if self.limit.minutes is not None and minutes >= self.limit.minutes:
            words = f"{minutes:.1f} minutes; the limit is {self.limit.minutes:g}."
            yield Excess(unit="minutes", would_be=minutes, limit=self.limit.minutes, words=words)

    def _money(self, usd: Decimal) -> Iterator[Excess]:
        limit, kept = self.limit.usd, self.reserve.usd
        if limit is not None and usd > limit - kept:
            tail = f", of which {kept} are kept to wrap up." if kept else "."
            words = f"{usd:.2f} USD; the limit is {limit} USD{tail}"
            yield Excess(unit="usd", would_be=usd, limit=limit, words=words)

    def _counted(self, unit: str, count: int, limit: int | None) -> Iterator[Excess]:
        kept = self.reserve.tokens if unit == "tokens" else 0
        if limit is not None and count > limit - kept:
            tail = f", of which {kept} are kept to wrap up." if kept else "."
            words = f"{count} {unit}; the limit is {limit}{tail}"
            yield Excess(unit=unit, would_be=count, limit=limit, words=words)

    def _minutes(self, now_s: float) -> float:
        return 0.0 if self.since_s is None else (now_s - self.since_s) / 60
