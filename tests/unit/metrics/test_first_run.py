"""The first run of the tests, counted by hand."""

from __future__ import annotations

import pytest

from orchestrator.domain.check import CaseResult, CheckReport, TestCase
from orchestrator.domain.record import RunRecord
from orchestrator.metrics.first_run import first_run
from tests.unit.metrics.story import checks


def _ran(text: str | None, *, exit_code: int = 0, command: str = "npm test") -> CheckReport:
    """Let `a+ b- c~` have passed, failed and been skipped; `None`: the run names no test."""
    words = {"+": CaseResult.PASSED, "-": CaseResult.FAILED, "~": CaseResult.SKIPPED}
    cases = None
    if text is not None:
        cases = tuple(TestCase(id=one[:-1], result=words[one[-1]]) for one in text.split())
    update = {"cases": cases, "tests_run": 3, "exit_code": exit_code, "command": command}
    return checks("head").reports[0].model_copy(update=update)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        # a passed and fails
        pytest.param([_ran("a+ b+")], [_ran("a- b+")], (3, 1, 0), id="a regression"),
        # b failed before: neither failure counts
        pytest.param([_ran("a+ b-")], [_ran("a+ b-")], (3, 0, 0), id="red on base"),
        # a passed and failed on base, so nothing it does is the change's doing
        pytest.param([_ran("a+"), _ran("a-")], [_ran("a-")], (3, 0, 0), id="flaky on base"),
        # base does not know n
        pytest.param([_ran("a+")], [_ran("a+ n-")], (3, 0, 1), id="a new test"),
        # the second and third run are reruns: 3 tests ran, not 9, and b failed too late
        pytest.param(
            [_ran("a+ b+")],
            [_ran("a- b+"), _ran("a- b-"), _ran("a+ b-")],
            (3, 1, 0),
            id="reruns",
        ),
        # t.py cannot be loaded: both its tests are lost; t.pyx is another file
        pytest.param(
            [_ran("t.py::a+ t.py::b+ t.pyx::c+")],
            [_ran("t.py- t.pyx::c+", exit_code=2)],
            (3, 2, 0),
            id="a file that cannot be loaded",
        ),
        # two commands, one failure each
        pytest.param(
            [_ran("a+"), _ran("z+", command="pytest")],
            [_ran("a-"), _ran("z-", command="pytest")],
            (6, 2, 0),
            id="two commands",
        ),
        # skipped on base is known, and did not pass
        pytest.param([_ran("a~")], [_ran("a-")], (3, 0, 0), id="skipped on base"),
        pytest.param([_ran(None)], [_ran("a-")], (3, None, None), id="base names no test"),
        pytest.param([_ran("a+")], [_ran(None)], (3, None, None), id="head names no test"),
        pytest.param([], [_ran("a-")], (3, None, None), id="base was not run"),
        pytest.param([_ran("x+")], [_ran("", exit_code=1)], (3, None, None), id="red without name"),
    ],
)
def test_first_run__counted_by_hand(
    base: list[CheckReport], head: list[CheckReport], expected: tuple[int, int | None, int | None]
) -> None:
    """(tests that ran, failures of tests that passed before, failures of unknown ones)."""
    found = first_run(RunRecord(base_checks=tuple(base), first_head_tests=tuple(head)))

    assert found is not None
    assert tuple(found.model_dump().values()) == expected


def test_first_run__of_no_tests_is_unknown() -> None:
    """No run, and a run whose tests nobody could count, did not run zero tests."""
    uncounted = _ran("a+").model_copy(update={"tests_run": None})

    assert first_run(RunRecord()) is None
    assert first_run(RunRecord(first_head_tests=(uncounted,))) is None
