"""What the stages so far have produced: each stage takes it and returns more of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.change import Change
    from orchestrator.domain.plan import Plan
    from orchestrator.domain.requirements import SearchAnswer, TechnicalRequirements
    from orchestrator.domain.work import HonestExit, TestsReport, WorkReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything known about the work; what did not happen yet is `None` or empty."""

    requirements: TechnicalRequirements | None = None
    plan: Plan | None = None
    answers: Mapping[int, SearchAnswer] = field(default_factory=dict)
    """By the id of the analysis task."""
    work: Mapping[int, WorkReport] = field(default_factory=dict)
    """By the id of the implementation task."""
    tests: TestsReport | None = None
    change: Change | None = None
    """Base to head, with the diff; `None` until there is a first commit."""
    exits: tuple[HonestExit, ...] = ()
    failures: tuple[str, ...] = ()
    """One sentence for each task that did not get done."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing that was planned is missing."""
        return not self.failures and not self.exits
