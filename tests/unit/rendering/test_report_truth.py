"""Reports never say more than the record: titles, states, counts and verdicts."""

from __future__ import annotations

import re
from itertools import product

import pytest

from orchestrator.domain import event as ev
from orchestrator.domain.check import CaseResult, CheckEnding
from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.domain.review import Lens, Severity, Verdict
from orchestrator.rendering.page_view import render_page
from orchestrator.rendering.reports import (
    render_checklist,
    render_progress,
    render_pull_request,
    render_summary,
)
from orchestrator.rendering.templates import Templates
from tests.unit.rendering import records

TEMPLATES = Templates()


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
    first = records.PASSES[0].model_copy(update={"lens": Lens.TASK, "task_id": 1})
    second = first.model_copy(update={"findings": (), "task_id": 2})
    blocking = records.FINDING.model_copy(update={"severity": Severity.BLOCKING})
    fixed = first.model_copy(update={"verdict": Verdict.CHANGES, "findings": (blocking,)})
    silent = second.model_copy(update={"verdict": None, "lens": Lens.STYLE, "task_id": None})
    reviews = (fixed, first, second, silent)

    record = records.record_of((records.STARTED, *(ev.ReviewPassEnded(review=r) for r in reviews)))
    body = render_pull_request(TEMPLATES, record)[1]

    assert body.count("A theme name from storage") == 1
    assert "blocking, task" not in body
    assert "❌ no valid answer" in body


def _ended(
    conclusion: Conclusion, failure: FailureClass | None = None, *, hint: str = ""
) -> ev.RunEnded:
    return ev.RunEnded(
        outcome=Outcome(
            conclusion=conclusion, summary="So it ended.", failure_class=failure, hint=hint
        )
    )


@pytest.mark.parametrize("failure", FailureClass)
def test_failure__every_class_says_what_happened_and_what_to_do(failure: FailureClass) -> None:
    """Whatever a run failed of, its comment names the class, the tasks and the next thing to do."""
    events = (*records.BEGINNING, *records.MIDDLE[:3])
    silent = _ended(Conclusion.FAILURE, failure)
    advised = _ended(Conclusion.FAILURE, failure, hint="Do this first.")

    bare = render_progress(TEMPLATES, records.record_of((*events, silent)))
    told = render_progress(TEMPLATES, records.record_of((*events, advised)))

    assert re.search(rf"\*\*Class:\*\* `{failure}` · \w+", bare)
    assert "**What to do:** Do this first." in told
    assert f"**Class:** `{failure}`\n" in told
    for text in (bare, told):
        assert "So it ended." in text
        assert "- [x] 2. Implement the theme toggle" in text
        assert "Spent: 0.97 USD" in text
        assert "[Run log](https://forge.example/octo/site/actions/runs/7)" in text


@pytest.mark.parametrize(
    ("events", "prefix", "words"),
    [
        ((*records.BEGINNING, *records.MIDDLE), "[in progress] ", "Work in progress"),
        (
            (*records.BEGINNING, _ended(Conclusion.FAILURE, FailureClass.CANCELLED)),
            "[cancelled] ",
            "The work is not finished.",
        ),
        ((*records.BEGINNING, _ended(Conclusion.SUCCESS)), "[plan only] ", "Nothing was changed."),
        (
            (*records.BEGINNING, _ended(Conclusion.NEEDS_HUMAN, FailureClass.PATTERN_CONFLICTS)),
            "[needs input] ",
            "A person has to decide",
        ),
        (
            (
                *records.BEGINNING,
                *records.MIDDLE,
                _ended(Conclusion.NEEDS_HUMAN, FailureClass.PATTERN_CONFLICTS),
            ),
            "[partial] ",
            "Some planned tasks are not done.",
        ),
    ],
)
def test_title__says_how_far_the_work_is(
    events: tuple[ev.Event, ...], prefix: str, words: str
) -> None:
    """Nobody takes unfinished work for finished, nor a plan or a conflict for a partial result."""
    title, body = render_pull_request(TEMPLATES, records.record_of(events))

    assert title.startswith(prefix)
    assert words in body


def test_progress__a_task_that_never_began_is_neither_running_nor_done() -> None:
    """A stage at work, or one that ended, says nothing about tasks that nobody has begun."""
    running = render_progress(TEMPLATES, records.record_of(records.BEGINNING))
    ended = ev.StageEnded(stage="implementation", succeeded=True, summary="")
    over = render_progress(
        TEMPLATES, records.record_of((*records.BEGINNING, ended, _ended(Conclusion.SKIPPED)))
    )

    assert "- [ ] 3. Keep the choice · `javascript-pro` · ⬜ pending" in running
    assert "- [ ] 3. Keep the choice · `javascript-pro` · ⏭️ not started" in over


def test_progress__gates_are_a_checklist() -> None:
    """Each merge requirement has its box, ticked only if it passed; what is none has no box."""
    gates = records.gates(
        one=GateVerdict.PASSED,
        two=GateVerdict.FAILED,
        three=GateVerdict.NO_EVIDENCE,
        four=GateVerdict.NOT_REQUIRED,
    )
    record = records.record_of((*records.BEGINNING, *records.MIDDLE, gates))

    text = render_progress(TEMPLATES, record)

    assert re.findall(r"^- \[(.)\] `(one|two|three|four)`", text, re.MULTILINE) == [
        ("x", "one"),
        (" ", "two"),
        (" ", "three"),
    ]
    assert "`four`" not in text


def test_reports__a_resumed_run_tells_what_was_spent_before() -> None:
    """What earlier runs had spent is not taken for this run's."""
    again = records.STARTED.model_copy(update={"run_id": "run-8"})
    record = records.record_of((*records.BEGINNING, *records.MIDDLE, again))

    texts = (render_progress(TEMPLATES, record), render_pull_request(TEMPLATES, record)[1])

    for text in texts:
        assert "Goes on from an earlier run, which had spent 1.41 USD of that." in text


def test_checks__of_an_older_head_say_nothing_of_this_one() -> None:
    """Commands that ran before the last change are not shown as its evidence, red or green."""
    moved = ev.HeadMoved(commit="f" * 40, change=records.change("assets/js/theme.js"))
    red = records.checks("head", ((records.OLD[0][0], CaseResult.FAILED),), code=1)

    for checks in (records.END[3], red):
        record = records.record_of((*records.BEGINNING, *records.MIDDLE, checks, moved))
        body = render_pull_request(TEMPLATES, record)[1]
        assert "**Verified:** nothing so far." in body
        assert "| test | `npm test` | exit 0, 2 passed | not run since the last change |" in body
        assert "Fail here and did not fail on base" not in body
        assert "No command of the project ran on this commit." in body


def test_what_changed__names_no_file_that_was_given_up() -> None:
    """What a failed task or an undone fix left is not told as part of the branch."""
    undone = ev.TaskEnded(
        task_id=6,
        attempt=1,
        status=ev.TaskStatus.FAILED,
        summary="The fix was undone: tests fail with it.",
        change=records.change("assets/js/undone.js"),
        violations=("README.md is not among the task's files.",),
    )
    record = records.record_of((*records.SUCCESS[:-1], records.TROUBLE[1], undone))

    changed = render_pull_request(TEMPLATES, record)[1].partition("## How it was verified")[0]
    page = render_page(TEMPLATES, record)

    assert "undone.js" not in changed + page
    assert "The fix was undone: tests fail with it." in changed
    assert "- Nothing of it is on the branch." in changed
    assert "README.md is not among" in changed
    assert page.count("Nothing of it is on the branch.") == 2


def test_reports__count_one_as_one() -> None:
    """Where there is one of something, its noun says so."""
    change = records.change("a.js").model_copy(
        update={"files": (records.change("a.js").files[0].model_copy(update={"added_lines": 1}),)}
    )
    moved = ev.HeadMoved(commit=records.HEAD, change=change)
    once = ev.ReviewPassEnded(review=records.PASSES[1])
    record = records.record_of((*records.BEGINNING, moved, once))

    assert "In all: 1 file, 1 changed line against" in render_pull_request(TEMPLATES, record)[1]
    assert "1 lens: performance. 0 blocking findings" in render_checklist(TEMPLATES, record)


def test_failure__what_follows_the_notes_is_no_part_of_them() -> None:
    """The last warning of a run does not swallow what it spent."""
    noted = ev.Noted.model_validate({"level": "warning", "text": "A wall has a gap.", "hint": ""})
    record = records.record_of((records.STARTED, noted, records.ended(Conclusion.BLOCKED)))

    assert "- A wall has a gap.\n\nSpent: " in render_progress(TEMPLATES, record)


def test_failure__tells_once_what_stopped_it_with_its_output_as_output() -> None:
    """What a command printed is shown line by line, and not again under pre-flight."""
    why = "The setup command `npm ci` failed (exit code 1):\nnpm error one\n  at two"
    looked = ev.PreflightLooked.model_validate(
        {"look": "setup", "verdict": "stopped", "text": why, "hint": "Mend it."}
    )
    outcome = Outcome(conclusion=Conclusion.BLOCKED, summary=why, hint="Mend it.", exit_code=6)

    text = render_progress(
        TEMPLATES, records.record_of((records.STARTED, looked, ev.RunEnded(outcome=outcome)))
    )

    assert "failed (exit code 1):\n\n```text\nnpm error one\n  at two\n```\n" in text
    assert text.count("npm error one") == 1
    assert "npm error one" in render_progress(
        TEMPLATES, records.record_of((records.STARTED, looked))
    )
