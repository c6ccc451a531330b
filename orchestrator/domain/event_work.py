"""What happens to the work: stages, plan, tasks, checks, reviews and gates."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from orchestrator.domain.change import Change
from orchestrator.domain.check import CheckReport
from orchestrator.domain.event_base import EventBase
from orchestrator.domain.gate import GateResult
from orchestrator.domain.measures import Measures
from orchestrator.domain.plan import Plan
from orchestrator.domain.requirements import SearchAnswer, TechnicalRequirements
from orchestrator.domain.review import FixRound, ReviewPass, SkippedReview
from orchestrator.domain.strength import MutationSample, PatternReport, TestVerdict
from orchestrator.domain.work import HonestExit, TestsReport, WorkReport
from orchestrator.domain.work_loss import Lost, LostSpend

PREFLIGHT: Final = "preflight"
"""The stage before those of the configuration: it looks whether the work can begin."""


class StageStarted(EventBase):
    """A stage began."""

    kind: Literal["stage_started"] = "stage_started"
    stage: str


class StageEnded(EventBase):
    """A stage ended."""

    kind: Literal["stage_ended"] = "stage_ended"
    stage: str
    succeeded: bool
    summary: str


class RequirementsWritten(EventBase):
    """The analysis handed in its result."""

    kind: Literal["requirements_written"] = "requirements_written"
    requirements: TechnicalRequirements


class PlanRefused(EventBase):
    """A submitted plan was refused."""

    kind: Literal["plan_refused"] = "plan_refused"
    attempt: int
    problems: tuple[str, ...]


class PlanAccepted(EventBase):
    """The plan to follow."""

    kind: Literal["plan_accepted"] = "plan_accepted"
    plan: Plan


class PlanRevised(EventBase):
    """The rest of the plan was planned anew; finished tasks are in it as they were."""

    kind: Literal["plan_revised"] = "plan_revised"
    plan: Plan
    dropped: tuple[int, ...]
    """Ids of tasks that nobody will do any more."""
    why: str


class CostEstimated(EventBase):
    """What the rest of the plan will cost, from the least to the most that is likely."""

    kind: Literal["cost_estimated"] = "cost_estimated"
    low_usd: Decimal
    high_usd: Decimal
    spent_usd: Decimal
    """By then, in this run."""
    limit_usd: Decimal
    runs: int
    """Earlier runs of the repository that it rests on; 0: on a built-in prior."""

    @property
    def in_words(self) -> str:
        """Return the estimate and what it rests on, in one line."""
        basis = "a built-in prior, no earlier run to measure"
        if self.runs:
            basis = f"measured on {self.runs} earlier {'run' if self.runs == 1 else 'runs'} here"
        return (
            f"{self.low_usd}–{self.high_usd} USD more; {self.spent_usd:.2f} of "
            f"{self.limit_usd} USD were spent by then ({basis})"
        )


class AgentChosen(EventBase):
    """Who does a task of the accepted plan, and who else could have done it."""

    kind: Literal["agent_chosen"] = "agent_chosen"
    task_id: int
    agent: str
    candidates: tuple[tuple[str, int, int], ...]
    """(name, score, percent of its scope that the task speaks of), best first."""

    @property
    def in_words(self) -> str:
        """Return the choice in one line."""
        scores = ", ".join(f"{name} {score} ({share} %)" for name, score, share in self.candidates)
        return f"{self.agent}; points (share of its scope): {scores or 'nobody else fits'}"


class TaskStatus(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class TaskStarted(EventBase):
    """A task's attempt began; tasks with ids above the plan's are fix tasks."""

    kind: Literal["task_started"] = "task_started"
    task_id: int
    title: str
    agent: str
    stage: str
    attempt: int


class TaskEnded(EventBase):
    """A task's attempt ended."""

    kind: Literal["task_ended"] = "task_ended"
    task_id: int
    attempt: int
    status: TaskStatus
    summary: str
    change: Change | None = None
    work: WorkReport | None = None
    tests: TestsReport | None = None
    answer: SearchAnswer | None = None
    exit: HonestExit | None = None
    violations: tuple[str, ...] = ()
    commit: str | None = None


class AgentStopped(EventBase):
    """An agent said honestly that it cannot go on."""

    kind: Literal["agent_stopped"] = "agent_stopped"
    agent: str
    stage: str
    task_id: int | None
    exit: HonestExit


class ChecksRun(EventBase):
    """Commands of the project ran on one commit."""

    kind: Literal["checks_run"] = "checks_run"
    where: Literal["base", "head"]
    reports: tuple[CheckReport, ...]


class ReviewPassEnded(EventBase):
    """One review pass ended."""

    kind: Literal["review_pass_ended"] = "review_pass_ended"
    review: ReviewPass


class ReviewSkipped(EventBase):
    """Nobody looked at a task's change by itself, for a reason."""

    kind: Literal["review_skipped"] = "review_skipped"
    skipped: SkippedReview


class FixRoundEnded(EventBase):
    """A fix for a review ended, or one that was kept is undone after all."""

    kind: Literal["fix_round_ended"] = "fix_round_ended"
    fix: FixRound


class HeadMoved(EventBase):
    """The run branch has a new head; `change` is base to head, without the diff text."""

    kind: Literal["head_moved"] = "head_moved"
    commit: str
    change: Change
    task_id: int | None = None
    """The task whose work it brings in; until that task has ended, a resumed run goes back."""


class WorkDropped(EventBase):
    """What earlier work rested on has changed: some of it counts no longer, or all of it."""

    kind: Literal["work_dropped"] = "work_dropped"
    why: tuple[str, ...]
    lost: tuple[Lost, ...]
    tasks: tuple[int, ...]
    """Ids of finished tasks that are to be done again; every other one stays."""
    head: str | None
    """Where the work that stays stands now; `None`: on the base itself."""
    change: Change | None
    summary: str
    """For people: why, what is kept and what is done again."""
    request: int | None = None
    """Number of the pull request that earlier runs have written to last, where nothing stays."""
    ready: str | None = None
    """The commit for which one of them has marked it as ready, where nothing stays."""
    spent: tuple[LostSpend, ...] = ()
    """What earlier runs have spent, where nothing stays."""


class GatesEvaluated(EventBase):
    """All gates were asked about one commit."""

    kind: Literal["gates_evaluated"] = "gates_evaluated"
    results: tuple[GateResult, ...]


class ChangeMeasured(EventBase):
    """The finished change was measured."""

    kind: Literal["change_measured"] = "change_measured"
    measures: Measures


class TestsJudged(EventBase):
    """The tests of one task were run on base and head, each for what it proves."""

    __test__ = False

    kind: Literal["tests_judged"] = "tests_judged"
    task_id: int
    commit: str
    """The head, or the base with the tests laid on it while there is no better one."""
    verdicts: tuple[TestVerdict, ...]


class MutantsTried(EventBase):
    """Small errors were put into the changed lines."""

    kind: Literal["mutants_tried"] = "mutants_tried"
    sample: MutationSample


class PatternsTried(EventBase):
    """The repository's pattern rules were tried on the changed lines."""

    kind: Literal["patterns_tried"] = "patterns_tried"
    report: PatternReport


class MentionsResolved(EventBase):
    """What models' words name was looked up in the repository; a later look replaces this one."""

    kind: Literal["mentions_resolved"] = "mentions_resolved"
    commit: str
    """The head; what only the base has counts too."""
    known: tuple[str, ...]
    """Those that are there, as they were written."""
