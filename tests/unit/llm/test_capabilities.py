"""What models can do, and what happens with models nobody knows."""

from __future__ import annotations

from datetime import date

import pytest

from orchestrator.domain.message import Effort
from orchestrator.llm.capabilities import (
    ALIASES,
    UNKNOWN,
    capabilities_of,
    effort_for,
    known_models,
    line_of,
    model_id,
    more_effort,
    notices,
)


def test_aliases__name_known_models() -> None:
    """Each short name stands for a model of the table."""
    assert set(ALIASES) == {"opus", "sonnet", "haiku", "fable"}
    assert set(ALIASES.values()) <= set(known_models())


def test_model_id__leaves_ids_alone() -> None:
    """Only the short names are replaced; an id is sent as it was configured."""
    assert model_id("opus") == "claude-opus-5-5"
    assert model_id("claude-haiku-4-5-20251001") == "claude-haiku-4-5-20251001"


def test_line_of__takes_the_date_off() -> None:
    """A dated id has the capabilities and price of its line."""
    assert line_of("claude-haiku-4-5-20251001") == "claude-haiku-4-5"
    assert line_of("claude-opus-5-5") == "claude-opus-5-5"
    assert capabilities_of("claude-haiku-4-5-20251001").max_output_tokens == 64_000


@pytest.mark.parametrize(
    "served",
    [
        "anthropic.claude-opus-5-5",
        "global.anthropic.claude-opus-5-5",
        "us.anthropic.claude-opus-5-5-v1",
        "us-gov.anthropic.claude-opus-5-5-v1:0",
        "apac.anthropic.claude-opus-5-5-20260901-v1:0",
        "claude-opus-5-5@20260901",
    ],
)
def test_line_of__takes_off_what_a_cloud_adds(served: str) -> None:
    """A full id of a cloud works as the vendor's own, with or without region, date and version."""
    assert line_of(served) == "claude-opus-5-5"


def test_capabilities__of_an_unknown_model_are_careful() -> None:
    """A model nobody knows gets little output, no effort and a notice that names the known ones."""
    assert capabilities_of("claude-next-9") is UNKNOWN
    (notice,) = notices("claude-next-9")
    assert "'claude-next-9'" in notice
    assert "claude-opus-5-5" in notice


def test_notices__warn_before_a_model_is_switched_off() -> None:
    """A retiring model says when it ends."""
    assert capabilities_of("claude-sonnet-4-5").retires == date(2026, 11, 30)
    assert "2026-11-30" in notices("claude-sonnet-4-5")[0]
    assert notices("opus") == ()


@pytest.mark.parametrize(
    ("model", "asked", "sent"),
    [
        ("opus", Effort.XHIGH, Effort.XHIGH),
        ("opus", None, None),
        ("claude-opus-4-6", Effort.XHIGH, Effort.HIGH),
        ("claude-opus-4-6", Effort.MAX, Effort.MAX),
        ("claude-opus-4-5", Effort.MAX, Effort.HIGH),
        ("claude-haiku-4-5", Effort.LOW, None),
        ("claude-next-9", Effort.HIGH, None),
    ],
)
def test_effort_for__is_the_next_lower_that_exists(
    model: str, asked: Effort | None, sent: Effort | None
) -> None:
    """Effort is lowered to what the model takes, never raised and never sent where refused."""
    assert effort_for(model, asked) is sent


def test_long_prompts__are_dearer_on_the_smallest_model() -> None:
    """The table knows from where on a prompt is billed at the higher tier."""
    assert capabilities_of("opus").cheap_prompt_tokens is None
    assert capabilities_of("haiku").cheap_prompt_tokens == 100_000


@pytest.mark.parametrize(
    ("model", "steps"),
    [
        ("opus", ["high", "medium", "high", "xhigh", "xhigh", "max"]),
        ("sonnet", ["xhigh", "medium", "high", "xhigh", "xhigh", "max"]),
        ("claude-opus-4-6", ["max", "medium", "high", "max", "max", "max"]),
        ("claude-opus-4-5", [None, "medium", "high", "high", "xhigh", "max"]),
        ("claude-haiku-4-5", [None, "low", "medium", "high", "xhigh", "max"]),
        ("unknown", [None, "low", "medium", "high", "xhigh", "max"]),
    ],
)
def test_more_effort__is_one_that_the_model_has(model: str, steps: list[str | None]) -> None:
    """After a failed check the next attempt thinks harder where that can be, and never less."""
    assert [more_effort(model, effort) for effort in (None, *Effort)] == steps
    for effort in (None, *Effort):
        before, after = effort_for(model, effort), effort_for(model, more_effort(model, effort))
        order = [None, *Effort]
        assert order.index(after) >= order.index(before)
