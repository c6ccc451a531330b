"""What reports say about tests is what was seen of them on this very commit."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.check import CaseResult
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.review import Standing
from orchestrator.domain.strength import (
    Mutant,
    MutantEnding,
    MutationSample,
    PatternBreach,
    PatternReport,
    TestVerdict,
    TestWorth,
)
from orchestrator.rendering import report_tests
from orchestrator.rendering.page_view import render_page
from orchestrator.rendering.reports import render_pull_request
from orchestrator.rendering.templates import Templates
from tests.unit.rendering import records

TEMPLATES = Templates()
OTHER_NAMES = tuple((f"suite {item.id}", CaseResult.PASSED) for item in records.TESTS.tests)
"""What a runner calls the tests that their author calls otherwise."""


def _judged(
    worth: TestWorth, *, commit: str = records.HEAD, on_head: CaseResult | None = CaseResult.PASSED
) -> ev.TestsJudged:
    return ev.TestsJudged(
        task_id=4,
        commit=commit,
        verdicts=tuple(
            TestVerdict(
                id=item.id,
                path=item.path,
                worth=worth,
                why="It fails on the base commit for the predicted reason.",
                on_base=CaseResult.FAILED,
                on_head=on_head,
            )
            for item in records.TESTS.tests
        ),
    )


def _events(*more: ev.Event) -> tuple[ev.Event, ...]:
    return (
        *records.BEGINNING,
        *records.MIDDLE,
        *records.END[:3],
        records.checks("head", OTHER_NAMES),
        *more,
        records.GREEN,
        records.ended(Conclusion.SUCCESS),
    )


def test_test_lines__a_runner_may_call_tests_otherwise() -> None:
    """A test that the program matched on the head is shown with its verdict, not as unseen."""
    (line, *_) = report_tests.test_lines(records.record_of(_events(_judged(TestWorth.PROVES))))

    assert (line.base, line.head, line.worth) == ("failed", "passed", "✅ proves the change")


def test_test_lines__a_verdict_on_an_older_commit_says_nothing_of_this_one() -> None:
    """What a test did before the branch moved is not shown as what it does now."""
    judged = _judged(TestWorth.PROVES, commit="d" * 40)

    (line, *_) = report_tests.test_lines(records.record_of(_events(judged)))
    (bare, *_) = report_tests.test_lines(records.record_of((*records.BEGINNING, *records.END[:3])))

    assert line.head == "not seen by name"
    assert (bare.base, bare.head, bare.worth) == ("expected to fail", "not run", "not judged")


def test_test_lines__what_was_left_out_is_told() -> None:
    """A test whose file is not in the change is not shown as a part of it."""
    judged = _judged(TestWorth.VACUOUS, on_head=None)
    dropped = tuple(one.model_copy(update={"is_dropped": True}) for one in judged.verdicts)

    (line, *_) = report_tests.test_lines(
        records.record_of(_events(judged.model_copy(update={"verdicts": dropped})))
    )

    assert (line.head, line.worth) == ("left out", "❌ vacuous, left out")


@pytest.mark.parametrize("worth", TestWorth)
def test_pull_request__has_words_for_every_worth(worth: TestWorth) -> None:
    """Whatever a test proves or fails to, the table says it."""
    body = render_pull_request(TEMPLATES, records.record_of(_events(_judged(worth))))[1]

    (row, *_) = [line for line in body.splitlines() if line.startswith("| `theme toggled`")]
    assert row.split(" | ")[-1].rstrip(" |")[0] in "✅❌⚠"


MUTANTS = tuple(
    Mutant(path="assets/js/theme.js", line=number, before="a < b", after="a <= b", ending=ending)
    for number, ending in enumerate(MutantEnding, start=1)
)


def test_reports__show_what_was_measured_about_the_tests_and_patterns() -> None:
    """Small errors, breaches, unsteady tests and the estimate stand where people decide."""
    flaky = records.checks("head", (("theme toggled", CaseResult.FAILED), *OTHER_NAMES)).reports
    calm = records.checks("head", (("theme toggled", CaseResult.PASSED), *OTHER_NAMES)).reports
    left_out = records.checks("head", (("theme toggled", CaseResult.SKIPPED), *OTHER_NAMES)).reports
    record = records.record_of(
        _events(
            ev.CostEstimated(
                low_usd=Decimal(1),
                high_usd=Decimal(3),
                spent_usd=Decimal("0.3521"),
                limit_usd=Decimal(10),
                runs=0,
            ),
            ev.ChecksRun(where="head", reports=(flaky[0], calm[0], left_out[0])),
            ev.MutantsTried(
                sample=MutationSample(commit=records.HEAD, mutants=MUTANTS, possible=30)
            ),
            ev.PatternsTried(
                report=PatternReport(
                    commit=records.HEAD,
                    rules=2,
                    files=1,
                    breaches=(
                        PatternBreach(
                            rule="no-storage",
                            path="assets/js/theme.js",
                            line=3,
                            text="localStorage",
                        ),
                    ),
                )
            ),
        )
    )

    body = render_pull_request(TEMPLATES, record)[1]
    page = render_page(TEMPLATES, record)

    assert "1 of 2 small errors put into the changed lines made a test fail" in body
    assert "- `assets/js/theme.js:2`: `a < b` → `a <= b`" in body
    assert re.search(r"^\*\*Look at:\*\* .*1 small error that no test noticed", body, re.MULTILINE)
    assert "- `assets/js/theme.js:3` `no-storage`: localStorage" in body
    assert "- `theme toggled`: failed 1 of 2 times on this branch" in body
    assert "1–3 USD more; 0.35 of 10 USD were spent by then (" in body
    assert "It became 1.06 USD." in body
    for words in (
        "Strength of the tests",
        "the tests did not run",
        "no-storage",
        "failed 1 of 2 times",
        "It became 1.06 USD.",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (MutationSample(commit="d" * 40, mutants=(), possible=0, why_none="None."), "None."),
        (
            MutationSample(commit=records.HEAD, mutants=MUTANTS[2:], possible=1),
            "1 small error was tried, and the tests did not run.",
        ),
        (
            MutationSample(commit=records.HEAD, mutants=MUTANTS[:1], possible=1, cut_short=True),
            (
                "1 of 1 small errors put into the changed lines made a test fail. "
                "Time ran out before the sample was done."
            ),
        ),
    ],
)
def test_strength_of__says_what_is_not_known(sample: MutationSample, sentence: str) -> None:
    """No sample, one that tells nothing and one that was cut short are told as such."""
    record = records.record_of((*records.SUCCESS, ev.MutantsTried(sample=sample)))

    found = report_tests.strength_of(record)

    assert found is not None
    assert found.sentence == sentence
    assert found.is_current is (sample.commit == records.HEAD)


def test_page__shows_what_the_verifier_said() -> None:
    """Each finding stands with its proof, and what was refuted is shown with the reason."""
    finding = records.FINDING.model_copy(
        update={
            "standing": Standing.VERIFIED,
            "proof": "A node session shows it.",
            "scenario": "S.",
        }
    )
    refuted = finding.model_copy(update={"standing": Standing.REFUTED, "proof": "It is checked."})
    review = records.PASSES[0].model_copy(update={"findings": (finding,), "refuted": (refuted,)})

    page = render_page(
        TEMPLATES, records.record_of((*records.BEGINNING, ev.ReviewPassEnded(review=review)))
    )

    assert "Verified: A node session shows it." in page
    assert "Refuted by the verifier" in page
    assert "Refuted: It is checked." in page
