"""What people read about a run: complete, harmless, and never better than the truth."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from inline_snapshot import external_file
from markdown_it import MarkdownIt

from orchestrator.domain import event as ev
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.domain.record import RunRecord
from orchestrator.rendering.reports import (
    MAX_BODY,
    fit,
    render_checklist,
    render_progress,
    render_pull_request,
    render_summary,
)
from orchestrator.rendering.templates import Templates
from tests.unit.rendering import hostile, records

TEMPLATES = Templates()
GOLDEN = "../../snapshots/reports"

SUCCESS = records.record_of(records.SUCCESS)
RUNNING = records.record_of((*records.BEGINNING, *records.MIDDLE, records.LOOKED_UP))
ASKING = records.record_of(
    (
        records.STARTED,
        ev.StageStarted(stage="analysis"),
        records.ASKED,
        ev.StageEnded(stage="analysis", succeeded=False, summary="a question is open"),
        records.ended(Conclusion.NEEDS_HUMAN, FailureClass.AMBIGUOUS_REQUIREMENTS),
    )
)
BUDGET = records.record_of(
    (*records.BEGINNING, *records.MIDDLE, records.ended(Conclusion.BUDGET_EXHAUSTED))
)
RED = records.record_of(
    (
        *records.BEGINNING,
        *records.MIDDLE,
        *records.END,
        *records.TROUBLE,
        records.gates(all_tests_passing=GateVerdict.FAILED, no_secrets=GateVerdict.NO_EVIDENCE),
        records.ended(Conclusion.NEEDS_HUMAN, FailureClass.OTHER),
    )
)
UNSEEN = records.record_of(
    (
        records.STARTED,
        *(item for item in records.TROUBLE if not isinstance(item, ev.ReviewPassEnded)),
        records.ended(Conclusion.BLOCKED, FailureClass.PERMISSION_MISSING),
    )
)
REFUSED = records.record_of(
    (
        records.STARTED,
        ev.StageStarted(stage="analysis"),
        ev.PlanRefused(attempt=3, problems=("Task 2 depends on itself.",)),
        ev.Noted.model_validate(
            {
                "level": "error",
                "text": "No pull request: the token may not create one.",
                "hint": "Add this to the workflow:\npermissions:\n  pull-requests: write",
            }
        ),
        records.ended(Conclusion.FAILURE),
    )
)


@pytest.mark.parametrize(
    ("name", "record"), [("success", SUCCESS), ("running", RUNNING), ("red", RED)]
)
def test_pull_request__golden(name: str, record: RunRecord) -> None:
    """Every change to the pull request's text shows up in a review."""
    title, body = render_pull_request(TEMPLATES, record)

    text = f"{title}\n\n{body}"
    assert text == external_file(f"{GOLDEN}/pull-request-{name}.md", format=".txt")


@pytest.mark.parametrize(
    ("name", "record"), [("success", SUCCESS), ("running", RUNNING), ("budget", BUDGET)]
)
def test_progress__golden(name: str, record: RunRecord) -> None:
    """Every change to the progress comment shows up in a review."""
    text = render_progress(TEMPLATES, record)

    assert text == external_file(f"{GOLDEN}/progress-{name}.md", format=".txt")


@pytest.mark.parametrize(
    ("name", "record"), [("asking", ASKING), ("unseen", UNSEEN), ("refused", REFUSED)]
)
def test_failure__golden(name: str, record: RunRecord) -> None:
    """Every change to what people read about a failure shows up in a review."""
    text = render_progress(TEMPLATES, record)

    assert text == external_file(f"{GOLDEN}/failure-{name}.md", format=".txt")


def test_summary__golden() -> None:
    """Every change to the job summary shows up in a review."""
    text = render_summary(TEMPLATES, RED)

    assert text == external_file(f"{GOLDEN}/summary.md", format=".txt")


def test_checklist__golden() -> None:
    """Every change to review_checklist.md shows up in a review."""
    text = render_checklist(TEMPLATES, RED)

    assert text == external_file(f"{GOLDEN}/review-checklist.md", format=".txt")


def test_checklist__nothing_reviewed_is_no_approval() -> None:
    """An empty review says in words that it approves nothing."""
    assert "not an approval" in render_checklist(TEMPLATES, RunRecord())


def test_reports__need_a_run_that_started() -> None:
    """There is nothing honest to say about a run without its first event."""
    with pytest.raises(ValueError, match="has started"):
        render_progress(TEMPLATES, RunRecord())


def _all_texts(record: RunRecord) -> tuple[str, ...]:
    return (
        *render_pull_request(TEMPLATES, record),
        render_progress(TEMPLATES, record),
        render_summary(TEMPLATES, record),
        render_checklist(TEMPLATES, record),
    )


def test_reports__foreign_words_have_no_effect() -> None:
    """Nothing an agent or a stranger wrote mentions, closes, links, loads or triggers anything."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table"])

    texts = _all_texts(hostile.RECORD)

    for text in texts:
        assert "@mona" not in text
        assert "/orchestrate" not in text
    for text in texts[1:]:
        tokens = [child for token in parser.parse(text) for child in token.children or ()]
        words = " ".join(token.content for token in tokens if token.type == "text")
        assert not re.search(r"octo/site#2|(?:fixes|closes) #1\b", words)
        links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
        assert all(link.startswith("https://forge.example/") for link in links)
        assert not [token for token in tokens if token.type == "image"]
        html = {token.content for token in tokens if token.type == "html_inline"}
        assert html <= {"<sub>", "</sub>"}


def test_reports__foreign_words_make_no_blocks() -> None:
    """Foreign headings, boxes and HTML blocks stay inside the line or block that quotes them."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table"])

    tokens = parser.parse(render_pull_request(TEMPLATES, hostile.RECORD)[1])

    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    html = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert "Heading" not in headings
    folds = ("Looked at before anything was spent", "Cost per agent")
    assert html == {"</details>", *(f"<details>\n<summary>{fold}</summary>" for fold in folds)}


def test_summary__drawing_cannot_be_left() -> None:
    """A task's title is only words in the drawing of the plan."""
    text = render_summary(TEMPLATES, hostile.RECORD)

    drawing = text.split("```mermaid\n")[1].split("\n```")[0]
    labels = re.findall(r'^  t\d+\["(.*)"\]:::\w+$', drawing, re.MULTILINE)
    assert len(labels) == 5
    assert not re.search(r'["\[\]{}|`;#<>]', "".join(labels).replace("<br/>", ""))


def test_fit__cuts_at_a_line_and_closes_what_is_open() -> None:
    """A body that is too long stays valid Markdown and says that it was cut."""
    text = "intro\n\n<details>\n\n````text\n" + "line\n" * 2_000

    cut = fit(text, 1_000)

    assert len(cut) <= 1_000
    assert "line\n````\n\n</details>" in cut
    assert "cut at 1,000 characters" in cut
    assert fit("short", 1_000) == "short"
    assert fit("plain line\n" * 200, 1_000).startswith("plain line\nplain line\n")


def test_pull_request__never_outgrows_the_forge() -> None:
    """A flood of findings is cut below what the forge takes, with a note."""
    finding = records.FINDING.model_copy(update={"quote": "`" * 300, "evidence": "e" * 900})
    passes = [
        one.model_copy(update={"findings": (finding,) * 40, "not_checked": ("n" * 900,) * 80})
        for one in records.PASSES
    ]
    record = records.record_of(
        (*records.BEGINNING, *(ev.ReviewPassEnded(review=one) for one in passes))
    )

    body = render_pull_request(TEMPLATES, record)[1]

    assert len(body) <= MAX_BODY
    assert "…and 130 more in the review checklist" in body or "was cut" in body
