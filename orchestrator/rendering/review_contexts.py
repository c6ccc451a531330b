"""What the prompts of a review are given: one frozen record per template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.plan import Decision, Task
    from orchestrator.domain.requirements import TechnicalRequirements
    from orchestrator.domain.review import Lens, Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedChange:
    """`change.md.j2`: the same bytes for every lens through which this change is seen."""

    requirements: TechnicalRequirements
    diff: str
    """With line numbers, see `prompts.numbered_diff`."""
    acceptance: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    checks: tuple[str, ...] = ()
    """One line per check the program ran."""
    settled: tuple[str, ...] = ()
    """Findings that were mended before and must stay mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTask:
    """`tasks/review.md.j2`: what one lens is told about it."""

    lens: Lens
    round: int
    task: Task | None = None
    """Set for the task lens: the task whose change this is."""
    rejected: tuple[str, ...] = ()
    """Findings that were refuted, and why others of this lens were dropped."""
    answers: tuple[str, ...] = ()
    """What implementers said against findings of this lens, having changed nothing."""
    carried: tuple[Task, ...] = ()
    """Tasks that nobody has accepted by themselves: this pass looks at them, too."""
    objections: tuple[str, ...] = ()
    """What stood open when such a task was looked at."""
    records: tuple[DecisionRecord, ...] = ()
    """The repository's decisions, for the architecture lens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyTask:
    """`tasks/verify.md.j2`: one finding and the code around it."""

    lens: Lens
    finding: Remark
    hunk: str
    """The changed lines around it, numbered."""
    excerpt: str
    """The new file around it, numbered."""
    answers: tuple[str, ...] = ()
    """What implementers said against findings of this lens."""
