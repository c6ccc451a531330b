"""What may go out now: allowances, halving, recovery, and who leads on a new prefix."""

from __future__ import annotations

import pytest

from orchestrator.domain.usage import Usage
from orchestrator.llm.governor import LONGEST_LEAD_S, FanOut, Lane

RESET = "anthropic-ratelimit-requests-reset"
DATE = "Wed, 25 Nov 2026 10:00:00 GMT"


def headers(kind: str, *, limit: int, remaining: int, reset: str) -> dict[str, str]:
    """Return what the service says about one allowance."""
    name = f"anthropic-ratelimit-{kind}"
    return {
        f"{name}-limit": str(limit),
        f"{name}-remaining": str(remaining),
        f"{name}-reset": f"2026-11-25T{reset}Z",
        "date": DATE,
    }


def test_lane__halves_on_429_and_recovers_one_by_one() -> None:
    """A 429 halves how many may be under way; a round of good replies adds one."""
    lane = Lane(most=8)
    waves = [lane.enter() for _ in range(8)]

    lane.was_limited(None, 0.0, wave=waves[0])
    lane.was_limited(None, 0.0, wave=lane.enter())
    after_two = lane.allowed
    for _ in range(2):
        lane.went_well(Usage(input_tokens=1))

    assert (after_two, lane.allowed) == (2, 3)
    for _ in range(100):
        lane.went_well(Usage(input_tokens=1))
    assert lane.allowed == 8


def test_lane__takes_one_storm_for_one_answer() -> None:
    """Eight requests that were under way together and are all refused halve once, not to one."""
    lane = Lane(most=8)
    waves = [lane.enter() for _ in range(8)]

    for wave in waves:
        lane.was_limited(None, 0.0, wave=wave)
        lane.leave()

    assert lane.allowed == 4


def test_lane__never_stops_altogether() -> None:
    """However often the service says no, one request at a time stays possible."""
    lane = Lane(most=8)

    for _ in range(9):
        lane.was_limited(None, 0.0, wave=lane.enter())
        lane.leave()

    assert lane.allowed == 1
    assert not lane.is_full


def test_lane__holds_everybody_for_the_time_one_was_told() -> None:
    """What one agent is told by `retry-after` holds for all of the model."""
    lane = Lane()

    lane.was_limited(20.0, 100.0, wave=0)

    assert lane.wait_s(105.0) == 15.0
    assert lane.wait_s(121.0) == 0.0


def test_lane__learns_from_a_refusal_what_is_left() -> None:
    """When the time is over, the tokens that one request takes may still have to come back."""
    lane = Lane()
    lane.went_well(Usage(input_tokens=5_000))

    said = headers("input-tokens", limit=10_000, remaining=0, reset="10:01:00")
    lane.was_limited(6.0, 100.0, wave=0, headers=said)

    assert lane.wait_s(100.0) == 30.0
    assert lane.wait_s(120.0) == 10.0


def test_lane__holds_nobody_for_an_hour() -> None:
    """A time that nobody would wait for holds nobody up: each hears it himself, and ends."""
    lane = Lane()

    said = headers("requests", limit=10, remaining=0, reset="11:00:00")
    lane.was_limited(3_600.0, 100.0, wave=0, headers=said)

    assert lane.wait_s(100.0) == 0.0
    assert lane.allowed == 1


def test_lane__waits_until_the_bucket_holds_enough() -> None:
    """With too few input tokens left, the next request waits for its share of the refill."""
    lane = Lane()
    lane.went_well(Usage(input_tokens=2_000, cache_read_tokens=900_000, output_tokens=10))
    said = headers("input-tokens", limit=10_000, remaining=0, reset="10:01:00")

    lane.heard(said, 50.0)

    # A fifth of the bucket after a fifth of the minute; what is read from the cache is free.
    assert lane.wait_s(50.0) == 12.0
    assert lane.wait_s(62.5) == 0.0


def test_lane__heeds_a_limit_on_all_tokens() -> None:
    """Where one allowance holds for what goes in and what comes out, both count."""
    lane = Lane()
    lane.went_well(Usage(input_tokens=2_000, cache_read_tokens=900_000, output_tokens=1_000))

    lane.heard(headers("tokens", limit=10_000, remaining=0, reset="10:01:00"), 50.0)

    assert lane.wait_s(50.0) == 18.0


def test_lane__counts_those_under_way() -> None:
    """Agents that start together do not all find the same last request free."""
    lane = Lane()
    lane.heard(headers("requests", limit=10, remaining=1, reset="10:00:10"), 0.0)

    first = lane.wait_s(0.0)
    lane.enter()
    second = lane.wait_s(0.0)
    lane.enter()

    # Nine came back in ten seconds, before the first left and after it.
    assert first == 0.0
    assert second == pytest.approx(10 / 9)
    assert lane.wait_s(0.0) == pytest.approx(20 / 9)


@pytest.mark.parametrize(
    ("name", "value"), [(RESET, None), ("date", None), (RESET, "2026-11-25T10:01:00")]
)
def test_lane__waits_for_no_time_that_nobody_named(name: str, value: str | None) -> None:
    """A gateway may pass on how much is left and not when more comes back, or in which zone."""
    lane = Lane()
    said = headers("requests", limit=10, remaining=0, reset="10:01:00")
    del said[name]

    lane.heard(said if value is None else said | {name: value}, 0.0)

    assert lane.wait_s(0.0) == 0.0


def test_lane__ignores_what_makes_no_sense() -> None:
    """Absent, garbled or impossible headers hold nobody up."""
    lane = Lane()
    lane.went_well(Usage(input_tokens=50_000))

    lane.heard({}, 0.0)
    lane.heard({"anthropic-ratelimit-requests-remaining": "x"}, 0.0)
    lane.heard(headers("requests", limit=5, remaining=0, reset="soon"), 0.0)
    lane.heard(headers("requests", limit=5, remaining=0, reset="09:59:00"), 0.0)
    before_all_time = {"anthropic-ratelimit-requests-reset": "0001-01-01T00:00:00+10:00"}
    lane.heard(headers("requests", limit=5, remaining=0, reset="10:01:00") | before_all_time, 0.0)
    no_date = headers("requests", limit=5, remaining=0, reset="10:01:00")
    lane.heard({name: value for name, value in no_date.items() if name != "date"}, 0.0)
    lane.heard(headers("input-tokens", limit=10, remaining=0, reset="10:01:00"), 0.0)

    assert lane.wait_s(0.0) == 0.0


def test_fan_out__lets_the_first_lead_until_its_reply_begins() -> None:
    """Who comes second with the same prefix waits; another prefix does not."""
    fan_out = FanOut()

    leads = fan_out.go("brief", 0.0)

    assert leads is not None
    assert not fan_out.may_go("brief", 1.0)
    assert fan_out.may_go("other", 1.0)
    fan_out.began("brief", 1.0, life_s=300.0)
    assert fan_out.may_go("brief", 2.0)
    assert fan_out.go("brief", 2.0) is None


@pytest.mark.parametrize("life_s", [300.0, 3_600.0])
def test_fan_out__begins_anew_when_the_entry_has_expired(life_s: float) -> None:
    """Shortly before the entry is gone one leads again, whether it lived for minutes or an hour."""
    fan_out = FanOut()
    fan_out.go("brief", 0.0)
    # The life counts from when the request was sent, however late its reply began.
    fan_out.began("brief", 0.0, life_s=life_s)

    assert fan_out.go("brief", life_s * 0.9) is None
    assert fan_out.go("brief", life_s * 0.95) is not None
    assert not fan_out.may_go("brief", life_s * 0.95)


def test_fan_out__a_leader_that_fails_hands_the_lead_on() -> None:
    """A failed first request does not keep the others waiting."""
    fan_out = FanOut()
    leader = fan_out.go("brief", 0.0)
    assert leader is not None

    fan_out.gave_up("brief", leader)

    assert fan_out.may_go("brief", 1.0)
    following = fan_out.go("brief", 1.0)
    assert following is not None
    # Who gives up late does not take the lead from who has it now.
    fan_out.gave_up("brief", leader)
    assert not fan_out.may_go("brief", 2.0)


def test_fan_out__does_not_wait_for_a_leader_for_ever() -> None:
    """A reply that will not begin costs the others a minute, all of them together."""
    fan_out = FanOut()
    fan_out.go("brief", 0.0)

    assert not fan_out.may_go("brief", LONGEST_LEAD_S - 1)
    assert fan_out.may_go("brief", LONGEST_LEAD_S)
    assert fan_out.go("brief", LONGEST_LEAD_S) is None
    assert fan_out.may_go("brief", LONGEST_LEAD_S)
