"""The whole-change review: ordered passes, bounded fix rounds, verdicts bound to trees.

A verdict counts for the tree it was given for. A fix makes a new tree, so the passes
start over from the first one on it: later fixes cannot undo what an earlier pass saw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.review import Lens, ReviewPass, Verdict
from orchestrator.review.triage import Triage, triage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.review import Finding, ReviewReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a reviewer is asked."""

    lens: Lens
    round: int
    change: Change
    rejected: tuple[str, ...]
    """Findings of this lens that were dropped before, so that they are not raised again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """The fixer changed nothing, because the findings are wrong."""

    why: str


class Participants(Protocol):
    """The people around the table, as the review stage provides them."""

    def ask(self, question: Question) -> ReviewReport | None:
        """Have one pass made; `None` when there was no valid answer."""
        ...

    def fix(self, lens: Lens, findings: Sequence[Finding]) -> Change | Refuted | None:
        """Have blocking findings fixed; `None` when nothing came of it, else the new change."""
        ...

    def ended(self, review: ReviewPass) -> None:
        """Hear about a pass that ended."""
        ...


@dataclass(slots=True)
class _LensState:
    asked: int = 0
    fixes: int = 0
    approved_tree: str | None = None
    gave_up_on: str | None = None
    puzzled_by: str | None = None
    rejected: list[str] = field(default_factory=list)


def run_passes(
    lenses: Sequence[Lens],
    change: Change,
    participants: Participants,
    *,
    fix_rounds: int,
    earlier: Sequence[ReviewPass] = (),
) -> Change:
    """Run every lens in order until each has approved the final tree or has given up on it.

    Args:
        lenses: In the order to keep.
        change: Base to head, with its diff.
        participants: Who reviews, who fixes, who listens.
        fix_rounds: At most so many fixes for one lens.
        earlier: Passes of a run that this one resumes; an approval of this tree still counts.

    Returns:
        The change as it stands after all fixes.
    """
    states = {lens: _state_after(lens, earlier) for lens in lenses}
    while (lens := _next_lens(states, change.tree)) is not None:
        state = states[lens]
        kept = _asked(lens, state, change, participants)
        if kept is None or not kept.blocking:
            continue
        if state.fixes >= fix_rounds:
            state.gave_up_on = change.tree
            continue
        state.fixes += 1
        change = _after_fix(state, change, participants.fix(lens, kept.blocking))
    return change


def _state_after(lens: Lens, earlier: Sequence[ReviewPass]) -> _LensState:
    state = _LensState()
    for review in earlier:
        if review.lens is lens:
            state.asked = max(state.asked, review.round)
            if review.verdict is Verdict.APPROVE:
                state.approved_tree = review.tree
    return state


def _after_fix(state: _LensState, change: Change, fixed: Change | Refuted | None) -> Change:
    if isinstance(fixed, Refuted):
        state.rejected.append(f"Refuted by the implementer, who changed nothing: {fixed.why}")
        return change
    if fixed is None or fixed.tree == change.tree:
        state.gave_up_on = change.tree
        return change
    return fixed


def _next_lens(states: dict[Lens, _LensState], tree: str) -> Lens | None:
    for lens, state in states.items():
        if tree not in {state.approved_tree, state.gave_up_on}:
            return lens
    return None


def _asked(
    lens: Lens, state: _LensState, change: Change, participants: Participants
) -> Triage | None:
    state.asked += 1
    question = Question(lens=lens, round=state.asked, change=change, rejected=tuple(state.rejected))
    report = participants.ask(question)
    if report is None:
        state.gave_up_on = change.tree
        participants.ended(_silent(question))
        return None
    kept = triage(report, change)
    state.rejected.extend(kept.dropped)
    approves = report.verdict is Verdict.APPROVE and not kept.blocking
    if approves:
        state.approved_tree = change.tree
    elif not kept.blocking:
        _heard_without_reason(state, change.tree)
    participants.ended(
        ReviewPass(
            lens=lens,
            round=question.round,
            tree=change.tree,
            verdict=Verdict.APPROVE if approves else Verdict.CHANGES,
            findings=kept.kept,
            dropped=kept.dropped,
            checked=report.checked,
            not_checked=report.not_checked,
        )
    )
    return kept


def _heard_without_reason(state: _LensState, tree: str) -> None:
    if state.puzzled_by == tree:
        state.gave_up_on = tree
        return
    state.puzzled_by = tree
    state.rejected.append(
        "The last verdict asked for changes, but no blocking finding of it stands: approve, or "
        "name a line that this change adds and show how it fails."
    )


def _silent(question: Question) -> ReviewPass:
    return ReviewPass(
        lens=question.lens,
        round=question.round,
        tree=question.change.tree,
        verdict=None,
        findings=(),
        dropped=(),
        not_checked=("The reviewer gave no valid answer.",),
    )
