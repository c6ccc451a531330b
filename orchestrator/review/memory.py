"""What a review must not forget: findings that were refuted, and findings that were settled.

A refuted finding is not raised a second time; the cause of a settled one does not come back
with a later fix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.review import FixEnding, Severity
from orchestrator.review.likeness import is_alike, is_same_line
from orchestrator.review.triage import is_added

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.review import Finding, FixRound, Lens, Remark, ReviewPass


@dataclass(slots=True)
class Memory:
    """Shared by all passes and rounds of one change."""

    refuted: list[tuple[Lens, Finding]] = field(default_factory=list)
    settled: list[tuple[Lens, Finding]] = field(default_factory=list)
    """Accepted by a verifier and mended by a fix that was kept."""
    standing: list[tuple[Lens, Finding]] = field(default_factory=list)
    """Judged and still open."""

    @classmethod
    def of(
        cls,
        passes: Iterable[ReviewPass],
        fixes: Iterable[FixRound],
        must_fix: Callable[[Finding], bool],
    ) -> Memory:
        """Return what the passes and fixes of an earlier run have taught."""
        memory = cls()
        kept = {(fix.lens, fix.before) for fix in fixes if fix.ending is FixEnding.KEPT}
        for one in passes:
            memory.refuted += [(one.lens, finding) for finding in one.refuted]
            if (one.lens, one.tree) in kept:
                wanted = filter(must_fix, one.findings)
                memory.settled += [(one.lens, finding) for finding in wanted]
        return memory

    def told(self) -> tuple[str, ...]:
        """Return the refuted findings as sentences for reviewers of every lens."""
        return tuple(
            f"{finding.path}:{finding.line}: {finding.claim} Refuted by the verifier: "
            f"{finding.proof}"
            for _, finding in self.refuted
        )

    def refuted_before(self, lens: Lens, remark: Remark) -> Finding | None:
        """Return the refuted finding that a remark raises again.

        One lens gets one try at a line; another lens may say something else about it.
        """
        for other, finding in self.refuted:
            if is_alike(finding, remark) or (other is lens and is_same_line(finding, remark)):
                return finding
        return None

    def known(self, lens: Lens, remark: Remark) -> tuple[Lens, Finding] | None:
        """Return the open finding of another lens that says the same and weighs no less."""
        for other, finding in self.standing:
            is_lighter = Severity.ADVISORY in {finding.severity} - {remark.severity}
            if other is not lens and not is_lighter and is_alike(finding, remark):
                return other, finding
        return None

    def ended(self, lens: Lens, kept: Sequence[Finding], refuted: Sequence[Finding]) -> None:
        """Take in what became of one pass: it replaces the lens's last one."""
        self.refuted += [(lens, finding) for finding in refuted]
        others = [item for item in self.standing if item[0] is not lens]
        self.standing = others + [(lens, finding) for finding in kept]

    def settle(self, lens: Lens, findings: Iterable[Finding]) -> None:
        """Take in that a fix for these was kept."""
        self.settled += [(lens, finding) for finding in findings]

    def broken_by(self, before: Change, after: Change) -> tuple[Lens, Finding] | None:
        """Return a settled finding whose line was gone and comes back with a fix."""
        for lens, finding in self.settled:
            if not is_added(finding, before.diff) and is_added(finding, after.diff):
                return lens, finding
        return None

    def raised_again(self, lens: Lens, findings: Iterable[Finding]) -> Finding | None:
        """Return the settled finding of a lens that it now has to raise once more."""
        for finding in findings:
            for other, settled in self.settled:
                if other is lens and is_alike(settled, finding):
                    return settled
        return None
