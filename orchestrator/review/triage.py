"""Which of a reviewer's findings are worth anybody's time.

Reviewers are imprecise by default, so a finding must quote a line that this change
really adds or removes, and a blocking one must come with evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.patch import parse_patch
from orchestrator.domain.review import EvidenceKind, Remark, ReviewReport, Severity
from orchestrator.review.likeness import is_same_line, squeezed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.change import Change

MAX_BLOCKING = 3
"""Per pass: more are noise, and come back in the next round if they are not."""
MAX_ADVISORY = 5
"""Per pass: each costs a verifier's time and then a reader's."""
MIN_CONFIDENCE = 80
"""Percent; the prompt names the same number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What is left of a report."""

    kept: tuple[Remark, ...]
    dropped: tuple[str, ...]
    """One sentence for each finding that was not kept or was made lighter."""


def triage(report: ReviewReport, change: Change) -> Triage:
    """Keep the remarks that point at lines which the change touches, and that somebody is sure of.

    A remark's line number is corrected to where the quoted line really stands, or stood; a line
    that is both added and removed is taken for the added one. Blocking remarks without evidence,
    and those beyond the first three, become advisory; advisory ones beyond the first five are
    dropped.
    """
    added, gone = added_lines(change.diff), _gone_lines(change.diff)
    kept: list[Remark] = []
    dropped: list[str] = []
    for remark in report.findings:
        located = _located(remark, added) or _located(remark, gone)
        why = _why_dropped(located, kept)
        if located is None or why:
            where = f"{remark.path}:{remark.line}" if located is None else _place(located)
            dropped.append(f"{where}: {why}")
            continue
        weighed, lighter = _weighed(located, kept)
        if lighter:
            dropped.append(f"{_place(located)}: {lighter}")
        if weighed is not None:
            kept.append(weighed)
    return Triage(kept=tuple(kept), dropped=tuple(dropped))


def added_lines(diff: str) -> Mapping[str, Sequence[tuple[int, str]]]:
    """Return path → (line number in the new file, text) of every added line."""
    return {file.path: file.added for file in parse_patch(diff)}


def _gone_lines(diff: str) -> Mapping[str, Sequence[tuple[int, str]]]:
    return {file.path: file.gone for file in parse_patch(diff)}


def is_added(remark: Remark, diff: str) -> bool:
    """Tell whether the line that a remark quotes is one that the diff adds."""
    return _located(remark, added_lines(diff)) is not None


def _located(remark: Remark, lines: Mapping[str, Sequence[tuple[int, str]]]) -> Remark | None:
    """Return the remark at the line that it quotes; of several lines the longest decides."""
    path = remark.path.removeprefix("./")
    quote = max(map(squeezed, remark.quote.split("\n")), key=len)
    places = [number for number, text in lines.get(path, ()) if quote and quote in squeezed(text)]
    if not places:
        return None
    nearest = min(places, key=lambda number: abs(number - remark.line))
    return remark.model_copy(update={"line": nearest, "path": path})


def _why_dropped(located: Remark | None, kept: Sequence[Remark]) -> str:
    if located is None:
        return "the quoted line is not one that this change adds or removes."
    if located.confidence < MIN_CONFIDENCE:
        return f"the reviewer is sure to {located.confidence} % only."
    if any(_is_repeated(located, other) for other in kept):
        return "says the same as another finding."
    return ""


def _weighed(remark: Remark, kept: Sequence[Remark]) -> tuple[Remark | None, str]:
    """Return the remark as it counts, `None` if it does not, and why it counts for less."""
    lighter = ""
    if remark.severity is Severity.BLOCKING:
        if not remark.evidence.strip() or remark.evidence_kind is EvidenceKind.NONE:
            lighter = "without evidence it cannot block; kept as advisory."
        elif _count(kept, Severity.BLOCKING) >= MAX_BLOCKING:
            lighter = f"one pass blocks on {MAX_BLOCKING} findings at most; advisory."
        else:
            return remark, ""
    if _count(kept, Severity.ADVISORY) >= MAX_ADVISORY:
        return None, f"one pass has {MAX_ADVISORY} advisory findings at most."
    return remark.model_copy(update={"severity": Severity.ADVISORY}), lighter


def _count(kept: Sequence[Remark], severity: Severity) -> int:
    return sum(item.severity is severity for item in kept)


def _is_repeated(left: Remark, right: Remark) -> bool:
    return is_same_line(left, right) and squeezed(left.claim) == squeezed(right.claim)


def _place(remark: Remark) -> str:
    return f"{remark.path}:{remark.line}"
