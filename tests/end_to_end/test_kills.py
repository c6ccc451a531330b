"""Kill -9 anywhere: the run after it leaves what an undisturbed one leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.killing import killed, undisturbed
from tests.end_to_end.play import (
    analyst,
    automator,
    call,
    implementer,
    plan,
    planner,
    play,
    reviewer,
    say,
    talk,
    task,
    task_words,
    work,
)
from tests.end_to_end.play import (
    tests_written as handed_in,
)
from tests.end_to_end.project import TEST_SHOUT, TESTS

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.llm.scenario import Scenario
    from tests.end_to_end.killing import Left

PUSH, COMMENT, NEWS = "POST git-receive-pack", "POST comments", "PATCH 1001"
REQUEST, TEXT, READY = "POST pulls", "PATCH 43", "POST graphql"
PUSHES = 15
"""Claim, checkpoints, branch, release; other writes vary with what the clock lets be said."""
USUAL = (
    *((PUSH, number) for number in (1, 6, 7, 10, PUSHES)),
    *((COMMENT, 1), (NEWS, 1), (REQUEST, 1), (TEXT, 1), (TEXT, 2), (READY, 2)),
)
"""One of each kind: (where to, the how manyth of that kind)."""
MOST = 36
"""No run writes more often to the forge, so that the sweep is complete."""
MOST_ANEW = 44
"""Nor does one that is planned anew."""
MOST_CLASHING = 44
"""Nor does one in which two authors of tests write one file."""
RESOLVE = "# Your task: resolve a conflict"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Return what a run leaves that nobody disturbed, and see that no write is left out."""
    left, writes = undisturbed(tmp_path_factory.mktemp("whole"))
    assert len(writes) <= MOST
    assert {kind for kind, _ in USUAL} == set(writes)
    assert all(writes.count(kind) >= number for kind, number in USUAL)
    assert writes.count(PUSH) == PUSHES
    return left


@pytest.mark.parametrize(("kind", "number"), USUAL)
def test_kill__after_a_write_of_any_kind_changes_nothing(
    whole: Left, kind: str, number: int, tmp_path: Path
) -> None:
    """Same tree, branches, requests, comments; no lock; nothing that was finished paid twice."""
    left, was_killed = killed(tmp_path, number, kind=kind)

    assert was_killed
    assert left == whole


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(1, MOST + 1))
def test_kill__after_any_write_changes_nothing(whole: Left, number: int, tmp_path: Path) -> None:
    """The complete sweep: one run for each write that there is."""
    left, _ = killed(tmp_path, number)

    assert left == whole


def _planned_anew() -> Scenario:
    """Return a play whose implementation is lost in both attempts and planned once more."""
    rest = (
        task(4, "implementation", "python-pro"),
        task(5, "testing", "test-automator", dependencies=[4]),
        task(6, "review", "code-reviewer", dependencies=[5]),
    )
    return play(
        analyst(),
        planner(),
        talk("lost", say("No."), say("No."), when=task_words(1), times=2),
        talk("anew", plan(*rest), when="# Your task: a new plan for the rest"),
        implementer(number=4),
        automator(number=5),
        reviewer(),
    )


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> tuple[Left, int]:
    """Return what such a run leaves that nobody disturbed, and how often it writes."""
    left, writes = undisturbed(tmp_path_factory.mktemp("anew"), _planned_anew())
    assert len(writes) <= MOST_ANEW
    return left, len(writes)


def test_kill__after_the_rest_was_planned_anew_changes_nothing(
    anew: tuple[Left, int], tmp_path: Path
) -> None:
    """The new plan is bought once, whoever goes on with it."""
    left, was_killed = killed(tmp_path, anew[1] // 2, scenario=_planned_anew())

    assert was_killed
    assert left == anew[0]


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(1, MOST_ANEW + 1))
def test_kill__after_any_write_of_a_run_with_two_plans_changes_nothing(
    anew: tuple[Left, int], number: int, tmp_path: Path
) -> None:
    """The complete sweep over a run that fails first and is planned anew."""
    left, _ = killed(tmp_path, number, scenario=_planned_anew())

    assert left == anew[0]


def _clashing() -> Scenario:
    """Return a play in which one file of tests is written twice, then brought together.

    Only tests can clash in a plan that passed its rules: who writes source starts from what
    was done before on the same files, who writes tests starts from the base.
    """
    tasks = (
        task(1, "implementation", "python-pro"),
        task(2, "testing", "test-automator"),
        task(3, "testing", "test-automator", dependencies=[2]),
        task(4, "review", "code-reviewer", dependencies=[3]),
    )
    first = call("Write", file_path=TESTS, content=TEST_SHOUT)
    louder = call("Write", file_path=TESTS, content=f"# Loud.\n{TEST_SHOUT}")
    both = call("Write", file_path=TESTS, content=f"# Both.\n{TEST_SHOUT}")
    look = call("Read", file_path=TESTS)
    return play(
        analyst(),
        planner(plan(*tasks)),
        implementer(),
        talk("first", first, handed_in(), when=task_words(2), unless=(RESOLVE,)),
        talk("second", louder, handed_in(), when=task_words(3), unless=(RESOLVE,)),
        talk("both", look, both, work(TESTS), when=RESOLVE),
        reviewer(),
    )


@pytest.fixture(scope="module")
def clashing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Left, int]:
    """Return what such a run leaves that nobody disturbed, and how often it writes."""
    left, writes = undisturbed(tmp_path_factory.mktemp("clashing"), _clashing())
    assert len(writes) <= MOST_CLASHING
    assert any("Resolve the conflict of task 0 with 0" in each[3] for each in left.requests)
    return left, len(writes)


def test_kill__beside_a_conflict_of_tests_changes_nothing(
    clashing: tuple[Left, int], tmp_path: Path
) -> None:
    """Both sides go to one agent once, whoever goes on with it."""
    left, was_killed = killed(tmp_path, clashing[1] // 2, scenario=_clashing())

    assert was_killed
    assert left == clashing[0]


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(1, MOST_CLASHING + 1))
def test_kill__after_any_write_of_a_run_with_a_conflict_changes_nothing(
    clashing: tuple[Left, int], number: int, tmp_path: Path
) -> None:
    """The complete sweep over a run that has a task to resolve a conflict."""
    left, _ = killed(tmp_path, number, scenario=_clashing())

    assert left == clashing[0]
