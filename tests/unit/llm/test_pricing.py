"""Money: per request, by kind of token, never nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.usage import NO_SPEND, Usage
from orchestrator.llm.capabilities import known_models
from orchestrator.llm.pricing import AS_OF, DEAREST, LIST_PRICES, PRICES, ModelPrice, PriceList

MILLION = 1_000_000
OWN = ModelPrice.of(input_usd=Decimal(1), output_usd=Decimal(2), read_share=Decimal("0.5"))
USAGES = st.builds(
    Usage,
    input_tokens=st.integers(0, MILLION),
    cache_read_tokens=st.integers(0, MILLION),
    cache_write_5m_tokens=st.integers(0, MILLION),
    cache_write_1h_tokens=st.integers(0, MILLION),
    output_tokens=st.integers(0, MILLION),
)


def usd(usage: Usage, model: str) -> Decimal:
    """Return the list price of one request."""
    return LIST_PRICES.spend(usage, model=model).usd


@pytest.mark.parametrize(
    ("kind", "price"),
    [
        ("input_tokens", "4"),
        ("cache_read_tokens", "0.20"),
        ("cache_write_5m_tokens", "5"),
        ("cache_write_1h_tokens", "8"),
        ("output_tokens", "20"),
    ],
)
def test_spend__prices_each_kind_of_token(kind: str, price: str) -> None:
    """Cache reads and both kinds of cache writes have their own price."""
    assert usd(Usage(**{kind: MILLION}), "claude-opus-5-5") == Decimal(price)


def test_spend__of_a_long_haiku_prompt_is_all_at_the_higher_tier() -> None:
    """One token above the tier makes the whole request dearer, its output too."""
    short = Usage(cache_read_tokens=100_000, output_tokens=1_000)
    long = Usage(cache_read_tokens=100_000, input_tokens=1, output_tokens=1_000)

    assert usd(short, "haiku") == Decimal("0.0015")
    assert usd(long, "haiku") == Decimal("0.0075005")


def test_spend__knows_the_dearer_ways_of_serving() -> None:
    """Serving in one country costs a tenth more, fast mode twice as much."""
    usage = Usage(output_tokens=MILLION)

    local = LIST_PRICES.spend(usage, model="opus", is_in_country=True)
    fast = LIST_PRICES.spend(usage, model="opus", is_fast=True)

    assert local.usd == Decimal(22)
    assert fast.usd == Decimal(40)


def test_spend__of_an_unknown_model_is_the_dearest() -> None:
    """A model without a price is never free: it costs what the dearest kind of each line costs."""
    usage = Usage(input_tokens=MILLION, cache_read_tokens=MILLION, output_tokens=MILLION)

    assert usd(usage, "claude-next-9") == Decimal(61)
    assert not LIST_PRICES.knows("claude-next-9")
    assert "'claude-next-9'" in LIST_PRICES.notices("claude-next-9")[0]
    assert LIST_PRICES.notices("opus") == ()


def test_price_list__puts_the_settings_first() -> None:
    """A price in the settings serves unknown models and replaces list prices."""
    prices = PriceList(overrides={"claude-next-9": OWN, "claude-opus-5-5": OWN})

    assert prices.price_of("claude-next-9") is OWN
    assert prices.price_of("claude-next-9-20270101") is OWN
    assert prices.price_of("opus") is OWN
    assert prices.notices("claude-next-9") == ()


def test_price__refuses_zero() -> None:
    """A price of nothing would make every limit void."""
    with pytest.raises(ValueError, match="above zero"):
        replace(OWN, cache_read_usd=Decimal(0))


@given(st.sampled_from([*known_models(), "claude-next-9"]), USAGES)
def test_spend__is_never_nothing_for_something(model: str, usage: Usage) -> None:
    """Whatever was used has a price above zero, and no more than the dearest line's."""
    spent = usd(usage, model)

    assert (spent > 0) == (usage.total_tokens > 0)
    dearest = sum(
        rate * tokens
        for rate, tokens in zip(DEAREST.rates, usage.model_dump().values(), strict=True)
    )
    assert spent * MILLION <= dearest
    assert LIST_PRICES.spend(usage, model=model).usage == usage


def test_spend__of_nothing_is_nothing() -> None:
    """No tokens, no money."""
    assert LIST_PRICES.spend(Usage(), model="opus") == NO_SPEND


@pytest.mark.parametrize("model", sorted(PRICES))
@pytest.mark.parametrize("prompt_tokens", [90_000, 150_000])
def test_prices__agree_with_genai_prices(model: str, prompt_tokens: int) -> None:
    """Our table and the package's say the same for a mix of all kinds; drift fails here."""
    usage = Usage(
        input_tokens=prompt_tokens - 60_000,
        cache_read_tokens=30_000,
        cache_write_5m_tokens=20_000,
        cache_write_1h_tokens=10_000,
        output_tokens=7_000,
    )

    assert usd(usage, model) == _theirs(usage, model)


def test_prices__differ_from_genai_prices_where_we_know_why() -> None:
    """The one difference: a tier above a context that the model does not have with us.

    (The package also knows nothing of the surcharge for serving in one country.)
    """
    usage = Usage(input_tokens=250_000, output_tokens=1_000)

    assert usd(usage, "claude-sonnet-4-5") < _theirs(usage, "claude-sonnet-4-5")


def _theirs(usage: Usage, model: str) -> Decimal:
    calculation = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.prompt_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
            output_tokens=usage.output_tokens,
        ),
        model,
        provider_id="anthropic",
        genai_request_timestamp=datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC),
    )
    return calculation.total_price


@pytest.mark.parametrize("name", ["opus", "claude-opus-5-5"])
def test_price_list__knows_a_stated_price_by_either_name(name: str) -> None:
    """What a person states for an alias is what its id is charged at, and the other way round."""
    stated = ModelPrice(
        input_usd=Decimal(7),
        cache_read_usd=Decimal(7),
        cache_write_5m_usd=Decimal(7),
        cache_write_1h_usd=Decimal(7),
        output_usd=Decimal(7),
    )
    prices = PriceList(overrides={name: stated})

    assert prices.price_of("opus") is prices.price_of("claude-opus-5-5") is stated
