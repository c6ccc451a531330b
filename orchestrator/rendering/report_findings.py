"""Which findings of a review still stand, and which were settled on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.review import Lens, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.review import Finding, ReviewPass


def open_findings(reviews: Sequence[ReviewPass]) -> tuple[tuple[Lens, Finding], ...]:
    """Return the findings that still stand, blocking ones first.

    That is the last pass of each lens; task reviews look at one task each, so every approved
    one of them counts.
    """
    found = [
        (lens, finding)
        for lens, passes in by_lens(reviews).items()
        for review in passes
        if review is passes[-1] or (lens is Lens.TASK and review.verdict is Verdict.APPROVE)
        for finding in review.findings
    ]
    return tuple(sorted(found, key=lambda item: item[1].severity is not Severity.BLOCKING))


def settled_findings(reviews: Sequence[ReviewPass]) -> tuple[tuple[Lens, Finding], ...]:
    """Return blocking findings of earlier looks whose lens approved the change in the end."""
    return tuple(
        (lens, finding)
        for lens, passes in by_lens(reviews).items()
        if lens is not Lens.TASK and passes[-1].verdict is Verdict.APPROVE
        for review in passes[:-1]
        for finding in review.findings
        if finding.severity is Severity.BLOCKING
    )


def by_lens(reviews: Sequence[ReviewPass]) -> Mapping[Lens, list[ReviewPass]]:
    """Return the passes of each lens that was used, in the lenses' own order."""
    return {
        lens: [one for one in reviews if one.lens is lens]
        for lens in Lens
        if any(one.lens is lens for one in reviews)
    }
