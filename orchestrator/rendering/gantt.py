"""The time that stages and tasks took, as a drawing that GitHub renders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.domain.event import TaskStatus
from orchestrator.rendering.dag import label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.rendering.timeline import Span

_TAGS: Mapping[TaskStatus, str] = {
    TaskStatus.DONE: "done, ",
    TaskStatus.FAILED: "crit, ",
    TaskStatus.STOPPED: "crit, ",
    TaskStatus.RUNNING: "active, ",
    TaskStatus.PENDING: "",
    TaskStatus.SKIPPED: "",
}
_BEGINNING = datetime(2000, 1, 1)  # noqa: DTZ001 -- the browser reads and shows it in one zone
_HOUR_S = 3_600


def gantt(spans: Sequence[Span]) -> str:
    """Return Mermaid source with a bar for each task, or for a stage without any.

    Times count from the run's beginning, in hours where it took that long. Labels lose every
    character that could mean something to Mermaid, and each begins with a word of ours, so that
    none is read as a command.
    """
    is_long = any(span.end_s >= _HOUR_S for span in spans)
    rows = [
        "gantt",
        "  dateFormat YYYY-MM-DD HH:mm:ss",
        f"  axisFormat {'%H:%M' if is_long else '%M:%S'}",
    ]
    busy = {span.stage for span in spans if not span.is_stage}
    for number, span in enumerate(spans):
        if span.is_stage:
            rows.append(f"  section {_plain(span.label) or 'stage'}")
        if not span.is_stage or span.stage not in busy:
            rows.append("".join(_row(number, span)))
    return "\n".join(rows)


def _row(number: int, span: Span) -> Iterator[str]:
    yield f"  {'stage' if span.is_stage else 'task'} {_plain(span.label)}"
    yield f" :{_TAGS[span.status]}r{number}, {_at(span.start_s)}, "
    yield _at(max(span.end_s, span.start_s + 1))


def _plain(text: str) -> str:
    return " ".join(label(text).replace(":", " ").replace(",", " ").split())


def _at(seconds: float) -> str:
    return f"{_BEGINNING + timedelta(seconds=round(seconds)):%Y-%m-%d %H:%M:%S}"
