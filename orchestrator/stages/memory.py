"""What was merged here before: the last few issues' work, for patterns to follow.

Only merged work counts, so that nothing is learnt from what people did not want, and only
what the run's own journal holds: nobody's later words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.earlier import EarlierWork
from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.record import fold
from orchestrator.domain.review import Severity, Standing
from orchestrator.rendering.cleaning import clean
from orchestrator.rendering.markdown import cut
from orchestrator.telemetry.replay import parse_journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.record import RunRecord
    from orchestrator.stages.preflight.scene import Scene

_LOOKED_AT: Final = 10
MOST_FILES: Final = 12
MOST_LESSONS: Final = 3
LONGEST: Final = 400
"""Characters of one text, and a note of what was cut; a path gets half of it."""


def earlier_work(scene: Scene, *, limit: int) -> tuple[EarlierWork, ...]:
    """Return the work of the issues merged last, newest first; what cannot be read is told.

    Args:
        scene: Where it lies; the issue at hand does not count.
        limit: How many at most; 0 looks at nothing.
    """
    if limit == 0:
        return ()
    try:
        journals = scene.upstream.states(besides=scene.issue.number, limit=_LOOKED_AT)
        if not journals:
            return ()
        records = _records(scene, journals)
        order = _merged_order(scene)
        merged = [(place, one) for one in records if (place := _place(scene, one, order)) >= 0]
    except OrchestratorError as error:
        _tell(scene, f"What was merged before could not be looked at: {error}", error.hint)
        return ()
    merged.sort(key=lambda item: item[0])
    found = (_work(record) for _, record in merged)
    return tuple(work for work in found if work is not None)[:limit]


def _records(scene: Scene, journals: Sequence[bytes]) -> list[RunRecord]:
    records, unread = [], 0
    for content in journals:
        try:
            records.append(fold(parse_journal(content, name="journal")))
        except OrchestratorError:
            unread += 1
    if unread:
        text = f"Nothing is remembered of {unread} earlier runs: their state cannot be read."
        _tell(scene, text, "Look at the refs refs/orchestrator/issue-<n>; who wrote them?")
    return records


def _merged_order(scene: Scene) -> Mapping[tuple[int, str], int]:
    """Return the place of each merged request, newest first, by its number and branch."""
    try:
        merged = scene.survey.merged_requests()
    except OrchestratorError:
        # The history of the base is still there to be asked.
        return {}
    return {(one.number, one.head_branch): place for place, one in enumerate(merged)}


def _place(scene: Scene, record: RunRecord, order: Mapping[tuple[int, str], int]) -> int:
    """Return where a run's work stands among what was merged, or -1 if it was not."""
    started, head, request = record.started, record.head, record.pull_request
    if started is None or head is None:
        return -1
    if request is not None and (request.number, started.branch) in order:
        return order[request.number, started.branch]
    # Where nobody keeps a list of merges, the history does; a squashed merge is not in it.
    is_in_base = scene.git.resolve(head) is not None and scene.git.is_ancestor(
        head, scene.base.commit
    )
    return len(order) if is_in_base else -1


def _work(record: RunRecord) -> EarlierWork | None:
    if record.started is None or record.plan is None or record.change is None:
        return None
    request = record.pull_request
    return EarlierWork(
        issue_number=record.started.issue_number,
        pull_request=None if request is None else request.number,
        title=_short(record.started.issue_title),
        summary=_short(record.plan.summary),
        files=tuple(_short(file.path, LONGEST // 2) for file in record.change.files[:MOST_FILES]),
        lessons=_lessons(record),
    )


def _lessons(record: RunRecord) -> tuple[str, ...]:
    """Return what blocked in review and was proved: what reviewers here care about."""
    claims = (
        f"{finding.path}: {finding.claim}"
        for review in record.reviews
        for finding in review.findings
        if finding.severity is Severity.BLOCKING and finding.standing is Standing.VERIFIED
    )
    return tuple(map(_short, dict.fromkeys(claims)))[:MOST_LESSONS]


def _short(text: str, most: int = LONGEST) -> str:
    return cut(clean(text).text, most)


def _tell(scene: Scene, text: str, hint: str) -> None:
    scene.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))
