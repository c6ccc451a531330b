"""No report says about files, tests, commits or verdicts what the record does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.check import CaseResult
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.rendering.page_view import render_page
from orchestrator.rendering.reports import (
    render_checklist,
    render_progress,
    render_pull_request,
    render_summary,
)
from orchestrator.rendering.templates import Templates
from orchestrator.rendering.vetting import open_mentions, vetted
from tests.unit.rendering import records, samples

if TYPE_CHECKING:
    from orchestrator.domain.record import RunRecord

TEMPLATES = Templates()
LIE = "It is all in `src/invented.py`, and `test_invented` passes. All 99 tests pass."
"""One sentence is false for its file, the other for its figure."""


def _record(*, lie: str = LIE) -> RunRecord:
    """Return a finished run in which everybody says something false after something true."""
    told = f"True so far. {lie}"
    work = records.WORK.model_copy(
        update={"summary": told, "root_cause": told, "untested": (told,), "followups": (told,)}
    )
    finding = records.FINDING.model_copy(
        update=dict.fromkeys(("claim", "evidence", "scenario", "proof"), told)
    )
    tests = records.TESTS.model_copy(update={"cannot_test": (told, lie)})
    review = records.PASSES[0].model_copy(
        update={
            "findings": (finding,),
            "refuted": (finding,),
            "checked": (told,),
            "not_checked": (told,),
        }
    )
    outcome = records.ended(Conclusion.NEEDS_HUMAN, FailureClass.OTHER).outcome
    stop = records.TROUBLE[2]
    assert isinstance(stop, ev.TaskEnded)
    assert stop.exit is not None
    leaving = stop.exit.model_copy(update={"reason": told, "evidence": ()})
    return records.record_of(
        (
            records.STARTED,
            ev.RequirementsWritten(
                requirements=samples.REQUIREMENTS.model_copy(update={"summary": told})
            ),
            ev.PlanAccepted(
                plan=samples.PLAN.model_copy(update={"summary": told, "assumptions": (told,)})
            ),
            records.checks("base", records.OLD),
            records.MIDDLE[0],
            *records.task(
                2,
                "frontend-developer",
                work=work,
                summary=told,
                change=records.change("assets/js/theme.js"),
            ),
            *records.MIDDLE[3:],
            *records.task(4, "test-automator", tests=tests),
            records.checks("head", records.NEW),
            ev.AgentStopped(agent="javascript-pro", stage="review", task_id=3, exit=leaving),
            ev.ReviewPassEnded(review=review),
            records.GREEN,
            ev.RunEnded(outcome=outcome.model_copy(update={"summary": f"It stopped: {told}"})),
        )
    )


def test_reports__a_planted_lie_is_in_none() -> None:
    """Whoever says it: a file, test or figure that is not there reaches no reader as a claim."""
    record = _record()

    texts = (
        render_pull_request(TEMPLATES, record)[1],
        render_progress(TEMPLATES, record),
        render_summary(TEMPLATES, record),
        render_checklist(TEMPLATES, record),
        render_page(TEMPLATES, record),
    )

    for text in texts:
        assert "It is all in" not in text
        assert "All 99 tests" not in text
        assert "True so far." in text


def test_reports__what_was_removed_is_told() -> None:
    """The reader learns how many statements are gone, whose they were, and what they named."""
    record = _record()

    body = render_pull_request(TEMPLATES, record)[1]

    count = sum(one.sentences for one in vetted(record).removed)
    assert f"**Removed from these words:** {count} statements of models" in body
    assert f"{count} removed statements" in body.split("**Look at:**")[1].split("\n")[0]
    assert (
        "- It named the file 'src/invented.py', which is neither in the change nor in the "
        "repository (in javascript-pro, on why it stopped; the analysis; the plan's summary; "
        in body
    )
    assert "It said that 99 tests pass, which no command here showed" in body
    assert "src/invented.py" in render_page(TEMPLATES, record)


def test_reports__true_words_are_published_as_they_are() -> None:
    """Claims that the record backs stay, and nothing is said about removals."""
    true = "It is in theme.js, built on a1b2c3d. All tests pass. 5 tests pass, 3 of them new."
    record = _record(lie=true)

    body = render_pull_request(TEMPLATES, record)[1]

    assert vetted(record).removed == ()
    assert "True so far. It is in theme.js, built on a1b2c3d. All tests pass." in body
    assert "Removed from these words" not in body


@pytest.mark.parametrize(
    "summary",
    [
        "The setup command `node scripts/prepare.mjs` failed (exit code 1): no such file.",
        "The setup command `npm ci` left NPM_TOKEN in .config/npm/auth.json. Nothing was spent.",
    ],
)
def test_progress__says_why_the_run_ended_whatever_that_names(summary: str) -> None:
    """The program's own words on a failure are no claims of a model: they are told whole."""
    outcome = Outcome(conclusion=Conclusion.BLOCKED, summary=summary, hint="Mend it.", exit_code=6)

    record = records.record_of((records.STARTED, ev.RunEnded(outcome=outcome)))

    assert vetted(record).removed == ()
    assert "The setup command" in render_progress(TEMPLATES, record)


def test_progress__keeps_what_an_agent_asks_within_its_evidence() -> None:
    """Why an agent had questions is told by later runs, too, without what nothing backs."""
    asked = records.ASKED.model_copy(update={"why": f"It is open. {LIE}"})
    outcome = records.ended(Conclusion.NEEDS_HUMAN, FailureClass.AMBIGUOUS_REQUIREMENTS).outcome
    ended = outcome.model_copy(update={"summary": f"One question has to be answered. {asked.why}"})

    text = render_progress(
        TEMPLATES, records.record_of((records.STARTED, asked, ev.RunEnded(outcome=ended)))
    )

    assert "One question has to be answered. It is open." in text
    assert "invented" not in text.partition("It named")[0]


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ((), "no test command ran on this commit"),
        ((records.checks("head", records.NEW, code=1),), "the test command ended with exit 1"),
        (
            (records.checks("head", ((records.OLD[0][0], CaseResult.FAILED),)),),
            "1 of its tests fails",
        ),
        (
            (
                records.checks("head", records.NEW),
                ev.HeadMoved(commit="f" * 40, change=records.change("assets/js/theme.js")),
            ),
            "no test command ran on this commit",
        ),
    ],
)
def test_vetted__all_tests_pass_needs_a_green_run_of_this_head(
    head: tuple[ev.Event, ...], why: str
) -> None:
    """Without a run, with a red one, or with a green one of an older head, nobody says it."""
    work = records.WORK.model_copy(update={"root_cause": "All tests pass."})
    ended = records.task(2, "frontend-developer", work=work)

    found = vetted(records.record_of((*records.BEGINNING, *ended, *records.MIDDLE[3:], *head)))

    assert [one.why for one in found.removed if "All" in one.why or "tests pass" in one.why] == [
        f"It said “tests pass”: {why}"
    ]


def test_open_mentions__are_what_only_the_repository_can_tell() -> None:
    """Before words are published, what the record alone does not know is looked up by name."""
    record = _record(
        lie="It passes `test_invented` in src/invented.py, README.md, theme.js, at deadbee1."
    )
    known = ev.MentionsResolved(commit=records.HEAD, known=("README.md", "deadbee1"))

    names = [mention.text for mention in open_mentions(record)]
    resolved = record.apply(ev.Entry(seq=99, at="", elapsed_s=1.0, event=known))

    assert names == ["test_invented", "src/invented.py", "README.md", "deadbee1"]
    assert [mention.text for mention in open_mentions(resolved)] == names
    assert {one.why.split("'")[1] for one in vetted(resolved).removed} == {"test_invented"}
