"""Findings, reviews and what became of both."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator.domain.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable


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


class EvidenceKind(StrEnum):
    """What stands behind a finding."""

    TEST = "test"
    INPUT = "input"
    TRACE = "trace"
    RULE = "rule"
    MEASUREMENT = "measurement"
    NONE = "none"


class Standing(StrEnum):
    """What became of a finding when somebody else tried to refute it."""

    VERIFIED = "verified"
    REFUTED = "refuted"
    UNVERIFIED = "unverified"
    """The verifier gave no answer: the finding is advice at most."""


class Remark(Frozen):
    """One remark of a reviewer, as submitted."""

    path: str
    line: int
    """Line in the new file, 1-based; for a removed line, the one that follows it there."""
    quote: str
    """The text of the added or removed line; a remark whose quote is not in the diff is dropped."""
    claim: str
    scenario: str
    """Who meets it, when, and what happens then."""
    evidence_kind: EvidenceKind
    evidence: str
    """The failing test or input, the trace, the quoted written rule or the measurement."""
    severity: Severity
    """After what it follows from, as a model writes fields in this order."""
    suggestion: str
    confidence: Annotated[int, Field(ge=0, le=100)]
    """In percent."""


class Finding(Remark):
    """A remark that was kept, and how it stood up to the verifier."""

    scenario: str = ""
    evidence_kind: EvidenceKind = EvidenceKind.NONE
    confidence: Annotated[int, Field(ge=0, le=100)] = 100
    standing: Standing = Standing.UNVERIFIED
    is_reproduced: bool = False
    """The verifier saw it happen."""
    proof: str = ""
    """What the verifier found."""
    also: tuple[Lens, ...] = ()
    """Other lenses that raised the same."""


class ReviewReport(Frozen):
    """A reviewer's result for one pass."""

    findings: tuple[Remark, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    verdict: Verdict
    """Last, as what follows from the rest."""


class Verification(Frozen):
    """A verifier's result for one finding."""

    evidence: str
    reproduced: bool
    holds: bool
    severity: Severity


class ReviewPass(Frozen):
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
    """Why findings were not kept, or count for less, one sentence each."""
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    reviewer: str = ""
    """Name of the agent that gave the verdict."""
    task_id: int | None = None
    """Set for the task lens: whose change was looked at."""
    refuted: tuple[Finding, ...] = ()
    """Findings that did not stand up to the verifier; published nowhere as findings."""
    raised: int = 0
    """How many findings were handed in; 0 also in journals from before they were counted."""
    is_undone: bool = False
    """The tree it saw was given up again: neither verdict nor findings count."""


class FixEnding(StrEnum):
    """What became of a fix round."""

    KEPT = "kept"
    REFUTED = "refuted"
    """The implementer changed nothing, because the findings are wrong."""
    FAILED = "failed"
    UNDONE = "undone"
    """It made something worse, so the head went back."""


class FixRound(Frozen):
    """One attempt at mending the blocking findings of one lens."""

    lens: Lens
    round: int
    """1 for the lens's first fix."""
    before: str
    """Tree that the findings are about."""
    after: str
    """Tree that the fix left; the same as `before` when nothing was changed."""
    ending: FixEnding
    why: str = ""


class SkippedReview(Frozen):
    """A look that was not taken, and why."""

    task_id: int
    why: str


def standing_passes(reviews: Iterable[ReviewPass]) -> tuple[ReviewPass, ...]:
    """Return the passes that count: the last one of each lens, and of each task for its lens.

    Passes over a tree that was given up again are left out.
    """
    last = {(one.lens, one.task_id): one for one in reviews if not one.is_undone}
    return tuple(last.values())
