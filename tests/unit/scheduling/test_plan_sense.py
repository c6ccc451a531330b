"""A plan that could run and would be a bad one is refused as well."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.domain.decision import DecisionRecord
from orchestrator.domain.plan import Complexity, Decision, StageName, Task
from orchestrator.scheduling.plan_rules import PlanContext, problems
from tests.unit.scheduling.plans import ROSTER, plan, task

_CONTEXT = PlanContext(
    issue_number=47,
    roles=ROSTER,
    base_files=("src/part1.js", "css/main.scss"),
    protected_paths=(),
)
_TESTING, _REVIEW = StageName.TESTING, StageName.REVIEW
_LARGE = """
from dataclasses import replace
from orchestrator.domain.plan import Complexity
from orchestrator.scheduling.plan_rules import problems
from tests.unit.scheduling.plans import plan, task
from tests.unit.scheduling.test_plan_sense import _CONTEXT

files = tuple(f"packages/p{at % 200}/src/file_{at}.js" for at in range(50_000))
tasks = [task(number, files=files[number * 8 : number * 8 + 8]) for number in range(1, 13)]
found = problems(
    plan(*tasks, complexity=Complexity.COMPLEX), replace(_CONTEXT, base_files=files)
)
raise SystemExit("\\n".join(found) or None)
"""


def _problems(*tasks: Task) -> str:
    return "\n".join(problems(plan(*tasks), _CONTEXT))


@pytest.mark.parametrize(
    "check",
    [
        "The code is clean",
        "Dark mode works",
        "Everything works as expected",
        "The change is complete.",
        "good performance",
        "follows best practices",
        "Well-structured, maintainable and user-friendly",
        "The bug is fixed",
    ],
)
def test_problems__acceptance_that_nobody_can_decide(check: str) -> None:
    """A judgement that names nothing to run or to look at is no check."""
    found = _problems(task(1, acceptance=("npm test passes", check)))

    assert found.startswith(f"Task 1: nobody can decide {check!r} in `acceptance`")


@pytest.mark.parametrize(
    "check",
    [
        "npm test passes",
        "node tools/lint.mjs reports 0 warnings",
        "`.theme-toggle` works after a reload",
        "[data-theme-toggle] is in the masthead and is a button",
        "after a press, state().active is empty and state().sort is unchanged",
        "every rule that uses a colour variable is named with its line",
        "the place where `_dark.scss` has to be imported is named",
        "Focus moves to the first filter",
        "the exit code of --check is correct for a wrong file",
        'shout("Ada") is "HELLO, ADA."',
    ],
)
def test_problems__acceptance_that_somebody_can_decide(check: str) -> None:
    """Commands, names, places and plain observations are checks, whatever words go with them."""
    assert _problems(task(1, acceptance=(check,))) == ""


def test_problems__invented_path() -> None:
    """A path that is neither in the base commit nor named as new is taken for invented."""
    invented = task(1, files=("src/thme/toggle.js",), description="Add the toggle.")
    named = task(1, files=("src/theme/toggle.js",), description="Add the new theme/toggle.js.")
    folder = task(1, files=("src/theme/*.js",), description="Put it into the new folder theme.")
    tests = task(2, 1, stage=_TESTING, files=("tests/toggle.test.js",), description="Test it.")

    assert "does not speak of 'toggle.js': correct the path" in _problems(invented)
    assert _problems(named, tests) == ""
    assert _problems(folder) == ""


def test_problems__simple_issue_takes_the_short_path() -> None:
    """A simple plan is one implementer, independent tests and a review, and nothing more."""
    tests, review = task(3, 1, stage=_TESTING), task(4, 3, stage=_REVIEW)
    short = plan(task(1), tests, review, complexity=Complexity.SIMPLE)
    longer = plan(task(1), task(2), task(3, 1, 2, stage=_TESTING), complexity=Complexity.SIMPLE)
    endless = plan(*(task(number) for number in range(1, 6)), complexity=Complexity.SIMPLE)

    assert problems(short, _CONTEXT) == ()
    assert "one task of the stage 'implementation', not 2" in problems(longer, _CONTEXT)[0]
    assert "5 tasks; a simple plan has at most 4" in problems(endless, _CONTEXT)[0]


def test_problems__two_files_are_not_cut_into_pieces() -> None:
    """Whatever the plan calls itself, one agent's work on two files is one task."""
    pair = (task(1, files=("src/a.js",)), task(2, 1, files=("src/a.js", "src/b.js")))
    by_two = (pair[0], task(2, 1, files=("css/main.scss",), agent="frontend-developer"))
    wide = (task(1, files=("src/*.js",)), task(2, 1, files=("src/b.js",)))

    assert "Tasks 1, 2 give 'javascript-pro' 2 files in 2 pieces" in _problems(*pair)
    assert _problems(*by_two) == ""
    assert _problems(*wide) == ""


_DECISIONS = (
    DecisionRecord(path="docs/adr/1.md", title="Skins", names=("css/*.scss",)),
    DecisionRecord(path="docs/adr/2.md", title="Old", status="Superseded by 1", names=("css/",)),
)


def _decided(*cited: Decision, files: tuple[str, ...]) -> str:
    context = replace(_CONTEXT, decisions=_DECISIONS)
    return "\n".join(problems(plan(task(1, files=files), decisions=cited), context))


def test_problems__decision_that_is_not_there() -> None:
    """A plan cites no record that the base commit does not hold, or that no longer binds."""
    invented = Decision(source="docs/adr/9.md", how_kept="Yes.")
    old = Decision(source="docs/adr/2.md", how_kept="Yes.")
    empty = Decision(source="docs/adr/1.md", how_kept=" ")

    assert "no decision record: there are docs/adr/1.md, docs/adr/2.md." in _decided(
        invented, files=("src/part1.js",)
    )
    assert "whose status is 'Superseded by 1'" in _decided(old, files=("src/part1.js",))
    assert "fill in `how_kept`" in _decided(empty, files=("src/part1.js",))
    assert "has none, so `decisions` must be empty" in "\n".join(
        problems(plan(task(1), decisions=(invented,)), _CONTEXT)
    )


def test_problems__decision_on_the_plans_files() -> None:
    """A record in force that names files of the plan is cited, or ruled out with a reason."""
    told = Decision(source="docs/adr/1.md", how_kept="Does not apply: no colour changes.")

    assert "speaks of 'css/*.scss', which task 1 may change" in _decided(files=("css/main.scss",))
    assert _decided(told, files=("css/main.scss",)) == ""
    assert _decided(files=("src/part1.js",)) == ""


def test_problems__are_found_soon_in_a_large_repository() -> None:
    """A plan is looked at up to three times: with fifty thousand files that takes no minutes."""
    ended = subprocess.run(
        [sys.executable, "-c", _LARGE], cwd=Path(__file__).parents[3], timeout=40, check=False
    )

    assert ended.returncode == 0
