"""The port that every gate satisfies: a yes/no rule on evidence, with no model inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.review import ReviewPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything gates may look at; all of it measured, none of it claimed."""

    change: Change
    """Base to head, with the diff text."""
    base_checks: tuple[CheckReport, ...]
    head_checks: tuple[CheckReport, ...]
    reviews: tuple[ReviewPass, ...]
    conflicts: tuple[str, ...] | None
    """Paths that conflict with the current base branch; `None` when nobody looked."""
    protected_paths: tuple[str, ...]
    max_changed_lines: int | None
    max_files: int | None


class Gate(Protocol):
    """One rule."""

    @property
    def name(self) -> str:
        """The name used in `constraints.merge_requirements`."""
        ...

    def judge(self, evidence: Evidence) -> GateResult:
        """Decide on the exact head commit of `evidence.change`; no evidence is never a pass."""
        ...
