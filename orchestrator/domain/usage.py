"""Tokens and money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orchestrator.domain.frozen import Frozen


class Usage(Frozen):
    """Tokens of one or more replies; the five kinds are disjoint and add up to what is billed."""

    input_tokens: int = 0
    """Input that was neither read from nor written to the cache."""
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    """Output, thinking included."""

    def __add__(self, other: Usage) -> Usage:
        """Add up kind by kind."""
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_5m_tokens=self.cache_write_5m_tokens + other.cache_write_5m_tokens,
            cache_write_1h_tokens=self.cache_write_1h_tokens + other.cache_write_1h_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )

    def __sub__(self, other: Usage) -> Usage:
        """Take away kind by kind what was there before."""
        return Usage(
            input_tokens=self.input_tokens - other.input_tokens,
            cache_read_tokens=self.cache_read_tokens - other.cache_read_tokens,
            cache_write_5m_tokens=self.cache_write_5m_tokens - other.cache_write_5m_tokens,
            cache_write_1h_tokens=self.cache_write_1h_tokens - other.cache_write_1h_tokens,
            output_tokens=self.output_tokens - other.output_tokens,
        )

    @property
    def prompt_tokens(self) -> int:
        """All input of the reply, cached or not."""
        return (
            self.input_tokens
            + self.cache_read_tokens
            + self.cache_write_5m_tokens
            + self.cache_write_1h_tokens
        )

    @property
    def total_tokens(self) -> int:
        """Everything billed, in and out."""
        return self.prompt_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Usage with its price in USD (never rounded here, never unknown: see llm.pricing)."""

    usage: Usage
    usd: Decimal

    def __add__(self, other: Spend) -> Spend:
        """Add tokens and money."""
        return Spend(usage=self.usage + other.usage, usd=self.usd + other.usd)

    def __sub__(self, other: Spend) -> Spend:
        """Take away tokens and money that were spent before."""
        return Spend(usage=self.usage - other.usage, usd=self.usd - other.usd)


NO_SPEND = Spend(usage=Usage(), usd=Decimal(0))
