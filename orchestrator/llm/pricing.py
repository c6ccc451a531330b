"""What tokens cost, per request and never zero.

The table is our own because it must be checkable at a glance and dated; a test compares it
with the `genai-prices` package, so that drift shows. List prices, first party.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestrator.domain.usage import Spend
from orchestrator.llm.capabilities import line_of, model_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.usage import Usage

AS_OF = date(2026, 11, 22)
_MTOK = Decimal(1_000_000)
_IN_COUNTRY = Decimal("1.1")
_FAST = Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """USD per million tokens of each kind; all of them above zero."""

    input_usd: Decimal
    cache_read_usd: Decimal
    cache_write_5m_usd: Decimal
    cache_write_1h_usd: Decimal
    output_usd: Decimal
    long_prompt_tokens: int | None = None
    """A prompt longer than this is billed at `long_prompt`, the output of that request too."""
    long_prompt: ModelPrice | None = None

    def __post_init__(self) -> None:
        """Refuse a price that would make spending invisible."""
        if min(self.rates) <= 0:
            raise ValueError(f"every price must be above zero, got {self.rates}")

    @property
    def rates(self) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
        """Input, cache read, 5-minute write, 1-hour write, output."""
        return (
            self.input_usd,
            self.cache_read_usd,
            self.cache_write_5m_usd,
            self.cache_write_1h_usd,
            self.output_usd,
        )

    @classmethod
    def of(cls, *, input_usd: Decimal, output_usd: Decimal, read_share: Decimal) -> ModelPrice:
        """Return the price with the vendor's usual cache writes: 1.25× and 2× the input."""
        return cls(
            input_usd=input_usd,
            cache_read_usd=input_usd * read_share,
            cache_write_5m_usd=input_usd * Decimal("1.25"),
            cache_write_1h_usd=input_usd * 2,
            output_usd=output_usd,
        )


def _line(input_usd: str, output_usd: str, read_share: str = "0.1") -> ModelPrice:
    return ModelPrice.of(
        input_usd=Decimal(input_usd), output_usd=Decimal(output_usd), read_share=Decimal(read_share)
    )


def _with_tier(short: ModelPrice, *, above: int, long: ModelPrice) -> ModelPrice:
    return ModelPrice(
        input_usd=short.input_usd,
        cache_read_usd=short.cache_read_usd,
        cache_write_5m_usd=short.cache_write_5m_usd,
        cache_write_1h_usd=short.cache_write_1h_usd,
        output_usd=short.output_usd,
        long_prompt_tokens=above,
        long_prompt=long,
    )


PRICES: Mapping[str, ModelPrice] = MappingProxyType(
    {
        "claude-fable-5-2": _line("8", "40", "0.025"),
        "claude-fable-5-1": _line("10", "50", "0.025"),
        "claude-fable-5": _line("10", "50"),
        "claude-mythos-5-2": _line("8", "40", "0.025"),
        "claude-opus-5-5": _line("4", "20", "0.05"),
        "claude-opus-5": _line("5", "25"),
        "claude-opus-4-8": _line("5", "25"),
        "claude-opus-4-7": _line("5", "25"),
        "claude-opus-4-6": _line("5", "25"),
        "claude-opus-4-5": _line("5", "25"),
        "claude-sonnet-5-5": _line("2", "10", "0.05"),
        "claude-sonnet-5": _line("2", "10"),
        "claude-sonnet-4-6": _line("3", "15"),
        "claude-sonnet-4-5": _line("3", "15"),
        "claude-haiku-5-5": _with_tier(
            _line("0.10", "0.50"), above=100_000, long=_line("0.50", "2.50")
        ),
        "claude-haiku-4-5": _line("1", "5"),
    }
)


def _dearest() -> ModelPrice:
    kinds = zip(*(price.rates for price in PRICES.values()), strict=True)
    read_in, cache_read, write_5m, write_1h, out = (max(kind) for kind in kinds)
    return ModelPrice(
        input_usd=read_in,
        cache_read_usd=cache_read,
        cache_write_5m_usd=write_5m,
        cache_write_1h_usd=write_1h,
        output_usd=out,
    )


DEAREST = _dearest()
"""What a model without a known price is charged, so that a limit still holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The table, with the settings' own prices in front of it."""

    overrides: Mapping[str, ModelPrice] = field(default_factory=lambda: MappingProxyType({}))
    """By id or alias; for ids the table does not have, or for negotiated prices."""

    def price_of(self, model: str) -> ModelPrice:
        """Return the model's price; the dearest of all when nobody knows it."""
        stated = {model_id(name): price for name, price in self.overrides.items()}
        for table in (stated, PRICES):
            for key in (model_id(model), line_of(model)):
                if key in table:
                    return table[key]
        return DEAREST

    def knows(self, model: str) -> bool:
        """Whether the price is a real one."""
        return self.price_of(model) is not DEAREST

    def spend(
        self, usage: Usage, *, model: str, is_in_country: bool = False, is_fast: bool = False
    ) -> Spend:
        """Price the usage of *one request* (tiers depend on that request's prompt).

        Args:
            usage: Tokens of a single HTTP attempt.
            model: Id or alias.
            is_in_country: The reply says `inference_geo: us`, which costs a tenth more.
            is_fast: The reply says `speed: fast`, which costs twice as much.
        """
        price = self.price_of(model)
        if price.long_prompt is not None and usage.prompt_tokens > (price.long_prompt_tokens or 0):
            price = price.long_prompt
        tokens = (
            usage.input_tokens,
            usage.cache_read_tokens,
            usage.cache_write_5m_tokens,
            usage.cache_write_1h_tokens,
            usage.output_tokens,
        )
        usd = sum(
            (rate * count for rate, count in zip(price.rates, tokens, strict=True)), Decimal(0)
        )
        usd *= (_IN_COUNTRY if is_in_country else 1) * (_FAST if is_fast else 1)
        return Spend(usage=usage, usd=usd / _MTOK)

    def notices(self, model: str) -> tuple[str, ...]:
        """Return what a person should know about this model's price, one sentence each."""
        if self.knows(model):
            return ()
        return (
            (
                f"No price is known for the model {model!r}: it is charged at the dearest line "
                f"({DEAREST.input_usd} in, {DEAREST.output_usd} out, USD per million tokens)."
            ),
        )


LIST_PRICES = PriceList()
"""The table alone."""
