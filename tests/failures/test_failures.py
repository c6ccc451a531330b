"""Failing scenarios get the class that a person gives them, and the page says how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.rendering.reports import render_progress, render_pull_request
from orchestrator.rendering.templates import Templates
from tests.failures.matrix import PAGE, play_all, with_matrix
from tests.failures.scenarios import load_all
from tests.unit.rendering import records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.failures.matrix import Found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Play every scenario once."""
    folder: Path = tmp_path_factory.mktemp("failures")
    return play_all(folder)


def test_scenarios__are_many_and_of_every_class() -> None:
    """The published figures rest on enough failures, hard ones among them."""
    scenarios = load_all()

    assert len(scenarios) >= 40
    assert len({item.name for item in scenarios}) == len(scenarios)
    assert {item.expected for item in scenarios} == set(FailureClass)
    assert sum(item.is_hard for item in scenarios) >= 10


def test_matrix__is_what_the_page_says(found: Found) -> None:
    """`python -m tests.failures.matrix` brings the page up to date; misses stay visible."""
    page = PAGE.read_text(encoding="utf-8")

    assert with_matrix(page, found) == page


def test_misses__are_few(found: Found) -> None:
    """A rule that breaks others is not hidden by writing the page anew."""
    wrong = [item.name for item, given in found if given is not item.expected]

    assert len(wrong) <= len(found) // 20, wrong


def _told(kind: FailureClass, *, hint: str) -> tuple[str, ...]:
    """Return what people read of a run that ended so: early, late, and on the pull request."""
    ended = records.ended(Conclusion.NEEDS_HUMAN, kind)
    outcome = ended.outcome.model_copy(update={"hint": hint})
    last = ended.model_copy(update={"outcome": outcome})
    early = records.record_of((records.STARTED, last))
    late = records.record_of((*records.BEGINNING, *records.MIDDLE, last))
    return (
        render_progress(Templates(), early),
        render_progress(Templates(), late),
        render_pull_request(Templates(), late)[1],
    )


@pytest.mark.parametrize("kind", FailureClass)
def test_class__drives_an_action_that_people_read(kind: FailureClass) -> None:
    """Comment and pull request name the class and what it makes people do."""
    for text in _told(kind, hint=""):
        line = next(line for line in text.splitlines() if line.startswith("**Class:**"))
        assert f"`{kind}` · " in line
        assert len(line.split(" · ")[1]) > 20


@pytest.mark.parametrize("kind", FailureClass)
def test_class__leaves_the_word_to_advice_on_this_very_run(kind: FailureClass) -> None:
    """What is known to help here stands alone; the class is still named, in the outputs' word."""
    for text in _told(kind, hint="Pin left-pad to 1.3."):
        lines = [line for line in text.splitlines() if line.startswith("**Class:**")]
        assert lines == [f"**Class:** `{kind}`"]
        assert "**What to do:** Pin left-pad to 1.3." in text
