"""Which findings of a review still stand, and which were settled on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.review import Lens, Severity, Verdict, standing_passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.domain.review import Finding, ReviewPass


def open_findings(reviews: Sequence[ReviewPass]) -> tuple[tuple[Lens, Finding], ...]:
    """Return the findings that still stand, blocking ones first, each once.

    That is the last pass of each lens that counts; of looks at single tasks only the approved
    ones, because the review of the whole change takes up what stood open. What several lenses
    raised names the others in `also`.
    """
    found = [
        (one.lens, finding)
        for one in sorted(standing_passes(reviews), key=lambda one: list(Lens).index(one.lens))
        if one.lens is not Lens.TASK or one.verdict is Verdict.APPROVE
        for finding in one.findings
    ]
    merged = [
        _with_later(lens, finding, found)
        for lens, finding in found
        if not any(other in finding.also and _is_one(finding, earlier) for other, earlier in found)
    ]
    return tuple(sorted(merged, key=lambda item: item[1].severity is not Severity.BLOCKING))


def settled_findings(reviews: Sequence[ReviewPass]) -> tuple[tuple[Lens, Finding], ...]:
    """Return blocking findings of earlier looks whose lens approved the change in the end."""
    return tuple(
        (lens, finding)
        for lens, passes in by_lens(one for one in reviews if not one.is_undone).items()
        if lens is not Lens.TASK and passes[-1].verdict is Verdict.APPROVE
        for review in passes[:-1]
        for finding in review.findings
        if finding.severity is Severity.BLOCKING
    )


def by_lens(reviews: Iterable[ReviewPass]) -> Mapping[Lens, list[ReviewPass]]:
    """Return the passes of each lens that was used, in the lenses' own order."""
    known = tuple(reviews)
    return {
        lens: [one for one in known if one.lens is lens]
        for lens in Lens
        if any(one.lens is lens for one in known)
    }


def _with_later(
    lens: Lens, finding: Finding, found: Sequence[tuple[Lens, Finding]]
) -> tuple[Lens, Finding]:
    """Name the lenses that found this known already."""
    also = tuple(other for other, later in found if lens in later.also and _is_one(later, finding))
    return lens, finding.model_copy(update={"also": also})


def _is_one(left: Finding, right: Finding) -> bool:
    return (left.path, left.line) == (right.path, right.line)
