"""What became of each test between two commits."""

from __future__ import annotations

import pytest

from orchestrator.gates.differential import differential, wants_rerun
from tests.unit.gates.evidence import BASE, report

_GOOD = {"a": "passed", "b": "passed"}


def test_differential__every_kind() -> None:
    """Each test lands where its runs on both commits put it."""
    base = report(
        commit=BASE,
        cases={"fixed": "failed", "old": "failed", "broken": "passed", "lost": "passed"},
        exit_code=1,
    )
    head = report(
        cases={"fixed": "passed", "old": "failed", "broken": "failed", "new": "failed"},
        exit_code=1,
    )

    better = report(
        cases={"fixed": "passed", "old": "passed", "broken": "failed", "new": "failed"},
        exit_code=1,
    )

    found = differential((base,), (head, better))

    assert found.new_failures == ("broken", "new")
    assert found.still_failing == ("old",)
    assert (found.flaky, found.unsteady, found.gone) == ((), (), ("lost",))
    assert wants_rerun((base,), (head,))
    assert not wants_rerun((base,), (base,))


def test_differential__skipped_is_gone() -> None:
    """A test that passed and is only skipped now no longer judges anything."""
    found = differential(
        (report(commit=BASE, cases=_GOOD),), (report(cases={"a": "passed", "b": "skipped"}),)
    )

    assert (found.gone, found.fewer) == (("b",), 0)


@pytest.mark.parametrize("name", ["tests/{}.py::test_", "{} > adds ", "pkg.{}.test_"])
def test_differential__moved_is_not_gone_if_it_runs(name: str) -> None:
    """A test may stand in another file; one that is only skipped there judges nothing."""
    here, there = name.format("a"), name.format("b")
    base = report(commit=BASE, cases={f"{here}x": "passed"})
    moved, skipped = (
        report(cases={f"{there}x": result, f"{there}y": "passed"})
        for result in ("passed", "skipped")
    )

    assert differential((base,), (moved,)).gone == ()
    assert differential((base,), (skipped,)).gone == (f"{here}x",)


def test_differential__incomplete_lists() -> None:
    """Where a runner names failures only, nobody is called gone, and the numbers are compared."""
    base = report(commit=BASE, cases={"a": "failed"}, tests_run=5, exit_code=1)
    again = report(commit=BASE, cases={"a": "failed"}, tests_run=3, exit_code=1)

    assert differential((base,), (report(cases=_GOOD),)).gone == ()
    assert differential((base,), (report(cases=_GOOD),)).fewer == 5 - len(_GOOD)
    assert differential((base, again), (report(cases=_GOOD, tests_run=3),)).fewer == 0
    assert differential((base,), (report(),)).fewer == 0
    assert differential((), ()).gone == ()


def test_differential__one_that_moved_stands_for_one() -> None:
    """Of two tests with one name, which now runs in a single place, one is gone."""
    base = report(commit=BASE, cases={"a.py::test_x": "passed", "b.py::test_x": "passed"})
    head = report(cases={"c.py::test_x": "passed", "c.py::test_y": "passed"})

    assert differential((base,), (head,)).gone == ("b.py::test_x",)
