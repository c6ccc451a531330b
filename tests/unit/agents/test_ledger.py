"""The account: adding up, holding back, saying no."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.agents.ledger import Account, Ledger, Limit, Reserve
from orchestrator.domain.errors import (
    BudgetExceededError,
    DeadlineError,
    LimitError,
    StepLimitError,
)
from orchestrator.domain.usage import NO_SPEND, Spend, Usage

if TYPE_CHECKING:
    from random import Random

CODER = Account(agent="python-pro", stage="implementation", task_id=1)
OTHER = Account(agent="javascript-pro", stage="implementation", task_id=2)
REVIEWER = Account(agent="code-reviewer", stage="review")


def cost(usd: str | int, tokens: int = 100) -> Spend:
    """Return a spend."""
    return Spend(usage=Usage(input_tokens=tokens), usd=Decimal(usd))


def test_ledger__without_limits_lets_everything_pass() -> None:
    """What is not limited is only counted."""
    ledger = Ledger()

    ledger.check_before(cost(10_000), CODER)

    assert ledger.share_used(CODER) == 0.0


def test_ledger__refuses_what_could_pass_the_runs_limit() -> None:
    """The request that could go over is never sent, and the message has both numbers."""
    ledger = Ledger(run=Limit(usd=Decimal(2)))
    ledger.charge(cost("1.50"), REVIEWER)

    with pytest.raises(
        BudgetExceededError, match=r"the run to 2\.10 USD; the limit is 2 USD\.$"
    ) as caught:
        ledger.check_before(cost("0.60"), CODER)
    assert (caught.value.limit, caught.value.value) == (Decimal(2), Decimal("2.10"))
    assert "limits.usd" in caught.value.hint


def test_ledger__reaches_the_limit_exactly() -> None:
    """The limit itself may be spent."""
    ledger = Ledger(run=Limit(usd=Decimal(2)))

    ledger.check_before(cost(2), CODER)

    assert ledger.share_used(CODER) == 1.0


def test_ledger__keeps_a_reserve_to_wrap_up() -> None:
    """There is always something left to end the run decently."""
    ledger = Ledger(run=Limit(usd=Decimal(2)), reserve=Reserve(usd=Decimal("0.5")))

    with pytest.raises(BudgetExceededError, match=r"of which 0\.5 are kept to wrap up"):
        ledger.check_before(cost("1.6"), CODER)


def test_ledger__task_limit_binds_its_task_only() -> None:
    """One greedy task does not stop the others, nor work that is for no task."""
    ledger = Ledger(task=Limit(usd=Decimal(1)))
    ledger.charge(cost("0.9"), CODER)

    ledger.check_before(cost("0.5"), OTHER)
    ledger.check_before(cost("1.5"), REVIEWER)
    with pytest.raises(BudgetExceededError, match=r"task 1 to 1\.40 USD") as caught:
        ledger.check_before(cost("0.5"), CODER)
    assert "limits.task.usd" in caught.value.hint


def test_ledger__stage_limit_binds_its_stage_only() -> None:
    """A stage may have its own purse."""
    ledger = Ledger(stages={"implementation": Limit(tokens=1_000)})
    ledger.charge(cost(0, 950), OTHER)

    ledger.check_before(cost(0, 100), REVIEWER)
    with pytest.raises(
        BudgetExceededError, match=r"stage 'implementation' to 1050 tokens; the limit is 1000\.$"
    ):
        ledger.check_before(cost(0, 100), CODER)


def test_ledger__requests_under_way_count() -> None:
    """Agents that start at once do not all find the same money unspent."""
    ledger = Ledger(run=Limit(usd=Decimal(1)))
    hold = ledger.check_before(cost("0.7"), CODER)

    with pytest.raises(BudgetExceededError):
        ledger.check_before(cost("0.7"), OTHER)
    assert ledger.under_way == cost("0.7")
    ledger.charge(cost("0.1"), CODER, hold)
    assert ledger.under_way == NO_SPEND

    ledger.check_before(cost("0.7"), OTHER)


def test_ledger__asks_anew_before_each_attempt_at_a_request() -> None:
    """What failed attempts have cost counts at once, and the hold does not count twice."""
    ledger = Ledger(run=Limit(usd=Decimal(1), turns=1))
    hold = ledger.check_before(cost("0.4"), CODER)

    ledger.check_again(cost("0.6"), hold)
    with pytest.raises(BudgetExceededError):
        ledger.check_again(cost("0.7"), hold)

    # What was spent in vain counts for all others, and once.
    assert ledger.under_way.usd == Decimal("1.0")
    ledger.charge(cost("0.6"), CODER, hold)
    assert (ledger.under_way.usd, ledger.spend.usd) == (Decimal(0), Decimal("0.6"))


def test_ledger__charge_over_the_limit_is_kept() -> None:
    """What was billed is on the account, however much it was."""
    ledger = Ledger(run=Limit(usd=Decimal(1)))

    ledger.charge(cost(3), CODER)

    assert ledger.spend.usd == Decimal(3)
    assert ledger.share_used(REVIEWER) == 3.0


def test_ledger__zero_limit_is_used_up_from_the_start() -> None:
    """Nothing allowed means nothing, not everything."""
    assert Ledger(run=Limit(usd=Decimal(0))).share_used(CODER) == 1.0
    assert Ledger(run=Limit(tokens=0)).share_used(CODER) == 1.0


def test_ledger__admits_so_many_agents() -> None:
    """Fan-out has an end, however cheap each agent is."""
    ledger = Ledger(run=Limit(agents=2))
    ledger.admit(CODER)
    ledger.admit(CODER)

    with pytest.raises(
        BudgetExceededError, match="'code-reviewer' cannot begin: 2 agents"
    ) as caught:
        ledger.admit(REVIEWER)
    assert (caught.value.limit, caught.value.value) == (2, 3)


TALK = Account(agent="python-pro", stage="implementation", task_id=1, conversation="a/1")
AGAIN = Account(agent="python-pro", stage="implementation", task_id=1, conversation="a/2")
LEVELS = {"run": "limits", "stage": "limits.stage.implementation", "task": "limits.task"}


def limited(level: str, limit: Limit, now_s: list[float] | None = None) -> Ledger:
    """Return a ledger with one limit, on a clock that the test moves."""
    given = {"stages": {"implementation": limit}} if level == "stage" else {level: limit}
    times = now_s if now_s is not None else [0.0]
    return Ledger(**given, now=lambda: times[0])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("limit", "unit"),
    [
        (Limit(usd=Decimal("0.3")), "usd"),
        (Limit(tokens=350), "tokens"),
        (Limit(turns=3), "turns"),
    ],
)
def test_ledger__stops_the_fourth_request_at_each_level(
    level: str, limit: Limit, unit: str
) -> None:
    """Money, tokens and turns are bounded for the run, the stage and the task alike."""
    ledger = limited(level, limit)
    for _ in range(3):
        ledger.charge(cost("0.1"), TALK, ledger.check_before(cost("0.1"), TALK))

    with pytest.raises(BudgetExceededError) as caught:
        ledger.check_before(cost("0.1"), AGAIN)
    assert f"`{LEVELS[level]}.{unit}`" in caught.value.hint


@pytest.mark.parametrize(
    "limit", [Limit(usd=Decimal("0.1")), Limit(tokens=100), Limit(turns=1), Limit(minutes=1)]
)
def test_ledger__leaves_a_fresh_agent_its_own_share(limit: Limit) -> None:
    """One agent at its limit is stopped alone: the second attempt begins with a full purse."""
    times = [0.0]
    ledger = limited("agent", limit, times)
    ledger.charge(cost("0.1"), TALK, ledger.check_before(cost("0.1"), TALK))
    times[0] = 60.0

    with pytest.raises(StepLimitError, match="could bring 'python-pro' to") as caught:
        ledger.check_before(cost("0.1"), TALK)
    assert "`limits.agent." in caught.value.hint
    ledger.check_before(cost("0.1"), AGAIN)


@pytest.mark.parametrize("level", LEVELS)
def test_ledger__counts_minutes_from_the_first_agent(level: str) -> None:
    """What has not begun has all its time; no agent that comes later gives it more."""
    times = [600.0]
    ledger = limited(level, Limit(minutes=2), times)
    ledger.admit(TALK)
    times[0] += 60
    ledger.admit(AGAIN)

    assert ledger.share_used(TALK) == 0.5
    ledger.check_before(cost(0), TALK)
    times[0] += 60
    with pytest.raises(DeadlineError, match=r"to 2\.0 minutes; the limit is 2"):
        ledger.check_before(cost(0), TALK)


@pytest.mark.parametrize("level", LEVELS)
def test_ledger__admits_so_many_agents_at_each_level(level: str) -> None:
    """The number of agents is bounded for the run, the stage and the task."""
    ledger = limited(level, Limit(agents=1))
    ledger.admit(TALK)

    with pytest.raises(LimitError, match="1 agents have begun in") as caught:
        ledger.admit(AGAIN)
    assert f"`{LEVELS[level]}.agents`" in caught.value.hint


def test_ledger__keeps_tokens_to_wrap_up() -> None:
    """The reserve is of every unit that a request uses up, and of no other."""
    ledger = Ledger(run=Limit(tokens=1_000, turns=2), reserve=Reserve(tokens=100))

    ledger.check_before(cost(0, 900), CODER)
    with pytest.raises(BudgetExceededError, match="of which 100 are kept to wrap up"):
        ledger.check_before(cost(0, 1), OTHER)


def test_ledger__adds_up_what_all_have_spent() -> None:
    """The run's spend is everybody's."""
    ledger = Ledger()
    assert ledger.spend.usd == 0
    ledger.charge(cost("0.25", 10), CODER)
    ledger.charge(cost("0.25", 10), CODER)
    ledger.charge(cost(1, 10), REVIEWER)

    assert ledger.spend == cost("1.50", 30)


def test_ledger__enters_its_lock_around_every_change() -> None:
    """Several threads may spend when a lock is given."""
    entered: list[str] = []

    class Lock:
        def __enter__(self) -> None:
            entered.append("in")

        def __exit__(self, *_: object) -> None:
            entered.append("out")

    ledger = Ledger(lock=Lock())
    ledger.charge(cost(1), CODER, ledger.check_before(cost(1), CODER))

    assert entered == ["in", "out", "in", "out"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([CODER, OTHER, REVIEWER]),
            st.decimals(min_value=0, max_value=100, places=6),
            st.integers(min_value=0, max_value=10**6),
        )
    ),
    st.randoms(use_true_random=False),
)
def test_ledger__adds_up_in_any_order(
    charges: list[tuple[Account, Decimal, int]], random: Random
) -> None:
    """The order in which parallel agents are charged changes nothing."""
    shuffled = random.sample(charges, k=len(charges))
    one, two = Ledger(), Ledger()
    for account, usd, tokens in charges:
        one.charge(cost(str(usd), tokens), account)
    for account, usd, tokens in shuffled:
        two.charge(cost(str(usd), tokens), account)

    assert one.spend == two.spend
