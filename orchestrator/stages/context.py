"""What every stage is handed: the fixed facts of the run and its collaborators.

The writer of the forge is not among them; `show` is all that a stage can do about the
world outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.agents.roster import Roster
    from orchestrator.config.limits import LimitSettings
    from orchestrator.config.project import PatternSettings
    from orchestrator.config.run_rules import MemorySettings, PreflightSettings, ReviewSettings
    from orchestrator.config.workflow import ConstraintSettings, WorkflowSettings
    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.issue import Actor
    from orchestrator.gates.gates import Gate
    from orchestrator.rendering.templates import Templates
    from orchestrator.scheduling.workers import Ahead, CancelToken
    from orchestrator.stages.branch import RunBranch
    from orchestrator.stages.commands import ProjectCommands
    from orchestrator.stages.estimating import Pricing
    from orchestrator.stages.preflight.scene import Scene
    from orchestrator.stages.staff import Staff
    from orchestrator.stages.upstream import Upstream
    from orchestrator.stages.workplace import Workplaces
    from orchestrator.telemetry.journal import Journal
    from orchestrator.telemetry.redaction import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run."""

    run_id: str
    issue_number: int
    requester: Actor
    workflow: WorkflowSettings
    constraints: ConstraintSettings
    patterns: PatternSettings
    mutants: int
    """How many small errors to try on the finished change."""
    limits: LimitSettings
    review: ReviewSettings
    preflight: PreflightSettings
    memory: MemorySettings
    technologies: tuple[str, ...]
    """Lower-case words for what the project is made with, for choosing agents."""
    decisions: tuple[DecisionRecord, ...]
    """The repository's architecture decisions on the base commit."""
    roster: Roster
    branch: RunBranch
    workplaces: Workplaces
    staff: Staff
    commands: ProjectCommands
    service: Ahead[str] | None
    """What the model's service said when it was asked ahead; `None`: a script plays the model."""
    gates: Callable[[], tuple[Gate, ...]]
    journal: Journal
    redactor: Redactor
    """Takes this run's secrets out of words that leave in a commit."""
    pricing: Pricing
    templates: Templates
    """For words that go back to an agent in the same conversation."""
    cancel: CancelToken
    upstream: Upstream
    scene: Scene
    show: Callable[[], None]
    """Brings the branch's head and the record to where people look."""
