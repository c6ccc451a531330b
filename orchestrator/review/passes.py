"""The whole-change review: ordered passes, bounded fix rounds, verdicts bound to trees.

A verdict counts for the tree it was given for. A fix makes a new tree, so the passes
start over from the first one on it: later fixes cannot undo what an earlier pass saw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.review import (
    FixEnding,
    FixRound,
    Lens,
    ReviewPass,
    Severity,
    Standing,
    Verdict,
)
from orchestrator.review.judging import judge
from orchestrator.review.memory import Memory
from orchestrator.review.table import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.review import Finding, ReviewReport
    from orchestrator.review.judging import Judged
    from orchestrator.review.table import Fixed, Participants


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked, in which order, and when it is enough."""

    lenses: tuple[Lens, ...]
    fix_rounds: int
    """At most so many fixes for one lens."""
    blocking: Severity = Severity.BLOCKING
    """The lightest finding that has to be fixed."""

    def must_fix(self, finding: Finding) -> bool:
        """Tell whether the change is not approved before this is gone."""
        if self.blocking is Severity.ADVISORY:
            return finding.standing is Standing.VERIFIED
        return finding.severity is Severity.BLOCKING


@dataclass(slots=True)
class _LensState:
    asked: int = 0
    fixes: int = 0
    approved: set[str] = field(default_factory=set)
    gave_up_on: set[str] = field(default_factory=set)
    puzzled_by: str | None = None
    told: list[str] = field(default_factory=list)
    """Why its findings were not kept."""
    answers: list[str] = field(default_factory=list)
    """What implementers said instead of mending its findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptFix:
    """A fix that the head rests on, and where to go back to."""

    fix: FixRound
    before: Change


def run_passes(
    rules: Rules,
    change: Change,
    participants: Participants,
    *,
    earlier: Sequence[ReviewPass] = (),
    fixes: Sequence[FixRound] = (),
) -> Change:
    """Run every lens in order until each has approved the final tree or has given up on it.

    Args:
        rules: The lenses in the order to keep, and the bounds.
        change: Base to head, with its diff.
        participants: Who reviews, who verifies, who fixes, who listens.
        earlier: Passes of a run that this one resumes, and of the tasks; an approval of this
            tree still counts.
        fixes: Fix rounds of that run; they count.

    Returns:
        The change as it stands after all fixes.
    """
    return _Review(rules, change, participants, earlier, fixes).run()


class _Review:
    """One review in progress."""

    def __init__(
        self,
        rules: Rules,
        change: Change,
        participants: Participants,
        earlier: Sequence[ReviewPass],
        fixes: Sequence[FixRound],
    ) -> None:
        self._rules = rules
        self._change = change
        self._participants = participants
        self._memory = Memory.of(earlier, fixes, rules.must_fix)
        self._states = {lens: _state_after(lens, earlier, fixes) for lens in rules.lenses}
        self._kept: _KeptFix | None = None

    def run(self) -> Change:
        while (lens := self._next_lens()) is not None:
            self._look(lens)
        return self._change

    def _next_lens(self) -> Lens | None:
        tree = self._change.tree
        for lens, state in self._states.items():
            if tree not in state.approved | state.gave_up_on:
                return lens
        return None

    def _look(self, lens: Lens) -> None:
        state = self._states[lens]
        state.asked += 1
        question = Question(
            lens=lens,
            round=state.asked,
            change=self._change,
            rejected=(*self._memory.told(), *state.told),
            answers=tuple(state.answers),
            settled=tuple(self._memory.settled),
        )
        report = self._participants.ask(question)
        if report is None:
            state.gave_up_on.add(self._change.tree)
            self._participants.ended(_silent(question))
            return
        judged = judge(
            report,
            self._change,
            lens=lens,
            memory=self._memory,
            verify=lambda remarks: self._participants.verify(question, remarks),
        )
        wanted = tuple(filter(self._rules.must_fix, judged.kept))
        approves = not wanted and (report.verdict is Verdict.APPROVE or judged.is_overruled)
        self._participants.ended(_ended(question, report, judged, approves=approves))
        state.told += [text for text in judged.dropped if text not in state.told]
        if approves:
            state.approved.add(self._change.tree)
        elif wanted:
            self._have_fixed(lens, wanted)
        else:
            self._heard_without_reason(state)

    def _have_fixed(self, lens: Lens, wanted: tuple[Finding, ...]) -> None:
        state, before = self._states[lens], self._change
        if self._is_step_back(lens, wanted):
            return
        is_given_up = all(finding.also for finding in wanted)
        if state.fixes >= self._rules.fix_rounds or is_given_up:
            state.gave_up_on.add(before.tree)
            return
        state.fixes += 1
        fixed = self._participants.fix(lens, wanted, self._memory, round_=state.fixes)
        fix = FixRound(
            lens=lens,
            round=state.fixes,
            before=before.tree,
            after=fixed.change.tree if fixed.change else before.tree,
            ending=fixed.ending,
            why=fixed.why,
        )
        self._participants.mended(fix)
        self._after_fix(state, fix, fixed, wanted)

    def _after_fix(
        self, state: _LensState, fix: FixRound, fixed: Fixed, wanted: tuple[Finding, ...]
    ) -> None:
        if fix.ending is FixEnding.KEPT and fixed.change is not None:
            self._memory.settle(fix.lens, wanted)
            self._memory.standing.clear()
            self._kept = _KeptFix(fix=fix, before=self._change)
            self._change = fixed.change
        elif fix.ending is FixEnding.REFUTED:
            state.answers.append(fix.why)
        else:
            state.gave_up_on.add(self._change.tree)

    def _is_step_back(self, lens: Lens, wanted: Iterable[Finding]) -> bool:
        """Undo the last fix if it brought back what another lens had settled before."""
        kept, again = self._kept, self._memory.raised_again(lens, wanted)
        if kept is None or again is None or kept.fix.lens is lens:
            return False
        why = f"It brought back what the {lens} review had settled: {again.claim}"
        self._participants.take_back(kept.before)
        undone = kept.fix.model_copy(update={"ending": FixEnding.UNDONE, "why": why})
        self._participants.mended(undone)
        self._states[kept.fix.lens].gave_up_on.add(kept.before.tree)
        self._memory.standing.clear()
        self._change, self._kept = kept.before, None
        return True

    def _heard_without_reason(self, state: _LensState) -> None:
        tree = self._change.tree
        if state.puzzled_by == tree:
            state.gave_up_on.add(tree)
            return
        state.puzzled_by = tree
        state.told.append(
            "The last verdict asked for changes, but no blocking finding of it stands: approve, or "
            "name a line that this change adds and show how it fails."
        )


def _state_after(
    lens: Lens, earlier: Iterable[ReviewPass], fixes: Iterable[FixRound]
) -> _LensState:
    state = _LensState(fixes=max((fix.round for fix in fixes if fix.lens is lens), default=0))
    for review in earlier:
        if review.lens is lens:
            state.asked = max(state.asked, review.round)
            state.told += review.dropped
            if review.verdict is Verdict.APPROVE and not review.is_undone:
                state.approved.add(review.tree)
    return state


def _ended(
    question: Question, report: ReviewReport, judged: Judged, *, approves: bool
) -> ReviewPass:
    return ReviewPass(
        lens=question.lens,
        round=question.round,
        tree=question.change.tree,
        verdict=Verdict.APPROVE if approves else Verdict.CHANGES,
        findings=judged.kept,
        dropped=judged.dropped,
        checked=report.checked,
        not_checked=report.not_checked,
        refuted=judged.refuted,
        raised=judged.raised,
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
