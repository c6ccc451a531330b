"""Everything that can happen in a run, as one closed union.

The journal is the list of these; `domain.record.RunRecord` is their fold, for a live run,
a resumed run and `replay` alike.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.domain.change import Change
from orchestrator.domain.check import CheckReport
from orchestrator.domain.gate import GateResult
from orchestrator.domain.outcome import NoteLevel, Outcome
from orchestrator.domain.plan import Plan
from orchestrator.domain.requirements import SearchAnswer, TechnicalRequirements
from orchestrator.domain.review import ReviewPass
from orchestrator.domain.usage import Usage
from orchestrator.domain.work import HonestExit, TestsReport, WorkReport


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunStarted(_Event):
    """The run's fixed facts; a second one in a journal means that the run was resumed."""

    kind: Literal["run_started"] = "run_started"
    run_id: str
    version: str
    issue_number: int
    issue_title: str
    issue_url: str
    actor: str
    trigger: str
    repository: str
    base_branch: str
    base_commit: str
    branch: str
    stages: tuple[str, ...]
    outputs: dict[str, str] = {}
    config_digest: str
    issue_digest: str = ""
    dry_run: bool = False
    run_url: str = ""


class StageStarted(_Event):
    """A stage began."""

    kind: Literal["stage_started"] = "stage_started"
    stage: str


class StageEnded(_Event):
    """A stage ended."""

    kind: Literal["stage_ended"] = "stage_ended"
    stage: str
    succeeded: bool
    summary: str


class RequirementsWritten(_Event):
    """The analysis handed in its result."""

    kind: Literal["requirements_written"] = "requirements_written"
    requirements: TechnicalRequirements


class PlanRefused(_Event):
    """A submitted plan was refused."""

    kind: Literal["plan_refused"] = "plan_refused"
    attempt: int
    problems: tuple[str, ...]


class PlanAccepted(_Event):
    """The plan to follow."""

    kind: Literal["plan_accepted"] = "plan_accepted"
    plan: Plan


class TaskStatus(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class TaskStarted(_Event):
    """A task's attempt began; tasks with ids above the plan's are fix tasks."""

    kind: Literal["task_started"] = "task_started"
    task_id: int
    title: str
    agent: str
    stage: str
    attempt: int


class TaskEnded(_Event):
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


class TodosWritten(_Event):
    """An agent's own list of steps as (content, status), for the progress comment."""

    kind: Literal["todos_written"] = "todos_written"
    agent: str
    task_id: int | None
    todos: tuple[tuple[str, str], ...]


class ModelReplied(_Event):
    """One reply, complete or failed, and what it cost."""

    kind: Literal["model_replied"] = "model_replied"
    conversation: str
    agent: str
    stage: str
    task_id: int | None
    model: str
    effort: str | None
    prompt_digest: str
    stop_reason: str
    usage: Usage
    usd: Decimal
    attempts: int
    request_id: str | None
    duration_s: float


class MessageAppended(_Event):
    """One message of a transcript, as JSON text."""

    kind: Literal["message_appended"] = "message_appended"
    conversation: str
    role: str
    blocks_json: str


class ToolAnswered(_Event):
    """One tool call, what it was about in one short line, and how it ended."""

    kind: Literal["tool_answered"] = "tool_answered"
    conversation: str
    agent: str
    task_id: int | None
    tool: str
    subject: str
    is_error: bool
    duration_s: float


class AttemptRefused(_Event):
    """Somebody asked for something that code does not allow."""

    kind: Literal["attempt_refused"] = "attempt_refused"
    agent: str
    task_id: int | None
    what: str
    why: str


class ChecksRun(_Event):
    """Commands of the project ran on one commit."""

    kind: Literal["checks_run"] = "checks_run"
    where: Literal["base", "head"]
    reports: tuple[CheckReport, ...]


class ReviewPassEnded(_Event):
    """One review pass ended."""

    kind: Literal["review_pass_ended"] = "review_pass_ended"
    review: ReviewPass


class HeadMoved(_Event):
    """The run branch has a new head; `change` is base to head, without the diff text."""

    kind: Literal["head_moved"] = "head_moved"
    commit: str
    change: Change


class GatesEvaluated(_Event):
    """All gates were asked about one commit."""

    kind: Literal["gates_evaluated"] = "gates_evaluated"
    results: tuple[GateResult, ...]


class BranchPushed(_Event):
    """The branch stands on the forge at this commit."""

    kind: Literal["branch_pushed"] = "branch_pushed"
    branch: str
    commit: str


class PullRequestPublished(_Event):
    """The pull request was created or updated."""

    kind: Literal["pull_request_published"] = "pull_request_published"
    number: int
    url: str
    operation: Literal["created", "updated"]
    is_draft: bool


class ProgressPublished(_Event):
    """The one progress comment was created or updated."""

    kind: Literal["progress_published"] = "progress_published"
    comment_id: int
    url: str


class Noted(_Event):
    """Something a person should know."""

    kind: Literal["noted"] = "noted"
    level: NoteLevel
    text: str
    hint: str = ""


class RunEnded(_Event):
    """The run's last word."""

    kind: Literal["run_ended"] = "run_ended"
    outcome: Outcome


Event = Annotated[
    RunStarted
    | StageStarted
    | StageEnded
    | RequirementsWritten
    | PlanRefused
    | PlanAccepted
    | TaskStarted
    | TaskEnded
    | TodosWritten
    | ModelReplied
    | MessageAppended
    | ToolAnswered
    | AttemptRefused
    | ChecksRun
    | ReviewPassEnded
    | HeadMoved
    | GatesEvaluated
    | BranchPushed
    | PullRequestPublished
    | ProgressPublished
    | Noted
    | RunEnded,
    Field(discriminator="kind"),
]


class Entry(BaseModel):
    """One line of the journal; `seq` counts from 1, `elapsed_s` is monotonic from the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    at: str
    elapsed_s: float
    event: Event
