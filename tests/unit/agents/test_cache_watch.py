"""How much of a conversation came from the cache, and what people hear about it."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.agents.cache_watch import CacheUse, CacheWatch
from orchestrator.domain.usage import Usage
from tests.doubles.model import said


def see(
    watch: CacheWatch, read: int, new: int, *, at_s: float, miss: str | None = None
) -> CacheUse:
    """Show the watch one reply."""
    reply = said("x", usage=Usage(cache_read_tokens=read, cache_write_5m_tokens=new))
    return watch.see(replace(reply, cache_miss=miss), asked_at_s=at_s, who="python-pro")


def opened() -> CacheWatch:
    """Return a watch on a conversation with the default model."""
    return CacheWatch(model="opus", may_idle=False)


def test_watch__counts_what_could_have_been_read() -> None:
    """New text is no miss: the share is that of the request before."""
    watch = opened()

    first = see(watch, 0, 10_000, at_s=0)
    second = see(watch, 10_000, 90_000, at_s=10)

    assert first == CacheUse()
    assert second == CacheUse(hit=1.0)


def test_watch__warns_once_after_turn_three() -> None:
    """A cold cache late in a conversation is told, with the reason, and told once."""
    watch = opened()
    uses = [see(watch, 0, 10_000, at_s=turn, miss="tools_changed") for turn in range(6)]

    assert [bool(use.warning) for use in uses] == [False, False, False, True, False, False]
    assert "Only 0% of what python-pro had sent before" in uses[3].warning
    assert "tools_changed" in uses[3].warning
    assert {use.miss for use in uses[1:]} == {"tools_changed"}


def test_watch__tells_own_reasons_when_the_service_does_not() -> None:
    """Too short and too late can be told without the service."""
    short, late, odd = opened(), opened(), opened()
    see(short, 0, 400, at_s=0)
    see(late, 0, 4_000, at_s=0)
    see(odd, 0, 4_000, at_s=0)

    assert "below the 512 tokens" in see(short, 0, 500, at_s=1).miss
    assert see(late, 0, 5_000, at_s=400).miss == "expired: 400 s since the request before"
    assert see(odd, 0, 5_000, at_s=40).miss == "unknown"


def test_watch__says_nothing_about_several_attempts() -> None:
    """Usage of failed attempts is added up: a share of the sum would be an invention."""
    watch = opened()
    see(watch, 0, 10_000, at_s=0)
    again = replace(said("x", usage=Usage(input_tokens=40_000)), attempts=3)

    assert watch.see(again, asked_at_s=1, who="python-pro").hit is None
