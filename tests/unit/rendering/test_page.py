"""The offline page: complete, harmless, and in order."""

from __future__ import annotations

import re

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.measures import Measures
from orchestrator.rendering.invisible import KINDS
from orchestrator.rendering.marks import worded
from orchestrator.rendering.page import markdown_to_html
from orchestrator.rendering.page_view import render_page
from orchestrator.rendering.templates import Templates
from tests.unit.rendering import hostile, records

TEMPLATES = Templates()


def test_page__is_one_file_with_one_style_and_one_script() -> None:
    """The page loads nothing, runs only what is ours, and escapes every foreign word."""
    page = render_page(TEMPLATES, hostile.RECORD, talks=hostile.TALKS)

    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0]
    body = page.split("</style>")[1].rsplit("<script>", 1)[0]
    assert (page.count("<script"), page.count("</script"), page.count("<style")) == (1, 1, 1)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"<[^>]* (?:href|src|xlink:href)=.?\s*(?:javascript|data|vbscript):", body)
    assert set(re.findall(r"<[^>]* (?:src|href)=.https://([^/]*)", page)) == {"forge.example"}
    assert not re.search(r"<[a-z]+ (?:[a-z-]+(?:=\"[^\"]*\")? )*(?:style|on\w+)=", body)
    assert "<img" not in page


def test_page__shows_title_plan_and_verdicts() -> None:
    """A person sees at once what was done, by whom, and how it stands."""
    page = render_page(TEMPLATES, records.record_of(records.SUCCESS))

    assert "<title>Add a dark mode toggle (#47)</title>" in page
    assert page.count('class="box"') == 5
    assert page.count('class="edge"') == 5
    assert page.count('<span class="tick on">✓</span>') == 5
    assert 'class="pill ready"' in page
    assert "✅" not in page


def test_page__before_there_is_a_plan() -> None:
    """A run that has only begun has a page too, which claims no pull request."""
    page = render_page(TEMPLATES, records.record_of((records.STARTED,)))

    assert "As it was published" not in page
    assert "As it was published" in render_page(TEMPLATES, records.record_of(records.SUCCESS))

    assert 'class="graph"' not in page
    assert "Work in progress" in page


def test_page__html_of_others_shows_as_text() -> None:
    """Only our own folds are HTML; a checkbox needs our own bracket."""
    html = markdown_to_html("<b>x</b>\n\n- \\[x] no\n- [ ] open\n\n![words](https://x.example/y)")

    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "<li>[x] no</li>" in html
    assert '<span class="tick"></span>open' in html
    assert "[image: words]" in html


def test_page__shows_what_would_turn_or_hide_code() -> None:
    """A diff reads in the order in which it runs, and so does every name."""
    name, line = "a\u202etxt.js", "if (admin) { // \u2066\U000e0041"
    diff = f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -0,0 +1 @@\n+{line}\n"
    measured = Measures(commit=records.HEAD, diff=diff, diff_characters=len(diff))
    moved = ev.HeadMoved(commit=records.HEAD, change=records.change(name))
    turned = records.STARTED.model_copy(update={"issue_title": "`a\u202eb`"})
    events = (turned, *records.SUCCESS[1:], moved, ev.ChangeMeasured(measures=measured))

    page = render_page(TEMPLATES, records.record_of(events))

    assert not re.search(f"[{KINDS['bidirectional control']}{KINDS['tag character']}]", page)
    assert "a[U+202E]txt.js" in page
    assert "// [U+2066][U+E0041]" in page


def test_page__advice_of_several_lines_keeps_them() -> None:
    """YAML to add to a workflow can be copied from the notes as it has to stand there."""
    hint = "Add this to the workflow:\npermissions:\n  pull-requests: write"
    noted = ev.Noted.model_validate({"level": "error", "text": "No pull request.", "hint": hint})

    page = render_page(TEMPLATES, records.record_of((records.STARTED, noted)))

    assert f"<pre>{hint}</pre>" in page


def test_page__fix_tasks_stand_behind_the_plan() -> None:
    """What was mended after the plan is drawn after the plan."""
    events = (*records.BEGINNING, *records.MIDDLE, *records.END, *records.TROUBLE)

    page = render_page(TEMPLATES, records.record_of(events))

    boxes = re.findall(r'class="box" x="(\d+)"', page)
    assert len(set(boxes)) == 6
    assert max(map(int, boxes)) == int(boxes[-1])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Add `shout`, please", "Add <code>shout</code>, please"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("one ` alone", "one ` alone"),
        ("`<b>` & <i>\nnext", "<code>&lt;b&gt;</code> &amp; &lt;i&gt; next"),
    ],
)
def test_worded__shows_code_and_no_html(text: str, shown: str) -> None:
    """Words are read as people write them, and nothing in them becomes HTML."""
    assert worded(text) == shown
