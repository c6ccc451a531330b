"""What people read about a run: complete, harmless, and never better than the truth."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest
from inline_snapshot import external_file
from markdown_it import MarkdownIt

from orchestrator.domain import event as ev
from orchestrator.domain.check import CheckEnding
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.record import RunRecord
from orchestrator.domain.review import Lens, Severity, Verdict
from orchestrator.rendering.reports import (
    MAX_BODY,
    fit,
    render_checklist,
    render_failure,
    render_page,
    render_progress,
    render_pull_request,
    render_summary,
)
from orchestrator.rendering.templates import Templates
from tests.unit.rendering import records, samples

TEMPLATES = Templates()
GOLDEN = "../../snapshots/reports"

SUCCESS = records.record_of(records.SUCCESS)
RUNNING = records.record_of((*records.BEGINNING, *records.MIDDLE))
ASKING = records.record_of(
    (
        records.STARTED,
        ev.StageStarted(stage="analysis"),
        ev.RequirementsWritten(
            requirements=samples.REQUIREMENTS.model_copy(update={"questions": (records.QUESTION,)})
        ),
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
    ("name", "record"), [("asking", ASKING), ("red", RED), ("refused", REFUSED)]
)
def test_failure__golden(name: str, record: RunRecord) -> None:
    """Every change to what people read about a failure shows up in a review."""
    text = render_failure(TEMPLATES, record)

    assert text == external_file(f"{GOLDEN}/failure-{name}.md", format=".txt")


def test_summary__golden() -> None:
    """Every change to the job summary shows up in a review."""
    text = render_summary(TEMPLATES, RED)

    assert text == external_file(f"{GOLDEN}/summary.md", format=".txt")


def test_checklist__golden() -> None:
    """Every change to review_checklist.md shows up in a review."""
    text = render_checklist(TEMPLATES, RED.reviews)

    assert text == external_file(f"{GOLDEN}/review-checklist.md", format=".txt")


def test_checklist__nothing_reviewed_is_no_approval() -> None:
    """An empty review says in words that it approves nothing."""
    assert "not an approval" in render_checklist(TEMPLATES, ())


@pytest.mark.parametrize("verdicts", [*product(GateVerdict, repeat=2)])
def test_title__is_green_only_when_every_gate_lets_through(
    verdicts: tuple[GateVerdict, GateVerdict],
) -> None:
    """For every outcome of the gates, title and first line say how the work really stands."""
    events = (*records.BEGINNING, *records.MIDDLE, *records.END)
    gates = records.gates(one=verdicts[0], two=verdicts[1])
    record = records.record_of((*events, gates, records.ended(Conclusion.SUCCESS)))

    title, body = render_pull_request(TEMPLATES, record)

    lets_through = {GateVerdict.PASSED, GateVerdict.NOT_REQUIRED}
    is_green = set(verdicts) <= lets_through
    assert title.startswith("[") is not is_green
    assert ("Ready for review" in body) is is_green
    assert title.startswith("[checks failing]") is (GateVerdict.FAILED in verdicts)


def test_title__verdicts_on_another_commit_are_no_evidence() -> None:
    """Gates that passed before the head moved do not make the new head green."""
    moved = ev.HeadMoved(commit="f" * 40, change=records.change("assets/js/theme.js"))
    events = (*records.SUCCESS[:-1], moved, records.SUCCESS[-1])

    title, body = render_pull_request(TEMPLATES, records.record_of(events))

    assert title.startswith("[unverified] ")
    assert "decided on a1b2c3d, not on this commit" in body


def test_title__success_without_gates_is_unverified() -> None:
    """No evidence is never shown as a pass."""
    events = (*records.BEGINNING, *records.MIDDLE, *records.END, records.ended(Conclusion.SUCCESS))

    title, body = render_pull_request(TEMPLATES, records.record_of(events))

    assert title.startswith("[unverified] ")
    assert "**Verified:** nothing so far" in body


def test_title__open_tasks_make_it_partial() -> None:
    """A result with tasks left over does not close the issue, whatever the gates say."""
    events = (
        *records.BEGINNING,
        *records.MIDDLE,
        records.GREEN,
        records.ended(Conclusion.SUCCESS),
    )

    title, body = render_pull_request(TEMPLATES, records.record_of(events))

    assert title.startswith("[partial] ")
    assert "Part of #47" in body
    assert "Closes" not in body


def test_title__is_one_harmless_short_line() -> None:
    """An issue's title cannot mention anybody, close another issue or outgrow the forge."""
    started = records.STARTED.model_copy(
        update={"issue_title": "Fixes #1 for @mona\n/orchestrate " + "x" * 400}
    )

    title, _ = render_pull_request(TEMPLATES, records.record_of((started,)))

    assert len(title) <= 256
    assert not re.search(r"#1\b|@mona|/orchestrate|\n", title)
    assert title.endswith("(#47)")


@pytest.mark.parametrize("conclusion", Conclusion)
def test_progress__an_ended_run_is_never_in_progress(conclusion: Conclusion) -> None:
    """However a run ends, wherever it was, its comment says so and waits for nothing."""
    started = ev.TaskStarted(
        task_id=3,
        title="Keep the choice",
        agent="javascript-pro",
        stage="implementation",
        attempt=1,
    )
    fix = started.model_copy(update={"task_id": 9})
    record = records.record_of((*records.BEGINNING, started, fix, records.ended(conclusion)))

    texts = (
        render_progress(TEMPLATES, record),
        render_failure(TEMPLATES, record),
        render_pull_request(TEMPLATES, record)[1],
        render_summary(TEMPLATES, record),
    )

    for text in texts:
        assert not re.search(r"⏳|running|in progress|pending|so far:| yet\b", text)
    assert f"The run ended as {conclusion}" in texts[0]


def test_progress__names_what_is_running() -> None:
    """While a run goes on, its comment shows which stage and task are at work."""
    started = ev.TaskStarted(
        task_id=2, title="x", agent="frontend-developer", stage="implementation", attempt=2
    )

    text = render_progress(TEMPLATES, records.record_of((*records.BEGINNING, started)))

    assert "**implementation** · ⏳ running" in text
    assert "`frontend-developer` · ⏳ running · attempt 2" in text


def test_reports__need_a_run_that_started() -> None:
    """There is nothing honest to say about a run without its first event."""
    with pytest.raises(ValueError, match="has started"):
        render_progress(TEMPLATES, RunRecord())


HOSTILE = (
    "@mona fixes #1 closes octo/site#2 /orchestrate <img src=https://evil.example/x.png> "
    "![x](https://evil.example/y.png) [z](javascript:alert(1)) <script>alert(1)</script> "
    "</details> | a | b\n\n# Heading\n```\n- [x] done\n<!-- c --> www.evil.example"
)


def _hostile_record() -> RunRecord:
    plan = samples.PLAN.model_copy(
        update={
            "summary": HOSTILE,
            "assumptions": (HOSTILE,),
            "out_of_scope": (HOSTILE,),
            "tasks": tuple(
                task.model_copy(update={"title": HOSTILE, "agent": "x`|y"})
                for task in samples.PLAN.tasks
            ),
        }
    )
    finding = records.FINDING.model_copy(
        update=dict.fromkeys(("path", "quote", "claim", "evidence", "suggestion"), HOSTILE)
    )
    review = records.PASSES[0].model_copy(
        update={"findings": (finding,), "not_checked": (HOSTILE,), "checked": (HOSTILE,)}
    )
    gate = records.GREEN.results[0].model_copy(update={"reason": HOSTILE})
    noted = ev.Noted.model_validate({"level": "warning", "text": HOSTILE, "hint": HOSTILE})
    refused = ev.AttemptRefused(agent=HOSTILE, task_id=2, what=HOSTILE, why=HOSTILE)
    outcome = Outcome(conclusion=Conclusion.BLOCKED, summary=HOSTILE, hint=HOSTILE)
    question = records.QUESTION.model_copy(
        update=dict.fromkeys(("text", "default", "changes_if_other"), HOSTILE)
    )
    needs = samples.REQUIREMENTS.model_copy(
        update={"questions": (question,), "unknowns": (HOSTILE,)}
    )
    return records.record_of(
        (
            records.STARTED.model_copy(update={"issue_title": HOSTILE, "actor": HOSTILE}),
            ev.RequirementsWritten(requirements=needs),
            ev.PlanAccepted(plan=plan),
            *records.MIDDLE,
            *records.END,
            ev.ReviewPassEnded(review=review),
            ev.GatesEvaluated(results=(gate,)),
            noted,
            refused,
            ev.RunEnded(outcome=outcome),
        )
    )


def _all_texts(record: RunRecord) -> tuple[str, ...]:
    return (
        *render_pull_request(TEMPLATES, record),
        render_progress(TEMPLATES, record),
        render_failure(TEMPLATES, record),
        render_summary(TEMPLATES, record),
        render_checklist(TEMPLATES, record.reviews),
    )


def test_reports__foreign_words_have_no_effect() -> None:
    """Nothing an agent or a stranger wrote mentions, closes, links, loads or triggers anything."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table"])

    texts = _all_texts(_hostile_record())

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

    tokens = parser.parse(render_pull_request(TEMPLATES, _hostile_record())[1])

    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    html = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert "Heading" not in headings
    assert html == {"<details>\n<summary>Cost per agent</summary>", "</details>"}


def test_summary__drawing_cannot_be_left() -> None:
    """A task's title is only words in the drawing of the plan."""
    text = render_summary(TEMPLATES, _hostile_record())

    drawing = text.split("```mermaid\n")[1].split("\n```")[0]
    labels = re.findall(r'^  t\d+\["(.*)"\]:::\w+$', drawing, re.MULTILINE)
    assert len(labels) == 5
    assert not re.search(r'["\[\]{}|`;#<>]', "".join(labels).replace("<br/>", ""))


def test_page__is_one_file_without_script_or_network() -> None:
    """The page opens offline, runs nothing, loads nothing, and escapes every foreign word."""
    page = render_page(TEMPLATES, _hostile_record())

    assert "<script" not in page
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page)
    assert set(re.findall(r"<[^>]* (?:src|href)=.https://([^/]*)", page)) == {"forge.example"}
    assert "default-src 'none'" in page
    assert "<img" not in page
    assert page.count("<details>") == page.count("</details>") == 1


def test_page__shows_title_plan_and_verdicts() -> None:
    """A person sees at once what was done, by whom, and how it stands."""
    page = render_page(TEMPLATES, SUCCESS)

    assert "<title>Add a dark mode toggle (#47)</title>" in page
    assert page.count('class="level"') == 5
    assert page.count('<span class="tick on">✓</span>') == 5
    assert 'class="pill ready"' in page
    assert "✅" not in page


def test_page__before_there_is_a_plan() -> None:
    """A run that has only begun has a page too."""
    page = render_page(TEMPLATES, records.record_of((records.STARTED,)))

    assert 'class="dag"' not in page
    assert "Work in progress" in page


def test_page__html_of_others_shows_as_text() -> None:
    """Only our own folds are HTML; a checkbox needs our own bracket."""
    from orchestrator.rendering.page import markdown_to_html  # noqa: PLC0415 -- used here only

    html = markdown_to_html("<b>x</b>\n\n- \\[x] no\n- [ ] open\n\n![words](https://x.example/y)")

    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "<li>[x] no</li>" in html
    assert '<span class="tick"></span>open' in html
    assert "[image: words]" in html


def test_checks__endings_and_counts_are_in_words() -> None:
    """A command that did not finish, or told only numbers, is reported as just that."""
    report = records.checks("head", ()).reports[0]
    stuck = report.model_copy(update={"ending": CheckEnding.TIMED_OUT, "exit_code": None})
    counted = report.model_copy(update={"command": "make test", "cases": None, "tests_run": 12})
    silent = counted.model_copy(update={"command": "make", "tests_run": None})
    run = ev.ChecksRun(where="head", reports=(stuck, counted, silent))

    body = render_pull_request(TEMPLATES, records.record_of((records.STARTED, run)))[1]

    assert "| test | `npm test` | not run | ❌ timed out |" in body
    assert "| test | `make test` | not run | ✅ exit 0, 12 tests |" in body
    assert "| test | `make` | not run | ✅ exit 0 |" in body


def test_checks__only_new_warnings_are_listed() -> None:
    """A warning that the base has too is not held against the change."""
    lint = records.checks("head", ()).reports[1]
    before = lint.model_copy(update={"warnings": ("a.js: unused x",)})
    after = lint.model_copy(update={"warnings": ("a.js: unused x", "a.js: unused x", "b.js: y")})

    body = render_pull_request(
        TEMPLATES,
        records.record_of(
            (
                records.STARTED,
                ev.ChecksRun(where="base", reports=(before,)),
                ev.ChecksRun(where="head", reports=(after,)),
            )
        ),
    )[1]

    assert "New warnings (2):\n- `a.js: unused x`\n- `b.js: y`" in body


def test_look_at__counts_in_words() -> None:
    """The first screen counts what deserves a person's time, in order of weight."""
    silent = records.gates(a=GateVerdict.NO_EVIDENCE, b=GateVerdict.NO_EVIDENCE)
    outside = records.task(2, "frontend-developer", violations=("a", "b"))
    events = (*records.BEGINNING, *outside, silent, records.ended(Conclusion.SUCCESS))

    body = render_pull_request(TEMPLATES, records.record_of(events))[1]

    assert (
        "**Look at:** 2 requirements without evidence, 2 changes outside their task's files, "
        "1 assumption." in body
    )


def test_review__verdict_on_an_earlier_tree_is_marked() -> None:
    """A reader sees when a lens approved something else than what is published."""
    stale = records.PASSES[0].model_copy(update={"tree": "0" * 40})
    events = (*records.BEGINNING, *records.MIDDLE, ev.ReviewPassEnded(review=stale))

    body = render_pull_request(TEMPLATES, records.record_of(events))[1]

    assert "approved (of an earlier state of this branch)" in body


def test_review__findings_of_every_task_count() -> None:
    """Task reviews look at one task each: an approved one keeps its advice in the report."""
    first = records.PASSES[0].model_copy(update={"lens": Lens.TASK})
    second = first.model_copy(update={"findings": ()})
    blocking = records.FINDING.model_copy(update={"severity": Severity.BLOCKING})
    fixed = first.model_copy(update={"verdict": Verdict.CHANGES, "findings": (blocking,)})
    silent = second.model_copy(update={"verdict": None, "lens": Lens.STYLE})
    reviews = (fixed, first, second, silent)

    record = records.record_of((records.STARTED, *(ev.ReviewPassEnded(review=r) for r in reviews)))
    body = render_pull_request(TEMPLATES, record)[1]

    assert body.count("A theme name from storage") == 1
    assert "blocking, task" not in body
    assert "❌ no valid answer" in body


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
