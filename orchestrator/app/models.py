"""The model of this run: the real one, or a scenario that plays it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from orchestrator.app.sidecar import through
from orchestrator.app.signing import sign_in
from orchestrator.app.stopping import StoppableClock
from orchestrator.config.models import ModelGroup, Provider
from orchestrator.config.sources import decode, parse_yaml
from orchestrator.domain.errors import ConfigError, ModelRejectedError, Rejection, UsageError
from orchestrator.llm import capabilities
from orchestrator.llm.pricing import ModelPrice, PriceList
from orchestrator.scheduling.traffic import SharedTraffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.config.models import ModelSettings, PriceSettings
    from orchestrator.domain.role import Role
    from orchestrator.llm.llm import Model
    from orchestrator.scheduling.workers import CancelToken

_UNKNOWN_TO_GATEWAYS = frozenset({Rejection.MODEL, Rejection.REQUEST})


def open_model(
    order: Order, desk: Desk, settings: ModelSettings, prices: PriceList, cancel: CancelToken
) -> Model:
    """Return the model, which is asked nothing again once the token is set; nothing is sent yet.

    Raises:
        UsageError: There is no way to sign in, or the scenario cannot be read.
    """
    if order.script is not None:
        return _scripted(order.script, prices)
    from orchestrator.llm.claude import Claude

    clock = StoppableClock(desk.clock, cancel)
    return Claude(
        sign_in=sign_in(settings.provider, order.inputs, desk),
        clock=clock,
        jitter=random.random,
        base_url=order.inputs.anthropic_base_url,
        prices=prices,
        traffic=SharedTraffic(clock, demand=clock.demand),
        connect=through(desk.sidecar, desk.environment),
    )


def service_of(
    model: Model, settings: ModelSettings, *, is_gateway: bool
) -> Callable[[], str] | None:
    """Return what asks ahead whether the models answer, in a sentence; `None`: there is nobody.

    Args:
        model: Of this run.
        settings: Names the models.
        is_gateway: Somebody else's address was given, which need not know the question.
    """
    from orchestrator.llm.claude import Claude

    if not isinstance(model, Claude):
        return None
    if settings.provider is not Provider.ANTHROPIC:
        return lambda: f"{settings.provider} cannot be asked ahead: its first answer will tell."
    names = tuple(dict.fromkeys(settings.of_group(group).model for group in ModelGroup))

    def ask() -> str:
        try:
            for name in names:
                model.check(name)
        except ModelRejectedError as error:
            if is_gateway and error.reason in _UNKNOWN_TO_GATEWAYS:
                return "The gateway does not say what it knows: its first answer will tell."
            raise
        return f"The model's service takes the sign-in and knows {', '.join(names)}."

    return ask


def price_list(settings: ModelSettings) -> PriceList:
    """Return the prices, with those that the configuration states for other models."""
    return PriceList(overrides={name: _price(item) for name, item in settings.prices.items()})


def model_notices(settings: ModelSettings, prices: PriceList) -> tuple[str, ...]:
    """Return what a person should know about the configured models, one sentence each."""
    return _notices(_named(settings), prices)


def role_notices(
    roles: Iterable[Role], settings: ModelSettings, prices: PriceList
) -> tuple[str, ...]:
    """Return the same about models that roles name for themselves and the settings do not."""
    own = (role.model for role in roles if role.model is not None)
    known = _named(settings)
    return _notices([name for name in own if name not in known], prices)


def _named(settings: ModelSettings) -> tuple[str, ...]:
    """Return every model that a conversation may be held with, as the settings have it."""
    names: list[str | None] = []
    for group in ModelGroup:
        choice = settings.of_group(group)
        tweaks = (*choice.complexity.values(), choice.escalation)
        names += [choice.model, *choice.fallbacks, *(tweak.model for tweak in tweaks)]
    return tuple(name for name in names if name is not None)


def _notices(names: Iterable[str], prices: PriceList) -> tuple[str, ...]:
    found = (
        notice for name in names for notice in (*capabilities.notices(name), *prices.notices(name))
    )
    return tuple(dict.fromkeys(found))


def _scripted(path: Path, prices: PriceList) -> Model:
    from orchestrator.llm.scenario import Scenario
    from orchestrator.llm.scripted import ScriptedModel

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The scenario {str(path)!r} cannot be read: {error.strerror}.",
            hint="Give --script the path of a scenario file.",
        ) from error
    try:
        document = parse_yaml(decode(content, name=str(path)), name=str(path))
    except ConfigError as error:
        hint = "Correct the scenario; orchestrator/llm/scenario.py describes the shape."
        raise ConfigError(str(error), hint=hint) from error
    return ScriptedModel(Scenario.parse(document.values, source=str(path)), prices=prices)


def _price(settings: PriceSettings) -> ModelPrice:
    usual = settings.input
    return ModelPrice(
        input_usd=usual,
        cache_read_usd=usual if settings.cache_read is None else settings.cache_read,
        cache_write_5m_usd=(
            usual * 5 / 4 if settings.cache_write_5m is None else settings.cache_write_5m
        ),
        cache_write_1h_usd=(
            usual * 2 if settings.cache_write_1h is None else settings.cache_write_1h
        ),
        output_usd=settings.output,
    )
