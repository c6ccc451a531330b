"""Findings and reviews."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lens(StrEnum):
    """What a review pass looks for, in the order the passes run."""

    TASK = "task"
    SECURITY = "security"
    PERFORMANCE = "performance"
    ARCHITECTURE = "architecture"
    STYLE = "style"


class Severity(StrEnum):
    """Weight of a finding."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"


class Verdict(StrEnum):
    """What a reviewer concludes."""

    APPROVE = "approve"
    CHANGES = "changes"


class Finding(_Frozen):
    """One remark of a reviewer, as submitted."""

    severity: Severity
    path: str
    line: int
    """Line in the new file, 1-based."""
    quote: str
    """The text of that line; a finding whose quote is not in the diff is dropped."""
    claim: str
    evidence: str
    """The failing input, trace, quoted written rule or measurement."""
    suggestion: str


class ReviewReport(_Frozen):
    """A reviewer's result for one pass."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]


class ReviewPass(_Frozen):
    """One executed pass: what was asked, of which tree, and what came of it."""

    lens: Lens
    round: int
    """1 for the first look, then one more for each fix round."""
    tree: str
    """Git tree id that the reviewer saw; a verdict counts for no other tree."""
    verdict: Verdict | None
    """`None` when there was no valid answer, which is not an approval."""
    findings: tuple[Finding, ...]
    dropped: tuple[str, ...]
    """Why findings were not kept, one sentence each."""
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
