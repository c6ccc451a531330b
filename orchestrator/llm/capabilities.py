"""What each model line can do, so that no request asks for what its model refuses.

The numbers are those of the vendor's documentation as of `AS_OF`; an id that is not in the
table gets the most careful row, and `notices` says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestrator.domain.message import Effort

if TYPE_CHECKING:
    from collections.abc import Mapping

AS_OF = date(2026, 11, 22)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "opus": "claude-opus-5-5",
        "sonnet": "claude-sonnet-5-5",
        "haiku": "claude-haiku-5-5",
        "fable": "claude-fable-5-2",
    }
)
"""Short names that configurations and `.claude/agents` use, and what they mean today."""

_LONG_CONVERSATION = 150_000
_UP_TO_HIGH = frozenset({Effort.LOW, Effort.MEDIUM, Effort.HIGH})
_UP_TO_MAX = _UP_TO_HIGH | {Effort.MAX}
_ALL = frozenset(Effort)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one model takes and gives; token counts are those of a single request."""

    is_known: bool = True
    context_tokens: int = 1_000_000
    max_output_tokens: int = 128_000
    efforts: frozenset[Effort] = field(default=_ALL)
    """Values of `output_config.effort` it accepts; empty where the field is refused."""
    default_effort: Effort = Effort.HIGH
    """What it does when it is told nothing."""
    min_cache_prefix_tokens: int = 512
    """A shorter prefix is silently not cached."""
    cheap_prompt_tokens: int | None = None
    """Prompts longer than this are billed at the line's higher tier; `None` for a flat price."""
    retires: date | None = None

    @property
    def longest_prompt_tokens(self) -> int:
        """Where a conversation had better end and go on afresh.

        Below the dearer tier, well below the window, and never so long that each turn pays
        for what has long been forgotten.
        """
        most = [_LONG_CONVERSATION, self.context_tokens * 3 // 4]
        if self.cheap_prompt_tokens is not None:
            most.append(self.cheap_prompt_tokens * 9 // 10)
        return min(most)


UNKNOWN = Capabilities(
    is_known=False,
    context_tokens=200_000,
    max_output_tokens=32_000,
    efforts=frozenset(),
    min_cache_prefix_tokens=4_096,
)

_LARGE = Capabilities()
_HAIKU_5_5 = Capabilities(cheap_prompt_tokens=100_000, default_effort=Effort.MEDIUM)
_OPUS_4 = Capabilities(efforts=_UP_TO_MAX, min_cache_prefix_tokens=4_096)
_SMALL = Capabilities(
    context_tokens=200_000,
    max_output_tokens=64_000,
    efforts=frozenset(),
    min_cache_prefix_tokens=4_096,
)

_TABLE: Mapping[str, Capabilities] = MappingProxyType(
    {
        "claude-fable-5-2": _LARGE,
        "claude-fable-5-1": _LARGE,
        "claude-fable-5": _LARGE,
        "claude-mythos-5-2": _LARGE,
        "claude-mythos-5-1": _LARGE,
        "claude-mythos-5": _LARGE,
        "claude-opus-5-5": replace(_LARGE, default_effort=Effort.MEDIUM),
        "claude-opus-5": _LARGE,
        "claude-opus-4-8": replace(_LARGE, min_cache_prefix_tokens=1_024),
        "claude-opus-4-7": replace(_LARGE, min_cache_prefix_tokens=2_048),
        "claude-opus-4-6": _OPUS_4,
        "claude-opus-4-5": replace(
            _OPUS_4, context_tokens=200_000, max_output_tokens=64_000, efforts=_UP_TO_HIGH
        ),
        "claude-sonnet-5-5": _LARGE,
        "claude-sonnet-5": replace(_LARGE, min_cache_prefix_tokens=1_024),
        "claude-sonnet-4-6": replace(_LARGE, efforts=_UP_TO_MAX, min_cache_prefix_tokens=1_024),
        "claude-sonnet-4-5": replace(
            _SMALL, min_cache_prefix_tokens=1_024, retires=date(2026, 11, 30)
        ),
        "claude-haiku-5-5": _HAIKU_5_5,
        "claude-haiku-4-5": _SMALL,
    }
)

_VERSION = re.compile(r"(?:[-@]20\d{6})?(?:-v\d(?::\d)?)?$")
_PREFIX = re.compile(r"^(?:[a-z-]{2,6}\.)?anthropic\.")


def model_id(name: str) -> str:
    """Return the id that a configured model name stands for; ids stand for themselves."""
    return ALIASES.get(name, name)


def line_of(name: str) -> str:
    """Return the id without its date and what clouds add, which is how the tables name a model."""
    return _VERSION.sub("", _PREFIX.sub("", model_id(name)))


def known_models() -> tuple[str, ...]:
    """Return every id in the table, sorted."""
    return tuple(sorted(_TABLE))


def capabilities_of(name: str) -> Capabilities:
    """Return what the model can do; `UNKNOWN` when the table does not have it."""
    return _TABLE.get(line_of(name), UNKNOWN)


def effort_for(name: str, effort: Effort | None) -> Effort | None:
    """Return the effort to send: the one asked for, the next lower one that exists, or none."""
    if effort is None:
        return None
    order = tuple(Effort)
    allowed = capabilities_of(name).efforts
    lower = [level for level in order[: order.index(effort) + 1] if level in allowed]
    return lower[-1] if lower else None


def more_effort(name: str, effort: Effort | None) -> Effort | None:
    """Return the next effort up that a model has, but the dearest only where there is no other.

    What is the same when sent stays as it was asked for.
    """
    capabilities, order = capabilities_of(name), tuple(Effort)
    now = effort_for(name, effort) or capabilities.default_effort
    above = [level for level in order[order.index(now) + 1 :] if level in capabilities.efforts]
    is_last = above == [Effort.MAX] and Effort.XHIGH in capabilities.efforts
    return above[0] if above and not is_last else effort


def notices(name: str) -> tuple[str, ...]:
    """Return what a person should know before using this model, one sentence each."""
    capabilities = capabilities_of(name)
    if not capabilities.is_known:
        return (
            (
                f"The model {name!r} is not in the capability table of {AS_OF}: it is used without "
                f"effort, with at most {UNKNOWN.max_output_tokens:,} output tokens. "
                f"Known models: {', '.join(known_models())}."
            ),
        )
    if capabilities.retires is not None:
        return (
            (
                f"The model {name!r} is switched off on {capabilities.retires}: "
                f"set another one under `models:`."
            ),
        )
    return ()
