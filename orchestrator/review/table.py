"""Who sits at the table of a review, and what is said across it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.review import (
        Finding,
        FixEnding,
        FixRound,
        Lens,
        Remark,
        ReviewPass,
        ReviewReport,
        Verification,
    )
    from orchestrator.review.memory import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a reviewer is asked."""

    lens: Lens
    round: int
    change: Change
    rejected: tuple[str, ...] = ()
    """Findings that were refuted or dropped before, so that they are not raised again."""
    answers: tuple[str, ...] = ()
    """What implementers said against findings of this lens, having changed nothing."""
    settled: tuple[tuple[Lens, Finding], ...] = ()
    """What was mended already, and must stay mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What came of a fix."""

    ending: FixEnding
    change: Change | None = None
    """The change that the fix left, also when it was undone; `None` if nothing was changed."""
    why: str = ""


class Participants(Protocol):
    """The people around the table, as the review stage provides them."""

    def ask(self, question: Question) -> ReviewReport | None:
        """Have one pass made; `None` when there was no valid answer."""
        ...

    def verify(
        self, question: Question, remarks: Sequence[Remark]
    ) -> Sequence[Verification | None]:
        """Have each remark of a pass refuted, if it can be; `None` where no answer came."""
        ...

    def fix(self, lens: Lens, findings: Sequence[Finding], memory: Memory, *, round_: int) -> Fixed:
        """Have findings fixed; one that makes anything worse is undone before this returns."""
        ...

    def take_back(self, change: Change) -> None:
        """Make the head of an earlier change the head again."""
        ...

    def ended(self, review: ReviewPass) -> None:
        """Hear about a pass that ended."""
        ...

    def mended(self, fix: FixRound) -> None:
        """Hear about a fix round that ended, or that one is undone after all."""
        ...
