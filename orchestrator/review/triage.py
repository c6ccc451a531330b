"""Which of a reviewer's findings are worth anybody's time.

Reviewers are imprecise by default, so a finding must quote a line that this change
really adds, and a blocking one must come with evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from unidiff.patch import PatchSet

from orchestrator.domain.review import Finding, ReviewReport, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.change import Change

MAX_BLOCKING = 3
"""Per pass; facts/pipeline-quality rule 13: more are noise and come back in the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What is left of a report."""

    kept: tuple[Finding, ...]
    dropped: tuple[str, ...]
    """One sentence for each finding that was not kept or was made lighter."""

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The kept findings that must be fixed."""
        return tuple(item for item in self.kept if item.severity is Severity.BLOCKING)


def triage(report: ReviewReport, change: Change) -> Triage:
    """Keep the findings that point at lines which the change adds.

    A finding's line number is corrected to where the quoted line really stands. Blocking
    findings without evidence, and those beyond the first three, become advisory.
    """
    lines = added_lines(change.diff)
    kept: list[Finding] = []
    dropped: list[str] = []
    for finding in report.findings:
        located = _located(finding, lines)
        if located is None:
            dropped.append(
                f"{finding.path}:{finding.line}: the quoted line is not one that this change adds."
            )
        elif any(_same(located, other) for other in kept):
            dropped.append(f"{located.path}:{located.line}: says the same as another finding.")
        else:
            kept.append(_weighed(located, kept, dropped))
    return Triage(kept=tuple(kept), dropped=tuple(dropped))


def added_lines(diff: str) -> Mapping[str, Mapping[int, str]]:
    """Return path → line number in the new file → text, for every added line."""
    return {
        file.path: {
            line.target_line_no: line.value.rstrip("\r\n")
            for hunk in file
            for line in hunk
            if line.is_added and line.target_line_no is not None
        }
        for file in PatchSet(diff)
    }


def _located(finding: Finding, lines: Mapping[str, Mapping[int, str]]) -> Finding | None:
    quote = _squeezed(finding.quote)
    places = [
        number
        for number, text in lines.get(finding.path.removeprefix("./"), {}).items()
        if quote and (quote in _squeezed(text) or _squeezed(text) == quote)
    ]
    if not places:
        return None
    nearest = min(places, key=lambda number: abs(number - finding.line))
    return finding.model_copy(update={"line": nearest, "path": finding.path.removeprefix("./")})


def _weighed(finding: Finding, kept: list[Finding], dropped: list[str]) -> Finding:
    if finding.severity is not Severity.BLOCKING:
        return finding
    where = f"{finding.path}:{finding.line}"
    if not finding.evidence.strip():
        dropped.append(f"{where}: without evidence it cannot block; kept as advisory.")
    elif sum(item.severity is Severity.BLOCKING for item in kept) >= MAX_BLOCKING:
        dropped.append(f"{where}: one pass blocks on {MAX_BLOCKING} findings at most; advisory.")
    else:
        return finding
    return finding.model_copy(update={"severity": Severity.ADVISORY})


def _same(left: Finding, right: Finding) -> bool:
    return (left.path, left.line, _squeezed(left.claim)) == (
        right.path,
        right.line,
        _squeezed(right.claim),
    )


def _squeezed(text: str) -> str:
    return " ".join(text.removeprefix("+").split())
