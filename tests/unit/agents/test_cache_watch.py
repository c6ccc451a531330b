"""How much of a conversation came from the cache, and what people hear about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.agent import Agent
from orchestrator.agents.cache_watch import CacheUse, CacheWatch
from orchestrator.agents.endings import Submitted
from orchestrator.domain.event import ModelReplied, Noted
from orchestrator.domain.usage import Usage
from orchestrator.llm.llm import nobody, whatever_it_costs
from orchestrator.llm.pricing import LIST_PRICES
from tests.doubles.messages_api import MessagesApi
from tests.doubles.messages_cache import PrefixCache
from tests.doubles.model import said
from tests.unit.agents.studio import Studio
from tests.unit.llm.builders import claude, scenario
from tests.unit.tools.workshop import WORK

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json
    from orchestrator.domain.message import ModelRequest, Reply
    from orchestrator.llm.llm import Arrivals, MayRepeat, Model
    from tests.doubles.clock import SteppingClock


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
    """A failed attempt may have written what the next one read: that share is no measure."""
    watch = opened()
    for at_s in range(3):
        see(watch, 10_000, 0, at_s=at_s)
    all_of_them = Usage(input_tokens=40_000)
    again = replace(said("x", usage=all_of_them), attempts=3, usage=Usage(cache_read_tokens=10_000))

    assert watch.see(again, asked_at_s=4, who="python-pro").hit is None
    # The next request is measured by what this one sent, not by what three attempts sent.
    assert see(watch, 10_000, 0, at_s=5) == CacheUse(hit=1.0)


@dataclass
class Slow:
    """A model behind another one, whose conversation idles before each request."""

    model: Model
    clock: SteppingClock

    def reply(
        self,
        request: ModelRequest,
        arrivals: Arrivals = nobody,
        may_repeat: MayRepeat = whatever_it_costs,
    ) -> Reply:
        self.clock.advance(420.0)
        return self.model.reply(request, arrivals, may_repeat)


@pytest.mark.parametrize("may_idle", [True, False])
def test_agent__that_idles_is_told_of_in_the_journal(tmp_path: Path, *, may_idle: bool) -> None:
    """A cache that was left too long shows in each reply's record, and once as a warning."""
    studio = Studio(tmp_path, brief="The repository is described here. " * 150)
    read: Json = {"tools": [{"name": "Read", "input": {"file_path": "a.txt"}}]}
    done: Json = {"tools": [{"name": "SubmitWork", "input": dict(WORK)}]}
    other: Json = {"tools": [{"name": "Read", "input": {"file_path": "b.txt"}}]}
    play = scenario(read, read, other, other, done)
    work = replace(studio.assignment(), may_idle=may_idle, has_followers=False)

    with MessagesApi(play, cache=PrefixCache(studio.clock)) as api, claude(api.url) as model:
        ending = Agent(
            model=Slow(model, studio.clock),
            ledger=studio.ledger,
            prices=LIST_PRICES,
            clock=studio.clock,
            emit=studio.events.append,
        ).run(work)

    replies = [event for event in studio.events if isinstance(event, ModelReplied)]
    notes = [event.text for event in studio.events if isinstance(event, Noted)]
    assert isinstance(ending, Submitted)
    if may_idle:
        assert [event.cache_hit for event in replies] == [None, 1, 1, 1, 1]
        assert notes == []
        return
    assert [event.cache_hit for event in replies] == [None, 0, 0, 0, 0]
    assert {event.cache_miss for event in replies[1:]} == {
        "expired: 420 s since the request before"
    }
    assert ["python-pro" in text and "in turn 4" in text for text in notes] == [True]
