"""Which model a conversation is held with."""

from __future__ import annotations

import pytest

from orchestrator.config.models import ModelChoice, ModelSettings
from orchestrator.domain.message import Effort
from orchestrator.domain.plan import Complexity

CHOICE = ModelChoice.model_validate(
    {
        "model": "opus",
        "effort": "medium",
        "complexity": {"simple": {"effort": "low"}, "complex": {"model": "fable"}},
    }
)


@pytest.mark.parametrize(
    ("complexity", "expected"),
    [
        (None, ("opus", Effort.MEDIUM)),
        (Complexity.SIMPLE, ("opus", Effort.LOW)),
        (Complexity.MEDIUM, ("opus", Effort.MEDIUM)),
        (Complexity.COMPLEX, ("fable", Effort.MEDIUM)),
    ],
)
def test_route__goes_by_complexity(complexity: Complexity | None, expected: object) -> None:
    """What the plan says about the work decides, where the configuration wants it to."""
    assert CHOICE.route(complexity=complexity) == expected


def test_route__a_roles_own_choice_comes_first() -> None:
    """An agent that names its model keeps it whatever the plan says."""
    routed = CHOICE.route(model="haiku", effort=Effort.HIGH, complexity=Complexity.COMPLEX)

    assert routed == ("haiku", Effort.HIGH)


def test_route__escalation_is_configurable() -> None:
    """A model and an effort for second attempts, or the same again."""
    other = ModelChoice.model_validate({"escalation": {"model": "fable", "effort": "max"}})
    same = ModelChoice.model_validate({"effort": "low", "escalation": {"effort": "low"}})

    assert other.route(is_again=True) == ("fable", Effort.MAX)
    assert same.route(is_again=True) == ("opus", Effort.LOW)


def test_settings__default_to_the_same_choice_for_every_complexity() -> None:
    """Nothing is cheaper or dearer by surprise."""
    settings = ModelSettings()

    routed = {settings.implement.route(complexity=complexity) for complexity in Complexity}

    assert routed == {("opus", Effort.MEDIUM)}
