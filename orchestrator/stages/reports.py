"""The files a run leaves behind, all of them written from its journal alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import OutsideError
from orchestrator.domain.plan import StageName
from orchestrator.domain.record import fold
from orchestrator.metrics.run_metrics import run_metrics
from orchestrator.rendering.page_view import render_page
from orchestrator.rendering.reports import (
    PROGRESS_FILE,
    PULL_REQUEST_FILE,
    render_checklist,
    render_progress,
    render_pull_request,
    render_summary,
)
from orchestrator.rendering.talk import conversations
from orchestrator.stages.figures import figures_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.domain.event import Entry
    from orchestrator.domain.record import RunRecord
    from orchestrator.rendering.templates import Templates


_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OURS: Final = frozenset(
    {
        "journal.jsonl",
        "metrics.json",
        "plan.json",
        PROGRESS_FILE,
        PULL_REQUEST_FILE,
        "report.html",
        "repository.git",
        "summary.md",
    }
)
"""Names in the run folder that no stage's output can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where the reports of one run lie; each name tells what is in it."""

    folder: Path

    @property
    def plan(self) -> Path:
        """The accepted plan, as JSON."""
        return self.folder / "plan.json"

    @property
    def page(self) -> Path:
        """The pull request as a page that a browser opens."""
        return self.folder / "report.html"

    @property
    def metrics(self) -> Path:
        """What was measured on the run, as JSON."""
        return self.folder / "metrics.json"

    @property
    def summary(self) -> Path:
        """The job summary."""
        return self.folder / "summary.md"


def write_reports(templates: Templates, entries: Sequence[Entry], folder: Path) -> ReportFiles:
    """Write every report that the journal has something for.

    Args:
        templates: The texts.
        entries: The journal of a run that has started, ended or not.
        folder: Made if need be; files of the same names are replaced.

    Raises:
        OutsideError: They cannot be written.
    """
    record = fold(entries)
    files = ReportFiles(folder=folder)
    texts: dict[Path, str] = {}
    if record.requirements is not None:
        path = folder / _name(record, StageName.ANALYSIS, "technical_requirements.json")
        texts[path] = record.requirements.model_dump_json(indent=2)
    if record.plan is not None:
        texts[files.plan] = record.plan.model_dump_json(indent=2)
    if record.head_checks:
        path = folder / _name(record, StageName.TESTING, "test_report.json")
        texts[path] = _test_report(record)
    if record.reviews or record.skipped_reviews:
        path = folder / _name(record, StageName.REVIEW, "review_checklist.md")
        texts[path] = render_checklist(templates, record)
    if record.started is not None:
        title, body = render_pull_request(templates, record, is_whole=True)
        texts[folder / PULL_REQUEST_FILE] = f"# {title}\n\n{body}"
        texts[folder / PROGRESS_FILE] = render_progress(templates, record, is_whole=True)
        texts[files.summary] = render_summary(templates, record)
        metrics = run_metrics(record)
        texts[files.page] = render_page(
            templates, record, talks=conversations(entries), figures=figures_of(metrics)
        )
        texts[files.metrics] = metrics.model_dump_json(indent=2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise OutsideError(
            f"The reports cannot be written to {str(folder)!r}: {error.strerror or error}.",
            hint="Free disk space, then make them from the journal: "
            "python -m orchestrator replay journal.jsonl",
        ) from error
    return files


def _name(record: RunRecord, stage: StageName, usual: str) -> str:
    """Return what the configuration calls a stage's output.

    A journal may come from anywhere, and a name must not lead out of the folder or onto a file
    that is ours. A name that two stages have is neither's.
    """
    names = {} if record.started is None else record.started.outputs
    name = names.get(stage, usual)
    is_free = name not in _OURS and list(names.values()).count(name) <= 1
    return name if is_free and _PLAIN.fullmatch(name) else usual


def _test_report(record: RunRecord) -> str:
    """Return what the commands showed on base and head, and which tests were written."""
    report = {
        "base": [check.model_dump(mode="json") for check in record.base_checks],
        "head": [check.model_dump(mode="json") for check in record.head_checks],
        "new_tests": [
            test.model_dump(mode="json")
            for task in record.tasks.values()
            if task.ended is not None and task.ended.tests is not None
            for test in task.ended.tests.tests
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)
