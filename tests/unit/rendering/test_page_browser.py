"""The page in a real browser: readable at every width, harmless, and quiet."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from orchestrator.domain import event as ev
from orchestrator.domain.measures import Measures
from orchestrator.rendering.page_view import Figure, render_page
from orchestrator.rendering.talk import LONGEST_PART, conversations
from orchestrator.rendering.templates import Templates
from tests.unit.rendering import hostile, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECTIONS = (
    *("overview", "requirements", "plan", "review", "changes"),
    *("spend", "measures", "transcripts", "pull-request"),
)
DIFF = (
    "diff --git a/assets/js/theme.js b/assets/js/theme.js\n--- a/assets/js/theme.js\n"
    "+++ b/assets/js/theme.js\n@@ -1,1 +1,2 @@\n same\n"
    f"+<script>window.ran = 1</script>{'x' * 900}\n"
)
WIDTHS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="No program named chromium: install Debian's package of that name."
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser without a window, for all tests of this file."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on which everybody but us tries to run something."""
    measured = Measures(commit=records.HEAD, diff=DIFF, diff_characters=len(DIFF))
    record = hostile.RECORD.apply(
        ev.Entry(seq=99, at="", elapsed_s=99.0, event=ev.ChangeMeasured(measures=measured))
    )
    file = tmp_path_factory.mktemp("page") / "report.html"
    figure = Figure(label=hostile.WORDS, value=hostile.WORDS, meaning=hostile.WORDS)
    page = render_page(Templates(), record, talks=hostile.TALKS, figures=(figure,))
    file.write_text(page, encoding="utf-8")
    return file


def _open(browser: Browser, file: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """Open the page and collect everything it asks for or complains about."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: said.append(request.url))
    page.goto(file.as_uri())
    said.remove(file.as_uri())
    return page, said


@pytest.mark.parametrize(("width", "scheme"), WIDTHS)
def test_page__holds_still_at_every_width(
    browser: Browser, hostile_page: Path, width: int, scheme: str
) -> None:
    """Nothing sticks out sideways, no part is missing, nothing foreign runs or is fetched."""
    page, said = _open(browser, hostile_page, width, scheme)

    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [page.locator(f"#{name}-title").count() for name in SECTIONS] == [1] * 9
    assert page.evaluate(
        "[typeof window.ran, document.images.length, document.scripts.length]"
    ) == [
        "undefined",
        0,
        1,
    ]
    assert page.evaluate(
        "[...document.links].filter((one) => !/^(https|file):$/.test(one.protocol)).length"
    ) == (0)
    assert said == []
    page.context.close()


def test_page__long_reasons_leave_short_words_whole(browser: Browser, hostile_page: Path) -> None:
    """However long the reason of a requirement is, its name and verdict are not cut in two."""
    page, _ = _open(browser, hostile_page, 1280, "light")

    heights = page.evaluate(
        "[...document.querySelector('#requirements table').rows].map((row) => [...row.cells]"
        ".slice(0, 2).map((cell) => { const range = document.createRange();"
        " range.selectNodeContents(cell); return range.getBoundingClientRect().height }))"
    )

    # A sign and its word may stand on two lines.
    assert [[each < most for each in row] for row, most in zip(heights, (30, 50), strict=True)] == [
        [True, True],
        [True, True],
    ]
    page.context.close()


def test_page__transcripts_open_and_can_be_searched(browser: Browser, tmp_path: Path) -> None:
    """A reader with a keyboard opens a conversation, and finds the one that says a word."""
    events = [
        *records.SUCCESS,
        records.replied("ada", "review", "0.1").model_copy(update={"conversation": "one"}),
        ev.MessageAppended(
            conversation="one", role="user", blocks_json='[{"type":"text","text":"first words"}]'
        ),
        records.replied("bob", "review", "0.1").model_copy(update={"conversation": "two"}),
        ev.MessageAppended(
            conversation="two",
            role="assistant",
            blocks_json='[{"type":"text","text":"needle %s"}]' % ("y" * (LONGEST_PART + 50)),
        ),
    ]
    entries = [
        ev.Entry(seq=number, at="", elapsed_s=1.0 * number, event=event)
        for number, event in enumerate(events, start=1)
    ]
    file = tmp_path / "report.html"
    record = records.record_of(events)
    talks = conversations(entries)
    file.write_text(render_page(Templates(), record, talks=talks), encoding="utf-8")
    page, said = _open(browser, file, 390, "light")
    rows = page.locator("#transcripts details[data-find]")

    page.keyboard.press("/")
    page.keyboard.type("NEEDLE")

    assert rows.filter(visible=True).count() == 1
    shown = rows.filter(visible=True)
    assert "more characters: journal.jsonl, line" in shown.inner_text()
    page.locator("#transcripts input").fill("")
    last = rows.nth(rows.count() - 2)
    last.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert "first words" in last.inner_text()
    assert said == []
    page.context.close()
