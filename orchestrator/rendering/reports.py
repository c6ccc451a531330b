"""Everything we publish about a run, from its record alone.

Texts of strangers and models pass through the filters of `rendering.markdown`, so that in
a report nobody is mentioned, nothing is linked or closed, and no run is set off by it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.plan import StageName
from orchestrator.domain.review import Severity
from orchestrator.rendering.dag import mermaid
from orchestrator.rendering.markdown import cut, plain
from orchestrator.rendering.report_findings import by_lens, open_findings
from orchestrator.rendering.report_view import view_of
from orchestrator.rendering.vetting import vetted

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord
    from orchestrator.rendering.report_view import ReportView
    from orchestrator.rendering.templates import Templates

MAX_BODY = 60_000
"""Characters; GitHub takes 65,536 for a body or comment (facts/github-actions.md)."""
MAX_SUMMARY = 900_000
"""Bytes would be 1 MiB; four-byte characters are rare enough for this reserve."""
MAX_TITLE = 200
_NOTE = "\n\n*This text was cut at {limit:,} characters; the run's report file has all of it.*\n"
_FINE = (Conclusion.SUCCESS, Conclusion.SKIPPED)
_FENCE = re.compile(r"^(`{3,})", re.MULTILINE)


def render_pull_request(templates: Templates, record: RunRecord) -> tuple[str, str]:
    """Return title and body; both say how the work really stands."""
    view = view_of(record)
    name = cut(plain(view.title), MAX_TITLE)
    title = f"{view.headline.prefix}{name} (#{view.started.issue_number})"
    return title, fit(_render(templates, "pull-request", view), MAX_BODY)


def render_progress(templates: Templates, record: RunRecord) -> str:
    """Return the one comment on the issue; once the run has ended, nothing in it is in progress.

    A run that ended without a pull request tells there why, and what to do next.
    """
    outcome = record.outcome
    has_failed = outcome is not None and outcome.conclusion not in _FINE
    name = "failure" if has_failed and record.pull_request is None else "progress"
    return fit(_render(templates, name, view_of(record)), MAX_BODY)


def render_summary(templates: Templates, record: RunRecord) -> str:
    """Return the job summary: the pull request's facts with a drawing of the plan."""
    view = view_of(record)
    drawing = mermaid(view.tasks)
    context = {"view": view, "drawing": drawing}
    return fit(templates.render("report/summary.md.j2", context), MAX_SUMMARY)


def render_checklist(templates: Templates, record: RunRecord) -> str:
    """Return `review_checklist.md`: every pass with what it checked and found, and every fix."""
    checked = vetted(record)
    record = checked.record
    passes = by_lens(record.reviews)
    found = open_findings(record.reviews)
    tasks = record.plan.of_stage(StageName.TESTING) if record.plan else ()
    return templates.render(
        "report/review-checklist.md.j2",
        {
            "passes": passes,
            "skipped": record.skipped_reviews,
            "tests": tuple(task.id for task in tasks),
            "fixes": record.fix_rounds,
            "blocking": sum(finding.severity is Severity.BLOCKING for _, finding in found),
            "removed": checked.removed,
        },
    )


def fit(text: str, limit: int) -> str:
    """Cut a report at a line's end, close what the cut left open, and say so."""
    if len(text) <= limit:
        return text
    note = _NOTE.format(limit=limit)
    kept = text[: limit - len(note) - 200].rsplit("\n", 1)[0]
    opened: str | None = None
    for fence in _FENCE.findall(kept):
        opened = None if fence == opened else opened or fence
    if opened:
        kept += f"\n{opened}"
    folds = kept.count("\n<details>") - kept.count("\n</details>")
    return kept + "\n\n</details>" * max(folds, 0) + note


def _render(templates: Templates, name: str, view: ReportView) -> str:
    return templates.render(f"report/{name}.md.j2", {"view": view})
