"""From a reviewer's report to what counts of it: found, placed in the diff, verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.review import Finding, Severity, Standing
from orchestrator.review.likeness import is_same_line, squeezed
from orchestrator.review.triage import triage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from orchestrator.domain.change import Change
    from orchestrator.domain.review import Lens, Remark, ReviewReport, Verification
    from orchestrator.review.memory import Memory

    Verify: TypeAlias = Callable[[Sequence[Remark]], Sequence[Verification | None]]
    """Has each remark refuted by somebody else, if it can be; `None` where no answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is left of a report."""

    kept: tuple[Finding, ...]
    refuted: tuple[Finding, ...]
    dropped: tuple[str, ...]
    """One sentence for each finding that was not kept or counts for less."""
    raised: int
    """How many there were in all."""
    is_overruled: bool
    """Every blocking finding of the report was refuted: no reason for changes is left."""


def judge(
    report: ReviewReport, change: Change, *, lens: Lens, memory: Memory, verify: Verify
) -> Judged:
    """Return what counts of a report; the memory hears of it.

    What was refuted before, or is known from another lens, is not verified a second time.
    """
    sorted_out = triage(report, change)
    found: dict[int, Finding] = {}
    dropped = list(sorted_out.dropped)
    fresh: list[int] = []
    for at, remark in enumerate(sorted_out.kept):
        before, known = memory.refuted_before(lens, remark), memory.known(lens, remark)
        if before is not None:
            found[at] = _finding(remark, standing=Standing.REFUTED, proof=before.proof)
            dropped.append(f"{remark.path}:{remark.line}: raised again after it was refuted.")
        elif known is not None:
            found[at] = _as_known(remark, *known)
        else:
            fresh.append(at)
    answers = verify([sorted_out.kept[at] for at in fresh]) if fresh else ()
    for at, answer in zip(fresh, answers, strict=True):
        found[at] = verified(sorted_out.kept[at], answer)
    findings = [found[at] for at in sorted(found)]
    kept = tuple(item for item in findings if item.standing is not Standing.REFUTED)
    refuted = tuple(item for item in findings if item.standing is Standing.REFUTED)
    memory.ended(lens, kept, refuted)
    return Judged(
        kept=kept,
        refuted=refuted,
        dropped=tuple(dropped),
        raised=len(report.findings),
        is_overruled=_is_overruled(report, refuted),
    )


def verified(remark: Remark, answer: Verification | None) -> Finding:
    """Return a remark with what the verifier says of it; a verifier can only make it lighter."""
    if answer is None:
        return _finding(remark, standing=Standing.UNVERIFIED, severity=Severity.ADVISORY)
    if not answer.holds:
        return _finding(remark, standing=Standing.REFUTED, proof=answer.evidence)
    both = {remark.severity, answer.severity}
    return _finding(
        remark,
        standing=Standing.VERIFIED,
        severity=Severity.ADVISORY if Severity.ADVISORY in both else Severity.BLOCKING,
        is_reproduced=answer.reproduced,
        proof=answer.evidence,
    )


def _as_known(remark: Remark, lens: Lens, known: Finding) -> Finding:
    """Return a remark that another lens has raised: its verdict is the one that is there."""
    return _finding(
        remark,
        standing=known.standing,
        is_reproduced=known.is_reproduced,
        proof=known.proof,
        also=(lens,),
    )


def _finding(remark: Remark, **known: object) -> Finding:
    return Finding.model_validate({**remark.model_dump(), **known})


def _is_overruled(report: ReviewReport, refuted: Sequence[Finding]) -> bool:
    blocking = [item for item in report.findings if item.severity is Severity.BLOCKING]
    return bool(blocking) and all(
        any(
            is_same_line(remark, other) and squeezed(remark.claim) == squeezed(other.claim)
            for other in refuted
        )
        for remark in blocking
    )
