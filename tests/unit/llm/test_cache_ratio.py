"""What a conversation costs at a cache that behaves as documented."""

from __future__ import annotations

import contextlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import SecretStr

from orchestrator.llm.claude import Claude
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.signin import ApiKey
from orchestrator.scheduling.traffic import SharedTraffic
from tests.doubles.clock import SteppingClock
from tests.doubles.messages_api import API_KEY, MessagesApi
from tests.doubles.messages_cache import PrefixCache
from tests.unit.llm.builders import answered, claude, request, scenario, user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.json import Json
    from orchestrator.domain.usage import Usage
    from orchestrator.llm.llm import Model

BRIEF = "The repository is described here. " * 150
READ: Json = {"name": "Read", "input": {"file_path": "a.css"}}


@contextlib.contextmanager
def at_the_cache(*replies: Json, clock: SteppingClock) -> Iterator[Model]:
    """Open the window on a double whose cache lives by this clock."""
    cache = PrefixCache(clock)
    with MessagesApi(scenario(*replies), cache=cache) as api, claude(api.url) as model:
        yield model


def talk(
    model: Model,
    turns: int,
    *,
    clock: SteppingClock,
    pause_s: float = 10.0,
    may_idle: bool = False,
    has_followers: bool = True,
) -> list[Usage]:
    """Hold a conversation of so many turns and return what each reply used."""
    first = request(user(BRIEF, "Make the page dark."))
    asked = replace(first, may_idle=may_idle, has_followers=has_followers)
    used: list[Usage] = []
    for _ in range(turns):
        reply = model.reply(asked)
        used.append(reply.spend.usage)
        following = answered(asked, reply, "line\n" * 200)
        asked = replace(following, may_idle=may_idle, has_followers=has_followers)
        clock.advance(pause_s)
    return used


def ratio(used: list[Usage]) -> float:
    """Return which part of all input came from the cache."""
    return sum(each.cache_read_tokens for each in used) / sum(each.prompt_tokens for each in used)


def test_conversation__reads_all_that_it_had_sent_before() -> None:
    """In every turn the whole previous request comes from the cache, and only new text is new."""
    clock = SteppingClock()
    with at_the_cache(*[{"tools": [READ]}] * 30, clock=clock) as model:
        used = talk(model, 30, clock=clock)

    for before, after in itertools.pairwise(used):
        assert after.cache_read_tokens == before.prompt_tokens
    assert ratio(used) > 0.9
    assert sum(each.input_tokens for each in used) == 0


def test_conversation__of_wide_turns_is_found_again() -> None:
    """Turns that add far more blocks than the service looks back over miss nothing."""
    clock = SteppingClock()
    with at_the_cache(*[{"tools": [READ] * 30}] * 6, clock=clock) as model:
        used = talk(model, 6, clock=clock)

    assert all(
        after.cache_read_tokens == before.prompt_tokens
        for before, after in itertools.pairwise(used)
    )


def test_conversation__that_idles_keeps_the_shared_part_for_an_hour() -> None:
    """After seven minutes the conversation is gone from the cache, tools, system and brief not."""
    clock = SteppingClock()
    with at_the_cache(*[{"tools": [READ]}] * 3, clock=clock) as model:
        used = talk(model, 3, clock=clock, pause_s=420.0)

    shared = used[0].cache_write_1h_tokens
    assert shared > 1_500
    assert [each.cache_read_tokens for each in used] == [0, shared, shared]


def test_conversation__that_may_idle_is_kept_for_an_hour() -> None:
    """Where commands are slow the whole conversation outlives them."""
    clock = SteppingClock()
    with at_the_cache(*[{"tools": [READ]}] * 3, clock=clock) as model:
        used = talk(model, 3, clock=clock, pause_s=420.0, may_idle=True)

    assert used[1].cache_read_tokens == used[0].prompt_tokens
    assert used[2].cache_read_tokens == used[1].prompt_tokens
    assert sum(each.cache_write_5m_tokens for each in used) == 0


def test_conversation__that_is_alone_pays_for_no_hour() -> None:
    """Who shares with nobody and does not idle writes everything at the lower price."""
    clock = SteppingClock()
    with at_the_cache(*[{"tools": [READ]}] * 3, clock=clock) as model:
        used = talk(model, 3, clock=clock, has_followers=False)

    assert sum(each.cache_write_1h_tokens for each in used) == 0
    assert used[2].cache_read_tokens == used[1].prompt_tokens > 1_500


def test_reviewers__of_one_change_pay_for_it_once() -> None:
    """Every lens but the first reads the brief and the change from the cache."""
    clock, change = SteppingClock(), "+ a line that was added\n" * 400
    play = Scenario.parse(
        {"conversations": [{"name": "any", "times": 3, "replies": [{"text": "ok"}]}]},
        source="a test",
    )
    with MessagesApi(play, cache=PrefixCache(clock)) as api, claude(api.url) as model:
        first, *others = [
            model.reply(
                replace(request(user(BRIEF, change, f"Lens {number}.")), shared_blocks=2)
            ).spend.usage
            for number in range(3)
        ]

    (read,) = {each.cache_read_tokens for each in others}
    assert first.cache_read_tokens == 0
    assert (len(BRIEF) + len(change)) / 4 < read < first.cache_write_5m_tokens


def test_agents__that_start_together_pay_for_the_brief_once() -> None:
    """Of four agents with one brief, one writes it and three read it."""
    clock = SteppingClock()
    play = Scenario.parse(
        {"conversations": [{"name": "any", "times": 4, "replies": [{"text": "ok"}]}]},
        source="a test",
    )
    with MessagesApi(play, cache=PrefixCache(clock)) as api:
        model = Claude(
            sign_in=ApiKey(key=SecretStr(API_KEY)),
            clock=clock,
            jitter=lambda: 0.5,
            base_url=api.url,
            traffic=SharedTraffic(clock),
        )
        with contextlib.closing(model), ThreadPoolExecutor(4) as pool:
            asked = [request(user(BRIEF, f"Task {number}.")) for number in range(4)]
            used = [reply.spend.usage for reply in pool.map(model.reply, asked)]

    first, *others = sorted(used, key=lambda each: each.cache_read_tokens)
    (read,) = {each.cache_read_tokens for each in others}
    assert first.cache_read_tokens == 0
    assert len(BRIEF) / 4 < read < first.cache_write_5m_tokens


def test_cache__does_not_keep_what_is_too_short() -> None:
    """The double is honest: below the least prefix nothing is cached, and it says so."""
    clock = SteppingClock()
    with at_the_cache({"text": "a"}, {"text": "b"}, clock=clock) as model:
        first = model.reply(request(user("Short."), tools=(), system=()))

    assert first.spend.usage.input_tokens == first.spend.usage.prompt_tokens > 0


def test_cache__looks_back_over_twenty_blocks_only() -> None:
    """The double is honest: without the marker behind the tail a wide turn would miss."""
    cache = PrefixCache(SteppingClock())
    marker: Json = {"type": "ephemeral"}
    first: list[Json] = [{"type": "text", "text": "x" * 4_000}]
    more: list[Json] = [{"type": "text", "text": str(number)} for number in range(25)]

    def body(content: list[Json]) -> dict[str, Json]:
        return {
            "model": "claude-opus-5-5",
            "messages": [{"role": "user", "content": content}],
            "cache_control": marker,
        }

    cache.use(body(first), output_tokens=1)

    assert cache.use(body(first + more[:15]), output_tokens=1).cache_read_tokens > 0
    assert PrefixCache(SteppingClock()).use(body(first), output_tokens=1).cache_read_tokens == 0
    far = PrefixCache(SteppingClock())
    far.use(body(first), output_tokens=1)
    assert far.use(body(first + more), output_tokens=1).cache_read_tokens == 0
