"""The run's account: what was spent by whom, and whether the next request may go out."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NoReturn

from orchestrator.agents.purse import NOTHING_KEPT, UNLIMITED, Excess, Limit, Purse, Reserve
from orchestrator.domain.errors import (
    BudgetExceededError,
    DeadlineError,
    LimitError,
    StepLimitError,
)
from orchestrator.domain.usage import NO_SPEND, Spend

__all__ = ["UNLIMITED", "Account", "Hold", "Ledger", "Limit", "Reserve"]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager


_RUN: Final = ("run", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who spends: an agent, in a stage, perhaps for a task of the plan."""

    agent: str
    stage: str
    task_id: int | None = None
    conversation: str = ""
    """The agent's first one: tells agents of one role apart; empty when only the role is known."""


@dataclass(slots=True, kw_only=True)
class Hold:
    """What a request that is under way may cost; given back when it is charged."""

    account: Account
    estimate: Spend
    """Of the attempt that is under way."""
    spent: Spend = NO_SPEND
    """What attempts before it have cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """One of the purses that a request has to be paid from."""

    name: str
    """For people."""
    key: str
    """Where the limit stands in the configuration."""
    place: tuple[str, object]
    limit: Limit
    reserve: Reserve = NOTHING_KEPT
    is_one_agent: bool = False


class Ledger:
    """Adds up spending and says no before a limit is passed."""

    def __init__(
        self,
        *,
        run: Limit = UNLIMITED,
        stages: Mapping[str, Limit] = MappingProxyType({}),
        task: Limit = UNLIMITED,
        agent: Limit = UNLIMITED,
        reserve: Reserve = NOTHING_KEPT,
        now: Callable[[], float] = lambda: 0.0,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        """Begin with nothing spent.

        Args:
            run: For everything together.
            stages: By stage name; a stage that is not named has only the run's limit.
            task: For each task of the plan, all its attempts and questions together.
            agent: For each agent, with the conversations that go on where its first one ended.
            reserve: Part of the run's limit that agents cannot use, kept to wrap up.
            now: Seconds that only ever grow, for limits in minutes.
            lock: Entered around every change; give one when several threads spend.
        """
        self._run = run
        self._stages = stages
        self._task = task
        self._agent = agent
        self._reserve = reserve
        self._now = now
        self._lock = lock if lock is not None else nullcontext()
        self._purses: dict[tuple[str, object], Purse] = {}

    @property
    def spend(self) -> Spend:
        """Everything charged so far."""
        with self._lock:
            return self._purses[_RUN].spent if _RUN in self._purses else NO_SPEND

    @property
    def under_way(self) -> Spend:
        """What requests may cost that are not charged yet."""
        with self._lock:
            return self._purses[_RUN].held if _RUN in self._purses else NO_SPEND

    def admit(self, account: Account) -> None:
        """Count one more agent that begins its work.

        Raises:
            BudgetExceededError: So many have begun already; this one may not.
        """
        with self._lock:
            levels = self._levels(account)
            for level in levels:
                limit, begun = level.limit.agents, self._purse(level).agents
                if limit is not None and begun >= limit:
                    raise BudgetExceededError(
                        f"{account.agent!r} cannot begin: {begun} agents have begun in"
                        f" {level.name}, which is the limit.",
                        hint=_advice(f"{level.key}.agents"),
                        limit=limit,
                        value=begun + 1,
                    )
            for level in levels:
                purse = self._purse(level)
                purse.agents += 1
                if purse.since_s is None:
                    purse.since_s = self._now()

    def check_before(self, estimate: Spend, account: Account) -> Hold:
        """Let a request of about this cost go out, and hold its cost until it is charged.

        Raises:
            BudgetExceededError: It could pass a limit of the run, the stage or the task.
            DeadlineError: One of them is out of time.
            StepLimitError: The agent has used its own share; a fresh one may fare better.
        """
        with self._lock:
            levels, now_s = self._levels(account), self._now()
            for level in levels:
                for excess in self._purse(level).excesses(estimate, now_s):
                    _refuse(level, excess, account)
            for level in levels:
                purse = self._purse(level)
                purse.held += estimate
                purse.turns += 1
                if purse.since_s is None:
                    purse.since_s = now_s
            return Hold(account=account, estimate=estimate)

    def check_again(self, spent: Spend, hold: Hold, *, in_s: float = 0.0) -> None:
        """Let one more attempt at a request go out whose others have cost so much already.

        Args:
            spent: What all attempts before it have cost.
            hold: Of the request.
            in_s: How long it waits before it goes out.

        Raises:
            LimitError: It could pass a limit; see `check_before`.
        """
        with self._lock:
            now_s, more = self._now() + in_s, spent - hold.spent
            levels = self._levels(hold.account)
            for level in levels:
                # The hold is for this attempt, and its turn is counted.
                purse = replace(self._purse(level))
                purse.held, purse.turns = purse.held - hold.estimate + more, purse.turns - 1
                for excess in purse.excesses(hold.estimate, now_s):
                    _refuse(level, excess, hold.account)
            for level in levels:
                self._purse(level).held += more
            hold.spent = spent

    def charge(self, spend: Spend, account: Account, hold: Hold | None = None) -> None:
        """Add what a request really cost; never refuses."""
        with self._lock:
            if hold is not None:
                for level in self._levels(hold.account):
                    purse = self._purse(level)
                    purse.held -= hold.estimate + hold.spent
            for level in self._levels(account):
                self._purse(level).spent += spend

    def share_used(self, account: Account) -> float:
        """Return the largest used part of the limits that bind this account, holds included."""
        with self._lock:
            now_s = self._now()
            return max(self._purse(level).share(now_s) for level in self._levels(account))

    def _levels(self, account: Account) -> list[_Level]:
        stage = account.stage
        levels = [
            _Level(
                name="the run",
                key="limits",
                place=_RUN,
                limit=self._run,
                reserve=self._reserve,
            ),
            _Level(
                name=f"the stage {stage!r}",
                key=f"limits.stage.{stage}",
                place=("stage", stage),
                limit=self._stages.get(stage, UNLIMITED),
            ),
        ]
        if account.task_id is not None:
            levels.append(
                _Level(
                    name=f"task {account.task_id}",
                    key="limits.task",
                    place=("task", account.task_id),
                    limit=self._task,
                )
            )
        if account.conversation:
            levels.append(
                _Level(
                    name=f"{account.agent!r}",
                    key="limits.agent",
                    place=("agent", account.conversation),
                    limit=self._agent,
                    is_one_agent=True,
                )
            )
        return levels

    def _purse(self, level: _Level) -> Purse:
        if level.place not in self._purses:
            self._purses[level.place] = Purse(limit=level.limit, reserve=level.reserve)
        return self._purses[level.place]


def _refuse(level: _Level, excess: Excess, account: Account) -> NoReturn:
    kind: type[LimitError] = BudgetExceededError
    if level.is_one_agent:
        kind = StepLimitError
    elif excess.unit == "minutes":
        kind = DeadlineError
    raise kind(
        f"The next request of {account.agent!r} could bring {level.name} to {excess.words}",
        hint=_advice(f"{level.key}.{excess.unit}"),
        limit=excess.limit,
        value=excess.would_be,
    )


def _advice(key: str) -> str:
    return f"Raise `{key}` in .github/orchestrator.yml, or split the issue."
