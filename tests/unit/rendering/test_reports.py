"""What people read about a run: complete, harmless, and never better than the truth."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from inline_snapshot import external_file
from markdown_it import MarkdownIt

from orchestrator.domain import event as ev
from orchestrator.domain.check import CaseResult
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.record import RunRecord
from orchestrator.domain.review import Verdict
from orchestrator.domain.work import ExitStatus, HonestExit
from orchestrator.rendering.gantt import gantt
from orchestrator.rendering.reports import (
    MAX_BODY,
    files_of_run,
    render_checklist,
    render_progress,
    render_pull_request,
    render_summary,
)
from orchestrator.rendering.templates import Templates
from orchestrator.rendering.timeline import Span
from tests.unit.rendering import hostile, records, samples

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


def test_summary__has_no_heading_without_anything_below() -> None:
    """Of a run that was stopped before it began, the summary says why and what it looked at."""
    ended = ev.RunEnded(
        outcome=Outcome(conclusion=Conclusion.BLOCKED, summary="No key.", hint="H.")
    )

    text = render_summary(TEMPLATES, records.record_of((records.BEGINNING[0], ended)))

    assert "No key." in text
    assert re.findall(r"^## .*", text, re.MULTILINE) == []


def test_summary__drawing_cannot_be_left() -> None:
    """A task's title is only words in the drawing of the plan."""
    text = render_summary(TEMPLATES, hostile.RECORD)

    drawing = text.split("```mermaid\n")[1].split("\n```")[0]
    labels = re.findall(r'^  t\d+\["(.*)"\]:::\w+$', drawing, re.MULTILINE)
    assert len(labels) == 5
    assert not re.search(r'["\[\]{}|`;#<>]', "".join(labels).replace("<br/>", ""))


def _span(label: str, *, agent: str) -> Span:
    return Span(
        label=label,
        agent=agent,
        stage=label,
        status=ev.TaskStatus.DONE,
        start_s=5.0,
        end_s=5.0,
        whole_s=9.0,
    )


@pytest.mark.parametrize(
    "words",
    [hostile.WORDS, "section x: done", "", "a, 2000 :crit, x", "%%{init: {}}%%", "日本 🎉 #35;"],
)
def test_gantt__no_label_can_be_left(words: str) -> None:
    """A title is only words in the drawing of the time, whatever it is made of."""
    section, stage, task = gantt([_span(words, agent=""), _span("x", agent="")]).split("\n")[3:6]
    own = gantt([_span("stage", agent=""), _span(words, agent="a")]).split("\n")[-1]

    times = r"(?:, 2000-01-01 00:00:0\d){2}"
    assert re.fullmatch(r"  section [\w ./()+…-]+", section)
    assert re.fullmatch(rf"  stage [\w ./()+…-]* :done, r0{times}", stage)
    assert task == "  section x"
    assert re.fullmatch(rf"  task [\w ./()+…-]* :done, r1{times}", own)


def test_summary__timeline_shows_every_task_and_the_stages_without_one() -> None:
    """Who looks for the time that went finds each task under its stage, and how it ended."""
    text = render_summary(TEMPLATES, RED)

    drawing = text.split("```mermaid\n")[2].split("\n```")[0]
    assert re.findall(r"^  section (\w+)", drawing, re.MULTILINE) == [
        "analysis",
        "implementation",
        "testing",
        "review",
    ]
    assert re.findall(r"^  task (\d+)\. .* :(\w+),", drawing, re.MULTILINE) == [
        ("1", "done"),
        ("2", "done"),
        ("3", "done"),
        ("4", "done"),
        ("6", "crit"),
    ]


def test_summary__timeline_of_hours_is_told_in_hours() -> None:
    """A long run's axis does not begin anew every hour."""
    long = render_summary(TEMPLATES, records.record_of(records.SUCCESS, seconds=600.0))

    assert "axisFormat %H:%M\n" in long
    assert "  stage review :done, " in long


WORDS = "€ word | `x` <b> @mona ``` ~~~ " * 400
MANY = 60


def _flood() -> RunRecord:
    """Return a run in which everything that models and strangers write is far too long."""
    finding = records.FINDING.model_copy(
        update={"quote": "`" * 3_000, **dict.fromkeys(("claim", "evidence", "suggestion"), WORDS)}
    )
    passes = tuple(
        one.model_copy(
            update={
                "verdict": Verdict.CHANGES,
                "findings": tuple(
                    finding.model_copy(update={"line": line}) for line in range(1, 60)
                ),
                "not_checked": (WORDS,) * MANY,
                "checked": (WORDS,) * MANY,
            }
        )
        for one in records.PASSES
    )
    tasks = tuple(
        samples.PLAN.tasks[1].model_copy(update={"id": number, "title": f"{number} {WORDS}"})
        for number in range(1, MANY)
    )
    plan = samples.PLAN.model_copy(
        update={
            "summary": WORDS,
            "tasks": tasks,
            "assumptions": (WORDS,) * MANY,
            "out_of_scope": (WORDS,) * MANY,
        }
    )
    work = records.WORK.model_copy(
        update={"summary": WORDS, "untested": (WORDS,) * MANY, "followups": (WORDS,) * MANY}
    )
    leaving = HonestExit(
        status=ExitStatus.BLOCKED,
        reason=WORDS,
        evidence=(f"```\n{WORDS}\n",) * MANY,
        questions=(records.QUESTION.model_copy(update={"text": WORDS, "default": WORDS}),) * 5,
    )
    paths = records.change(*(f"src/{number}/{'deep/' * 60}x.py" for number in range(MANY)))
    failed = tuple((f"test {number} {WORDS}", CaseResult.FAILED) for number in range(MANY))
    results = tuple(
        records.GREEN.results[0].model_copy(update={"gate": f"gate_{number}", "reason": WORDS})
        for number in range(MANY)
    )
    outcome = Outcome(
        conclusion=Conclusion.BLOCKED,
        summary=WORDS,
        hint=f"{WORDS}\n{WORDS}",
        failure_class=FailureClass.OTHER,
    )
    return records.record_of(
        (
            records.STARTED.model_copy(update={"issue_title": WORDS, "actor": WORDS}),
            ev.PlanAccepted(plan=plan),
            *(
                event
                for task in tasks
                for event in (
                    ev.TaskStarted(
                        task_id=task.id, title=task.title, agent=WORDS, stage=task.stage, attempt=1
                    ),
                    ev.TaskEnded(
                        task_id=task.id,
                        attempt=1,
                        status=ev.TaskStatus.DONE,
                        summary=WORDS,
                        work=work,
                        change=paths,
                        exit=leaving,
                        violations=(WORDS,) * MANY,
                    ),
                )
                if task.id < 20
            ),
            records.checks("head", failed, code=1),
            *(ev.ReviewPassEnded(review=one) for one in passes),
            ev.GatesEvaluated(results=results),
            *(
                ev.Noted.model_validate(
                    {"level": "warning", "text": f"{number} {WORDS}", "hint": f"{WORDS}\n{WORDS}"}
                )
                for number in range(MANY)
            ),
            ev.RunEnded(outcome=outcome),
        )
    )


FLOOD = _flood()


def test_pull_request__never_outgrows_the_forge() -> None:
    """However much is said, title, body and comment fit, and a link leads to the whole text."""
    title, body = render_pull_request(TEMPLATES, FLOOD)
    comment = render_progress(TEMPLATES, FLOOD)

    assert len(title) <= 256
    assert title.startswith("[blocked] ")
    assert title.endswith("… (#47)")
    assert len(body) <= MAX_BODY
    assert len(comment) <= MAX_BODY
    link = "[the files of this run](https://forge.example/octo/site/actions/runs/7#artifacts)"
    for text, name in ((body, "pull_request.md"), (comment, "progress.md")):
        last = text.rstrip().rpartition("\n\n")[2]
        assert re.fullmatch(
            rf"\*Cut here: [\d,]+ more characters do not fit\. The whole text is `{name}` among "
            rf"{re.escape(link)}\.\*",
            last,
        )


def test_reports__the_cut_hurts_nothing_above_it() -> None:
    """What is left of a cut text is read as it was meant: every block and fold in it ends."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table"])

    for text in (render_pull_request(TEMPLATES, FLOOD)[1], render_progress(TEMPLATES, FLOOD)):
        tokens = parser.parse(text)
        assert tokens[-2].content.startswith("*Cut here: ")
        html = [token.content for token in tokens if token.type == "html_block"]
        assert sum("<details>" in one for one in html) == sum("</details>" in one for one in html)


def test_reports__files_hold_the_whole_text() -> None:
    """What the note at a cut promises is there: the file is not cut."""
    whole = render_pull_request(TEMPLATES, FLOOD, is_whole=True)[1]
    body = render_pull_request(TEMPLATES, FLOOD)[1]

    kept = body.rpartition("\n\n*Cut here")[0]
    assert len(whole) > MAX_BODY
    assert whole.startswith(kept.rstrip("`\n"))
    assert "Cut here" not in whole
    assert len(render_progress(TEMPLATES, FLOOD, is_whole=True)) > MAX_BODY


def test_files_of_run__without_a_page_it_is_words_only() -> None:
    """A run on a laptop has no page to link to."""
    assert files_of_run("") == "the files of this run"
