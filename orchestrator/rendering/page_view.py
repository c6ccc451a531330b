"""The run as one HTML page that opens offline: what is on it, and what its browser may do."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.rendering.diff_view import diff_of
from orchestrator.rendering.page import markdown_to_html
from orchestrator.rendering.plan_graph import graph_of
from orchestrator.rendering.report_view import view_of
from orchestrator.rendering.reports import pull_request_of
from orchestrator.rendering.timeline import spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from orchestrator.domain.measures import FunctionChange
    from orchestrator.domain.record import RunRecord, SpendLine
    from orchestrator.domain.review import Finding, Lens
    from orchestrator.rendering.diff_view import DiffFile
    from orchestrator.rendering.plan_graph import Graph
    from orchestrator.rendering.report_view import ReportView
    from orchestrator.rendering.talk import Conversation
    from orchestrator.rendering.templates import Templates
    from orchestrator.rendering.timeline import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure in words for people."""

    label: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A text of ours inside the page, and the digest by which the browser admits it."""

    text: str

    @property
    def digest(self) -> str:
        """As a content security policy names it."""
        found = hashlib.sha256(self.text.encode()).digest()
        return f"sha256-{base64.b64encode(found).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one agent, task, stage or model spent."""

    name: str
    usd: Decimal
    tokens: int
    replies: int
    percent: float
    """Of the dearest one in the same table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What the page shows beyond what every report does."""

    title: str
    body_html: str
    style: Inline
    script: Inline
    links: tuple[tuple[str, str], ...]
    graph: Graph | None
    spans: tuple[Span, ...]
    dropped: tuple[tuple[Lens, str], ...]
    refuted: tuple[tuple[Lens, Finding], ...]
    files: tuple[DiffFile, ...]
    shares: tuple[tuple[str, tuple[Share, ...]], ...]
    figures: tuple[Figure, ...]
    functions: tuple[FunctionChange, ...]
    talks: tuple[Conversation, ...]
    talkers: tuple[str, ...]


def render_page(
    templates: Templates,
    record: RunRecord,
    *,
    talks: Sequence[Conversation] = (),
    figures: Sequence[Figure] = (),
) -> str:
    """Return the whole run as one file; without script it only lacks search.

    Every word of others is escaped, and the page's own policy lets the browser run and load
    nothing but the style and the script in it.
    """
    view = view_of(record)
    record = view.record
    title, body = pull_request_of(templates, view)
    page = PageView(
        title=title,
        body_html=markdown_to_html(body),
        style=Inline(text=templates.render("report/page/style.css", {})),
        script=Inline(text=templates.render("report/page/script.js", {})),
        links=tuple(_links(view)),
        graph=graph_of(view.tasks),
        spans=spans_of(record),
        dropped=tuple((one.lens, text) for one in record.reviews for text in one.dropped),
        refuted=tuple((one.lens, each) for one in record.reviews for each in one.refuted),
        files=diff_of(record),
        shares=tuple(_shares(view)),
        figures=tuple(figures),
        functions=(record.measures.functions or ()) if record.measures else (),
        talks=tuple(talks),
        talkers=tuple(sorted({talk.agent for talk in talks if talk.agent})),
    )
    return templates.render("report/page.html.j2", {"view": view, "page": page})


def _links(view: ReportView) -> Iterator[tuple[str, str]]:
    """Yield addresses that a browser may open; a journal may hold any text in their place."""
    request = view.record.pull_request
    named = (
        ("On the forge", request.url if request else ""),
        ("Issue", view.started.issue_url),
        ("Run log", view.started.run_url),
    )
    return ((name, address) for name, address in named if address.startswith("https://"))


def _shares(view: ReportView) -> Iterator[tuple[str, tuple[Share, ...]]]:
    titles = {task.id: f"{task.id}. {task.title}" for task in view.tasks}

    def task(line: SpendLine) -> str:
        if line.task_id is None:
            return "No single task"
        return titles.get(line.task_id, str(line.task_id))

    lines = view.record.spend_lines
    yield "agent", _split(lines, lambda line: line.agent)
    yield "task", _split(lines, task)
    yield "stage", _split(lines, lambda line: line.stage)
    yield "model", _split(lines, lambda line: line.model)


def _split(lines: Iterable[SpendLine], name: Callable[[SpendLine], str]) -> tuple[Share, ...]:
    sums: dict[str, tuple[Decimal, int, int]] = {}
    for one in lines:
        usd, tokens, replies = sums.get(name(one), (Decimal(0), 0, 0))
        sums[name(one)] = (usd + one.usd, tokens + one.usage.total_tokens, replies + one.replies)
    most = max((usd for usd, _, _ in sums.values()), default=Decimal(0)) or Decimal(1)
    return tuple(
        Share(
            name=label,
            usd=usd,
            tokens=tokens,
            replies=replies,
            percent=float(round(100 * usd / most, 1)),
        )
        for label, (usd, tokens, replies) in sorted(sums.items(), key=lambda item: -item[1][0])
    )
