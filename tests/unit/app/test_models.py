"""Which model plays, and what people hear about it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError

from orchestrator.agents.roles import BUILT_IN
from orchestrator.app.models import (
    model_notices,
    open_model,
    price_list,
    role_notices,
    service_of,
)
from orchestrator.app.order import Order
from orchestrator.config.environment import Secrets
from orchestrator.config.inputs import Inputs
from orchestrator.config.models import ModelSettings
from orchestrator.domain.errors import ConfigError, ModelRejectedError, UsageError
from orchestrator.domain.issue import Actor, Trigger, TriggerKind
from orchestrator.domain.usage import Usage
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.scripted import ScriptedModel
from orchestrator.scheduling.workers import CancelToken
from tests.doubles.messages_api import MessagesApi
from tests.unit.app.office import make_office
from tests.unit.llm.builders import claude, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.json import Json
    from orchestrator.llm.llm import Model

SCENARIO = "conversations: [{name: all, replies: [{text: hello}]}]\n"


def _order(script: Path | None = None) -> Order:
    trigger = Trigger(kind=TriggerKind.LOCAL, issue_number=1, actor=Actor(login="local"))
    return Order(
        inputs=Inputs(),
        trigger=trigger,
        checkout=Path(),
        output=Path("out"),
        run_id="run-1",
        script=script,
    )


def _settings(**values: Json) -> ModelSettings:
    return ModelSettings.model_validate(values)


def test_open_model__without_a_key_names_where_it_goes() -> None:
    """Nobody has to guess which secret is missing."""
    with pytest.raises(UsageError, match="no key") as refusal:
        open_model(_order(), make_office().desk, ModelSettings(), LIST_PRICES, CancelToken())

    assert "`anthropic-api-key`" in refusal.value.hint
    assert "ANTHROPIC_API_KEY" in refusal.value.hint


def test_open_model__with_a_key_sends_nothing_yet() -> None:
    """Opening the window costs nothing, and the key is in no text of it."""
    office = make_office(secrets=Secrets(anthropic_api_key=SecretStr("sk-ant-invented")))

    model = open_model(_order(), office.desk, ModelSettings(), LIST_PRICES, CancelToken())

    assert "sk-ant-invented" not in repr(model)


def test_open_model__plays_a_scenario_without_a_key(tmp_path: Path) -> None:
    """`--script` needs no secret."""
    script = tmp_path / "play.yml"
    script.write_text(SCENARIO)

    desk = make_office().desk
    model = open_model(_order(script), desk, ModelSettings(), LIST_PRICES, CancelToken())

    assert isinstance(model, ScriptedModel)


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, UsageError), ("conversations: []", ConfigError), ("\x00{", ConfigError)],
)
def test_open_model__names_a_scenario_that_is_none(
    tmp_path: Path, text: str | None, error: type[UsageError]
) -> None:
    """A missing or malformed scenario is told with its path and what to do."""
    script = tmp_path / "play.yml"
    if text is not None:
        script.write_text(text)

    with pytest.raises(error, match=r"play\.yml") as refused:
        open_model(_order(script), make_office().desk, ModelSettings(), LIST_PRICES, CancelToken())
    assert "--script" in refused.value.hint or "scenario.py" in refused.value.hint


def test_price_list__fills_cache_prices_from_the_input_price() -> None:
    """Who states only input and output pays the usual factors for the cache."""
    prices = price_list(_settings(prices={"my-model": {"input": "4", "output": "8"}}))

    usage = Usage(
        input_tokens=1_000_000,
        cache_read_tokens=1_000_000,
        cache_write_5m_tokens=1_000_000,
        cache_write_1h_tokens=1_000_000,
        output_tokens=1_000_000,
    )

    assert prices.spend(usage, model="my-model").usd == Decimal(4) + 4 + 5 + 8 + 8


def test_price_list__takes_stated_cache_prices() -> None:
    """Stated prices win over factors."""
    stated = {"input": "4", "output": "8", "cache_read": "2", "cache_write_5m": "1"}
    prices = price_list(_settings(prices={"my-model": stated}))

    usage = Usage(cache_read_tokens=1_000_000, cache_write_5m_tokens=1_000_000)

    assert prices.spend(usage, model="my-model").usd == Decimal(3)


def test_price_list__has_no_free_model() -> None:
    """A price of zero would hide what is spent: the settings refuse it."""
    with pytest.raises(ValidationError):
        _settings(prices={"my-model": {"input": "0", "output": "8"}})


def test_model_notices__are_told_once_for_each_model() -> None:
    """A model without a known price is named, once, whatever groups use it."""
    settings = _settings(**{group: {"model": "my-model"} for group in ("plan", "implement")})

    notices = model_notices(settings, LIST_PRICES)

    assert len(notices) == len(set(notices))
    assert any("my-model" in notice for notice in notices)
    assert model_notices(_settings(), LIST_PRICES) == ()


def test_model_notices__are_about_every_model_that_may_be_asked() -> None:
    """Whoever steps in, by fallback, complexity or escalation, is told of, with its price."""
    plan: Json = {
        "fallbacks": ["first-model"],
        "complexity": {"simple": {"model": "second-model"}},
        "escalation": {"model": "third-model"},
    }

    notices = model_notices(_settings(plan=plan), LIST_PRICES)

    for name in ("first-model", "second-model", "third-model"):
        about = [notice for notice in notices if repr(name) in notice]
        assert len(about) == 2, name
        assert "USD per million tokens" in about[1]


def test_role_notices__are_about_what_the_settings_do_not_name() -> None:
    """A role's own model is told of as well, unless the settings have it already."""
    own = replace(BUILT_IN["python-pro"], model="role-model")
    settings = _settings(plan={"model": "plan-model"})
    roles = [own, replace(own, model="plan-model"), replace(own, model=None)]

    notices = role_notices(roles, settings, LIST_PRICES)

    assert ["'role-model'" in notice for notice in notices] == [True, True]


def _asks(model: Model, **settings: Json) -> Callable[[], str]:
    found = service_of(model, ModelSettings.model_validate(settings), is_gateway=False)
    assert found is not None
    return found


def test_service__is_asked_for_each_model_once() -> None:
    """One question for each model that the groups name; nothing is billed by it."""
    with MessagesApi(failing()) as api, claude(api.url) as model:
        said = _asks(model)()
        asked = [received.path for received in api.received]

    assert "takes the sign-in and knows" in said
    assert len(asked) == len(set(asked)) > 1
    assert api.requests == ()


def test_service__that_does_not_know_a_model_says_so_unless_it_is_a_gateway() -> None:
    """The vendor knows its models; a gateway need not even know the question."""
    settings = ModelSettings.model_validate({"plan": {"model": "claude-opsu-5-5"}})
    with MessagesApi(failing()) as api, claude(api.url) as model:
        with pytest.raises(ModelRejectedError, match="opsu"):
            _asks(model, plan={"model": "claude-opsu-5-5"})()
        asks = service_of(model, settings, is_gateway=True)
        assert asks is not None
        assert "its first answer will tell" in asks()


def test_service__of_a_cloud_is_not_asked_and_a_script_has_none() -> None:
    """Only the vendor's own service has the question; nobody stands behind a script."""
    with claude("http://127.0.0.1:9") as model:
        assert "bedrock cannot be asked ahead" in _asks(model, provider="bedrock")()
    script = ScriptedModel(failing())
    assert service_of(script, ModelSettings(), is_gateway=False) is None
