"""Everything that can happen in a run, as one closed union.

The journal is the list of these; `domain.record.RunRecord` is their fold, for a live run,
a resumed run and `replay` alike.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator.domain.event_run import (
    BranchPushed,
    LookVerdict,
    Noted,
    PreflightLooked,
    ProgressPublished,
    PullRequestPublished,
    QuestionsAsked,
    QuestionsSettled,
    RunEnded,
    RunStarted,
)
from orchestrator.domain.event_talk import (
    AttemptRefused,
    MessageAppended,
    ModelReplied,
    TodosWritten,
    ToolAnswered,
)
from orchestrator.domain.event_work import (
    AgentChosen,
    AgentStopped,
    ChangeMeasured,
    ChecksRun,
    CostEstimated,
    FixRoundEnded,
    GatesEvaluated,
    HeadMoved,
    MentionsResolved,
    MutantsTried,
    PatternsTried,
    PlanAccepted,
    PlanRefused,
    PlanRevised,
    RequirementsWritten,
    ReviewPassEnded,
    ReviewSkipped,
    StageEnded,
    StageStarted,
    TaskEnded,
    TaskStarted,
    TaskStatus,
    TestsJudged,
    WorkDropped,
)
from orchestrator.domain.frozen import Frozen

__all__ = [
    "AgentChosen",
    "AgentStopped",
    "AttemptRefused",
    "BranchPushed",
    "ChangeMeasured",
    "ChecksRun",
    "CostEstimated",
    "Entry",
    "Event",
    "FixRoundEnded",
    "GatesEvaluated",
    "HeadMoved",
    "LookVerdict",
    "MentionsResolved",
    "MessageAppended",
    "ModelReplied",
    "MutantsTried",
    "Noted",
    "PatternsTried",
    "PlanAccepted",
    "PlanRefused",
    "PlanRevised",
    "PreflightLooked",
    "ProgressPublished",
    "PullRequestPublished",
    "QuestionsAsked",
    "QuestionsSettled",
    "RequirementsWritten",
    "ReviewPassEnded",
    "ReviewSkipped",
    "RunEnded",
    "RunStarted",
    "StageEnded",
    "StageStarted",
    "TaskEnded",
    "TaskStarted",
    "TaskStatus",
    "TestsJudged",
    "TodosWritten",
    "ToolAnswered",
    "WorkDropped",
]

Event = Annotated[
    RunStarted
    | StageStarted
    | StageEnded
    | PreflightLooked
    | QuestionsAsked
    | QuestionsSettled
    | RequirementsWritten
    | PlanRefused
    | PlanAccepted
    | PlanRevised
    | CostEstimated
    | AgentChosen
    | AgentStopped
    | TaskStarted
    | TaskEnded
    | TodosWritten
    | ModelReplied
    | MessageAppended
    | ToolAnswered
    | AttemptRefused
    | ChecksRun
    | ReviewPassEnded
    | ReviewSkipped
    | FixRoundEnded
    | HeadMoved
    | WorkDropped
    | ChangeMeasured
    | GatesEvaluated
    | TestsJudged
    | MutantsTried
    | PatternsTried
    | MentionsResolved
    | BranchPushed
    | PullRequestPublished
    | ProgressPublished
    | Noted
    | RunEnded,
    Field(discriminator="kind"),
]


class Entry(Frozen):
    """One line of the journal; `seq` counts from 1, `elapsed_s` is monotonic from the start."""

    seq: int
    at: str
    elapsed_s: float
    event: Event
