"""The prompt cache of the Messages API, as its documentation describes it.

An entry is written at each breakpoint whose prefix is long enough. A request looks for one
at each of its breakpoints and at most twenty blocks behind it; the longest that is there and
has not expired is read, and lives anew from then. What comes after it is written up to the
last breakpoint, and the rest is plain input.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

from orchestrator.domain.usage import Usage
from orchestrator.llm.capabilities import capabilities_of
from orchestrator.llm.draft import estimated_tokens
from orchestrator.llm.translate import unmarked
from tests.doubles.messages_rules import located_blocks, ttl_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.json import Json, JsonObject

LOOKBACK = 20
LIFE_S = {"5m": 300.0, "1h": 3_600.0}
_UNCACHED = frozenset({"thinking", "redacted_thinking"})


class Clock(Protocol):
    """What measures the life of entries."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        ...


@dataclass(slots=True, kw_only=True)
class _Entry:
    life_s: float
    ends_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    digest: str
    """Of everything up to and with this block."""
    tokens: int
    """Of everything up to and with this block."""
    ttl: str | None


class PrefixCache:
    """The cache of one workspace; safe to ask from several threads."""

    def __init__(self, clock: Clock) -> None:
        """Begin cold."""
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._guard = Lock()

    def use(self, body: JsonObject, *, output_tokens: int) -> Usage:
        """Return what a request reads and writes, and keep what it writes."""
        blocks = _blocks(body)
        least = capabilities_of(str(body["model"])).min_cache_prefix_tokens
        with self._guard:
            now = self._clock.monotonic()
            marked = [at for at, block in enumerate(blocks) if block.ttl is not None]
            hit = max((self._found(blocks, at, now) for at in marked), default=-1)
            self._keep(blocks, marked, hit, least, now)
        read = blocks[hit].tokens if hit >= 0 else 0
        written = [blocks[at] for at in marked if at > hit and blocks[at].tokens >= least]
        last = written[-1].tokens if written else read
        hours = [block.tokens for block in written if block.ttl == "1h"]
        long = max(hours, default=read) - read
        return Usage(
            input_tokens=blocks[-1].tokens - last,
            cache_read_tokens=read,
            cache_write_1h_tokens=long,
            cache_write_5m_tokens=last - read - long,
            output_tokens=output_tokens,
        )

    def _found(self, blocks: list[_Block], marker: int, now: float) -> int:
        for at in range(marker, max(-1, marker - LOOKBACK), -1):
            entry = self._entries.get(blocks[at].digest)
            if entry is not None and entry.ends_s > now:
                return at
        return -1

    def _keep(
        self, blocks: list[_Block], marked: list[int], hit: int, least: int, now: float
    ) -> None:
        if hit >= 0:
            entry = self._entries[blocks[hit].digest]
            entry.ends_s = now + entry.life_s
        for at in marked:
            block = blocks[at]
            known = self._entries.get(block.digest)
            life_s = LIFE_S[block.ttl or "5m"]
            if known is not None and known.ends_s > now:
                known.ends_s = now + known.life_s
            elif block.tokens >= least:
                self._entries[block.digest] = _Entry(life_s=life_s, ends_s=now + life_s)


def _blocks(body: JsonObject) -> list[_Block]:
    head: Json = [body.get("model"), body.get("output_config")]
    digest, tokens = hashlib.sha256(_text(head).encode()), 0
    found: list[_Block] = []
    for place, block in located_blocks(body):
        text = place.rpartition(".")[0] + _text(unmarked(block))
        digest.update(text.encode())
        tokens += estimated_tokens(len(_text(unmarked(block))))
        marker = block.get("cache_control")
        ttl = None if marker is None else ttl_of(marker)
        found.append(_Block(digest=digest.hexdigest(), tokens=tokens, ttl=ttl))
    return _with_automatic(found, body)


def _with_automatic(blocks: list[_Block], body: JsonObject) -> list[_Block]:
    """Put the top-level marker where the service puts it: on the last block that may have one."""
    automatic = body.get("cache_control")
    if automatic is None:
        return blocks
    places = [block for _, block in located_blocks(body)]
    last = max(at for at, block in enumerate(places) if block.get("type") not in _UNCACHED)
    block = blocks[last]
    blocks[last] = _Block(
        digest=block.digest, tokens=block.tokens, ttl=block.ttl or ttl_of(automatic)
    )
    return blocks


def _text(value: Json) -> str:
    return json.dumps(cast("Mapping[str, Json]", value), ensure_ascii=False, separators=(",", ":"))
