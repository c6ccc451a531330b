"""Watches how much of a conversation comes out of the cache, and says why not all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.llm.capabilities import capabilities_of

if TYPE_CHECKING:
    from orchestrator.domain.message import Reply

ENOUGH: Final = 0.7
_FROM_TURN: Final = 4
"""Warn after turn 3: before, a short conversation may be too small to be cached at all."""
_SHORT_LIFE_S: Final = 300.0
_LONG_LIFE_S: Final = 3_600.0


def life_s(*, may_idle: bool) -> float:
    """Return how long the service keeps what a conversation has said, from its last request on."""
    return _LONG_LIFE_S if may_idle else _SHORT_LIFE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """What one reply read from the cache of the request before it."""

    hit: float | None = None
    """1 when all of the previous request was read; `None` when there was none."""
    miss: str = ""
    """Why it was less than `ENOUGH`: the service's word, or what we can tell ourselves."""
    warning: str = ""
    """Set once in a conversation, for people."""


class CacheWatch:
    """The replies of one conversation, in order."""

    def __init__(self, *, model: str, may_idle: bool) -> None:
        """Begin before the first reply."""
        self._least = capabilities_of(model).min_cache_prefix_tokens
        self._life_s = life_s(may_idle=may_idle)
        self._turn = 0
        self._before_tokens = 0
        self._before_s = 0.0
        self._has_warned = False

    def see(self, reply: Reply, *, asked_at_s: float, who: str) -> CacheUse:
        """Take in a reply to a request that was sent at `asked_at_s`."""
        usage, self._turn = reply.own_usage, self._turn + 1
        before, idle_s = self._before_tokens, asked_at_s - self._before_s
        self._before_tokens, self._before_s = usage.prompt_tokens, asked_at_s
        if before == 0 or reply.attempts > 1:
            # The attempt before may have written what this one read: no share can be told.
            return CacheUse(miss=reply.cache_miss or "")
        hit = min(1.0, usage.cache_read_tokens / before)
        if hit >= ENOUGH:
            return CacheUse(hit=hit)
        miss = reply.cache_miss or self._own_reason(before, idle_s)
        if self._turn < _FROM_TURN or self._has_warned:
            return CacheUse(hit=hit, miss=miss)
        self._has_warned = True
        warning = (
            f"Only {hit:.0%} of what {who} had sent before came from the cache in turn "
            f"{self._turn} ({miss}): the rest is paid in full again."
        )
        return CacheUse(hit=hit, miss=miss, warning=warning)

    def _own_reason(self, before: int, idle_s: float) -> str:
        if before < self._least:
            return f"below the {self._least} tokens that this model caches"
        if idle_s > self._life_s:
            return f"expired: {idle_s:.0f} s since the request before"
        return "unknown"
