"""The port that every gate satisfies: a yes/no rule on evidence, with no model inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.file_class import FileClass, FilePolicy
    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.review import ReviewPass
    from orchestrator.domain.strength import PatternReport


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
    patterns: PatternReport | None = None
    """The repository's pattern rules on the changed lines; `None` when nobody tried them."""
    special_cases: tuple[str, ...] | None = None
    """Places where code has a case for a test's input; `None` when nobody looked."""
    planned: tuple[str, ...] | None = None
    """Globs of the files that tasks of the plan may change; `None` without a plan."""
    file_policies: Mapping[FileClass, FilePolicy] = field(default_factory=dict)
    """`constraints.file_classes`; what it does not name is as usual."""
    believes_exit_code: bool = False
    """Whether people said that a test command's exit code alone is evidence."""
    approval_label: str = ""
    approved_by: str = ""
    """Who with write permission put that label on the pull request since the last change."""
    reviewers: frozenset[str] | None = None
    """Names of those who may give verdicts; `None` when nobody asked."""


class Gate(Protocol):
    """One rule."""

    @property
    def name(self) -> str:
        """The name used in `constraints.merge_requirements`."""
        ...

    def judge(self, evidence: Evidence) -> GateResult:
        """Decide on the exact head commit of `evidence.change`; no evidence is never a pass."""
        ...
