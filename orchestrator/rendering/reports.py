"""Everything we publish about a run, from its record alone.

Texts of strangers and models pass through the filters of `rendering.markdown`, so that in
a report nobody is mentioned, nothing is linked or closed, and no run is set off by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.cutting import cut_markdown
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.plan import StageName
from orchestrator.domain.review import Severity
from orchestrator.rendering.dag import mermaid
from orchestrator.rendering.gantt import gantt
from orchestrator.rendering.markdown import plain
from orchestrator.rendering.report_findings import by_lens, open_findings
from orchestrator.rendering.report_view import view_of
from orchestrator.rendering.timeline import spans_of
from orchestrator.rendering.vetting import vetted

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord
    from orchestrator.rendering.report_view import ReportView
    from orchestrator.rendering.templates import Templates

MAX_BODY = 60_000
"""Characters; GitHub takes 65,536 for a body or comment."""
MAX_TITLE = 200
PULL_REQUEST_FILE = "pull_request.md"
PROGRESS_FILE = "progress.md"
_FINE = (Conclusion.SUCCESS, Conclusion.SKIPPED)


def render_pull_request(
    templates: Templates, record: RunRecord, *, is_whole: bool = False
) -> tuple[str, str]:
    """Return title and body; both say how the work really stands.

    Args:
        templates: The texts.
        record: What is known.
        is_whole: For a file: however long it is. Otherwise as much as the forge takes.
    """
    return pull_request_of(templates, view_of(record), is_whole=is_whole)


def pull_request_of(
    templates: Templates, view: ReportView, *, is_whole: bool = False
) -> tuple[str, str]:
    """Return the same from a view that is there already."""
    name = _short(plain(view.title))
    title = f"{view.headline.prefix}{name} (#{view.started.issue_number})"
    body = _render(templates, "pull-request", view)
    return title, body if is_whole else _fitted(view, body, PULL_REQUEST_FILE)


def render_progress(templates: Templates, record: RunRecord, *, is_whole: bool = False) -> str:
    """Return the one comment on the issue; once the run has ended, nothing in it is in progress.

    A run that ended without a pull request tells there why, and what to do next.

    Args:
        templates: The texts.
        record: What is known.
        is_whole: For a file: however long it is. Otherwise as much as the forge takes.
    """
    outcome = record.outcome
    has_failed = outcome is not None and outcome.conclusion not in _FINE
    name = "failure" if has_failed and record.pull_request is None else "progress"
    view = view_of(record)
    text = _render(templates, name, view)
    return text if is_whole else _fitted(view, text, PROGRESS_FILE)


def render_withdrawal(
    templates: Templates,
    *,
    judged: str,
    found: str,
    branch: str,
    issue_number: int,
    phrase: str,
    obstacle: str,
) -> str:
    """Return the comment on a pull request that is ready no longer.

    Args:
        templates: The texts.
        judged: The commit that its evidence speaks of.
        found: The commit that is there now.
        branch: The request's branch.
        issue_number: The issue that it was made for.
        phrase: How a comment begins that starts a run.
        obstacle: Why it could not be made a draft; empty if it could.
    """
    return templates.render(
        "report/withdrawn.md.j2",
        {
            "judged": judged,
            "found": found,
            "branch": branch,
            "issue_number": issue_number,
            "phrase": phrase,
            "obstacle": obstacle,
        },
    )


def render_summary(templates: Templates, record: RunRecord) -> str:
    """Return the job summary, however long: the pull request's facts with the plan drawn."""
    view = view_of(record)
    drawing = mermaid(view.tasks)
    context = {"view": view, "drawing": drawing, "timeline": gantt(spans_of(view.record))}
    return templates.render("report/summary.md.j2", context)


def files_of_run(run_url: str) -> str:
    """Return words, linked where there is a link, for where the files of a run are."""
    return f"[the files of this run]({run_url}#artifacts)" if run_url else "the files of this run"


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


def _short(name: str) -> str:
    return name if len(name) <= MAX_TITLE else name[: MAX_TITLE - 1].rstrip() + "…"


def _fitted(view: ReportView, text: str, file: str) -> str:
    """Cut a text that the forge would not take, and say where all of it is."""

    def note(missing: int) -> str:
        return (
            f"*Cut here: {missing:,} more characters do not fit. The whole text is `{file}` among "
            f"{files_of_run(view.started.run_url)}.*"
        )

    return cut_markdown(text, MAX_BODY, note)


def _render(templates: Templates, name: str, view: ReportView) -> str:
    return templates.render(f"report/{name}.md.j2", {"view": view})
