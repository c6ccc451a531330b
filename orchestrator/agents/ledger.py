"""The run's account: what was spent by whom, and whether the next request may go out."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestrator.domain.errors import BudgetExceededError
from orchestrator.domain.usage import NO_SPEND, Spend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that may be spent; `None` means that this unit is not limited."""

    usd: Decimal | None = None
    tokens: int | None = None

    def share(self, spend: Spend) -> float:
        """Return the largest part of the limit that is used, 1.0 when it is reached."""
        shares = [0.0]
        if self.usd is not None:
            shares.append(float(spend.usd / self.usd) if self.usd else 1.0)
        if self.tokens is not None:
            shares.append(spend.usage.total_tokens / self.tokens if self.tokens else 1.0)
        return max(shares)


UNLIMITED = Limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who spends: an agent, in a stage, perhaps for a task of the plan."""

    agent: str
    stage: str
    task_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a request that is under way may cost; given back when it is charged."""

    account: Account
    estimate: Spend


class Ledger:
    """Adds up spending and says no before a limit is passed.

    Requests under way count with their estimate, so that agents that start at once do not
    all find the same money unspent.
    """

    def __init__(
        self,
        *,
        run: Limit = UNLIMITED,
        stages: Mapping[str, Limit] = MappingProxyType({}),
        task: Limit = UNLIMITED,
        reserve_usd: Decimal = Decimal(0),
        agents: int | None = None,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        """Begin with nothing spent.

        Args:
            run: For everything together.
            stages: By stage name; a stage that is not named has only the run's limit.
            task: For each task of the plan.
            reserve_usd: Part of the run's limit that agents cannot use, kept to wrap up.
            agents: How many conversations may begin in the whole run.
            lock: Entered around every change; give one when several threads spend.
        """
        self._run = run
        self._stages = stages
        self._task = task
        self._reserve_usd = reserve_usd
        self._agents = agents
        self._begun = 0
        self._lock = lock if lock is not None else nullcontext()
        self._spent: dict[Account, Spend] = {}
        self._holds: list[Hold] = []

    @property
    def spend(self) -> Spend:
        """Everything charged so far."""
        with self._lock:
            return _sum(self._spent)

    def spent_by(self, account: Account) -> Spend:
        """Return what one account was charged."""
        with self._lock:
            return self._spent.get(account, NO_SPEND)

    def admit(self, account: Account) -> None:
        """Count one more agent that begins its work.

        Raises:
            BudgetExceededError: So many have begun already; this one may not.
        """
        with self._lock:
            if self._agents is not None and self._begun >= self._agents:
                raise BudgetExceededError(
                    f"{account.agent!r} cannot begin: {self._begun} agents have begun in this run,"
                    " which is the limit.",
                    hint="Raise `limits.agents` in .github/orchestrator.yml, or split the issue.",
                    limit=self._agents,
                    value=self._begun + 1,
                )
            self._begun += 1

    def check_before(self, estimate: Spend, account: Account) -> Hold:
        """Let a request of about this cost go out, and hold its cost until it is charged.

        Raises:
            BudgetExceededError: It could pass the limit of the run, the stage or the task.
        """
        with self._lock:
            for what, key, limit, reserve in self._limits(account):
                self._check(estimate, account, what=what, key=key, limit=limit, reserve=reserve)
            hold = Hold(account=account, estimate=estimate)
            self._holds.append(hold)
            return hold

    def charge(self, spend: Spend, account: Account, hold: Hold | None = None) -> Spend:
        """Add what a request really cost and return the run's spend so far; never refuses."""
        with self._lock:
            if hold is not None and hold in self._holds:
                self._holds.remove(hold)
            self._spent[account] = self._spent.get(account, NO_SPEND) + spend
            return _sum(self._spent)

    def share_used(self, account: Account) -> float:
        """Return the largest used part of the limits that bind this account, holds included."""
        with self._lock:
            return max(
                limit.share(self._used(account, what))
                for what, _, limit, _ in self._limits(account)
            )

    def _limits(self, account: Account) -> list[tuple[str, str, Limit, Decimal]]:
        limits = [
            ("run", "limits", self._run, self._reserve_usd),
            ("stage", "limits", self._stages.get(account.stage, UNLIMITED), Decimal(0)),
        ]
        if account.task_id is not None:
            limits.append(("task", "limits.task", self._task, Decimal(0)))
        return limits

    def _used(self, account: Account, what: str) -> Spend:
        def counts(other: Account) -> bool:
            return (
                what == "run"
                or (what == "stage" and other.stage == account.stage)
                or (what == "task" and other.task_id == account.task_id)
            )

        spent = _sum({who: spend for who, spend in self._spent.items() if counts(who)})
        for hold in self._holds:
            if counts(hold.account):
                spent += hold.estimate
        return spent

    def _check(
        self,
        estimate: Spend,
        account: Account,
        *,
        what: str,
        key: str,
        limit: Limit,
        reserve: Decimal,
    ) -> None:
        after = self._used(account, what) + estimate
        which = {"run": "the run", "stage": f"the stage {account.stage!r}"}.get(
            what, f"task {account.task_id}"
        )
        if limit.usd is not None and after.usd > limit.usd - reserve:
            raise BudgetExceededError(
                f"The next request of {account.agent!r} could bring {which} to"
                f" {after.usd:.2f} USD; the limit is {limit.usd} USD"
                + (f", of which {reserve} are kept to wrap up." if reserve else "."),
                hint=f"Raise `{key}.usd` in .github/orchestrator.yml, or split the issue.",
                limit=limit.usd,
                value=after.usd,
            )
        if limit.tokens is not None and after.usage.total_tokens > limit.tokens:
            raise BudgetExceededError(
                f"The next request of {account.agent!r} could bring {which} to"
                f" {after.usage.total_tokens} tokens; the limit is {limit.tokens}.",
                hint=f"Raise `{key}.tokens` in .github/orchestrator.yml, or split the issue.",
                limit=limit.tokens,
                value=after.usage.total_tokens,
            )


def _sum(spent: Mapping[Account, Spend]) -> Spend:
    total = NO_SPEND
    for spend in spent.values():
        total += spend
    return total
