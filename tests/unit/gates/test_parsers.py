"""What test runners and linters print is read as they print it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.gates.case_parsers import parse_cases
from orchestrator.gates.futile import why_futile
from orchestrator.gates.lint_parsers import parse_warnings

_PYTEST = """\
    .F.E                                                   [100%]
    =========================== short test summary info ====================
    FAILED tests/test_a.py::test_adds[1-2] - AssertionError: assert 3 == 4
    ERROR tests/test_b.py::test_x - fixture 'y' not found
    1 failed, 2 passed, 1 skipped, 1 error in 0.12s
    """
_PYTEST_SUB = """\
    SUBFAILED(i=1) test_b.py::C::test_sub - AssertionError: 1 != 0
    FAILED test_b.py::C::test_bad - AssertionError: 1 != 2
    ========== 2 failed, 2 passed, 1 skipped, 1 subtests passed in 0.57s ===========
    """
_PYTEST_V = """\
    tests/test_a.py::test_adds PASSED                      [ 50%]
    tests/test_a.py::test_skips SKIPPED (later)            [100%]
    ========= 1 passed, 1 skipped in 0.01s =========
    """
_UNITTEST = """\
    test_adds (tests.test_a.Case.test_adds) ... ok
    test_bad (tests.test_a.Case.test_bad) ... FAIL
    test_skip (tests.test_a.Case.test_skip) ... skipped 'x'
    ======================================================================
    FAIL: test_bad (tests.test_a.Case.test_bad)
    ----------------------------------------------------------------------
    Ran 3 tests in 0.001s

    FAILED (failures=1, skipped=1)
    """
_NODE_SKIP = """\
    ✔ adds (0.5ms)
    ✔ later (0.1ms) # SKIP
    # pass 1
    """
_TAP = """\
    1..2
    ok 1 - adds
    not ok 2 - subtracts
    """


@pytest.mark.parametrize(
    ("output", "ran", "cases"),
    [
        (_PYTEST, 4, "tests/test_a.py::test_adds[1-2]=failed tests/test_b.py::test_x=failed"),
        (_PYTEST_SUB, 4, "test_b.py::C::test_sub=failed test_b.py::C::test_bad=failed"),
        (_PYTEST_V, 1, "tests/test_a.py::test_adds=passed tests/test_a.py::test_skips=skipped"),
        (
            _UNITTEST,
            2,
            (
                "test_adds (tests.test_a.Case.test_adds)=passed "
                "test_bad (tests.test_a.Case.test_bad)=failed "
                "test_skip (tests.test_a.Case.test_skip)=skipped"
            ),
        ),
        (_NODE_SKIP, 1, "adds=passed later=skipped"),
        (_TAP, 2, "adds=passed subtracts=failed"),
        ("no tests ran in 0.01s\n", 0, ""),
        ("No tests found, exiting with code 1\n", 0, ""),
        ("?   \texample.com/m\t[no test files]\n", 0, ""),
        ("ok  \texample.com/m\t0.01s\n", None, ""),
        ("\nRan 0 tests in 0.000s\n\nOK\n", 0, ""),
    ],
)
def test_parse_cases__runner(output: str, ran: int | None, cases: str) -> None:
    """Counts and ids are those that the runner printed."""
    parsed = parse_cases(dedent(output))

    assert parsed is not None
    assert parsed.tests_run == ran
    assert " ".join(f"{case.id}={case.result}" for case in parsed.cases) == cases


def test_parse_cases__colours() -> None:
    """Terminal colours do not hide a test."""
    parsed = parse_cases("\x1b[31mFAILED\x1b[0m a.py::test_x - boom\r\n1 failed in 0.1s\r\n")

    assert parsed is not None
    assert [(case.id, case.message) for case in parsed.cases] == [("a.py::test_x", "boom")]


@pytest.mark.parametrize(
    "head",
    [
        "\n 1 passing\n 1 failing\n",
        "Tests:       2 total\nTests:       1 failed, 1 passed, 2 total\nFAIL a.js\n",
        "      Tests  2 passed (2)\n",
        "Tests: 2, Assertions: 2, Errors: 1.\nThere was 1 error:\n",
        "2 examples, 1 failure, 1 error occurred\n",
        "[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0\n",
        "     Summary [   0.1s] 2 tests run: 2 passed, 0 skipped\n",
        "# pass 1\n# fail 1\n",
    ],
)
@pytest.mark.parametrize(
    "flood", ["\n" * 99_000, " " * 99_000, " 1) a\n" * 25_000, "a b " * 25_000, "  ✓ a\n" * 25_000]
)
def test_parse_cases__flood(head: str, flood: str) -> None:
    """Output made to keep the reader busy is read all the same."""
    parsed = parse_cases(head + flood)

    assert parsed is not None
    assert parsed.tests_run == 2


@given(st.text())
def test_parse_cases__anything(output: str) -> None:
    """Output of an unknown program is never an error."""
    parsed = parse_cases(output)

    assert parsed is None or parsed.tests_run is None or parsed.tests_run >= 0


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "src/a.py:1:2: F401 `os` imported but unused\n",
            ("src/a.py: F401 `os` imported but unused",),
        ),
        ("./a.sh:3: warning: quote  this\n", ("a.sh: warning: quote this",)),
        ("src/a.ts(3,5): error TS2322: no\n", ("src/a.ts: error TS2322: no",)),
        (
            "\n/tree/src/a.js\n  1:2  error    No x  no-x\n  9:2  warning  No y  no-y\n\n✖ 2\n",
            ("src/a.js: No x no-x", "src/a.js: No y no-y"),
        ),
        (
            "F401 `os` unused\n --> src/a.py:1:8\n  |\n1 | import os\n",
            ("src/a.py: F401 `os` unused",),
        ),
        (
            "warning: unused variable\n  --> src/main.rs:2:9\n",
            ("src/main.rs: warning: unused variable",),
        ),
        (
            "./app/(auth)/[id]/page.tsx\n12:5  Warning: No x  no-x\n",
            ("app/(auth)/[id]/page.tsx: Warning: No x no-x",),
        ),
        ("app/(auth)/page.tsx(3,5): error TS1: no\n", ("app/(auth)/page.tsx: error TS1: no",)),
        (
            "/tree/a.py\n  /tree/a.py:1:5 - error: No x (no-x)\n1 error\n",
            ("a.py: error: No x (no-x)",),
        ),
        (
            "a.py:9:1: C901 `f` is too complex (12 > 10)\na.py:1:1: R0914: Too many (16/15)\n",
            ("a.py: C901 `f` is too complex (N > N)", "a.py: R0914: Too many (N/N)"),
        ),
        (
            "/tree/a.js\n  9:1  error  'f' has a complexity of 12. Maximum allowed is 10\n",
            ("a.js: 'f' has a complexity of N. Maximum allowed is N",),
        ),
        ("a.js:1:1: No magic number: 7 (no-magic-7)\n", ("a.js: No magic number: 7 (no-magic-7)",)),
        ("12:30:45 checked\n[2026-01-05 12:30:45] done\nMon Jan 5 12:30 ready\n", ()),
        ("All checks passed!\n", ()),
        (" --> src/a.py:1:8\n", ()),
        ("a.py:1:1: E1 x\na.py:9:1: E1 x\n", ("a.py: E1 x", "a.py: E1 x")),
    ],
)
def test_parse_warnings__linter(output: str, expected: tuple[str, ...]) -> None:
    """Entries carry path and message and no line, so that a moved warning is no new one."""
    found = parse_warnings(output, relative=lambda path: path.removeprefix("/tree/"))

    assert found == expected
    assert parse_warnings("a.py:1:1: E1 x") == ("a.py: E1 x",)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "true",
        ":",
        " exit 0 ",
        "/bin/true",
        "echo no tests",
        "npm test || true",
        "npm test || exit 0",
        "(npm test || :)",
        "npm test || echo failed",
        "npm test; true",
        "npm test; exit 0",
        "npm test\ntrue",
        "npm test & ",
        "npm test | tee log",
        "set -e; npm test | tee log",
        "set -e; npm test || true",
        "npm test; set -e; echo done",
        "exit",
        "ruff check . --exit-zero",
    ],
)
def test_why_futile__cannot_fail(command: str) -> None:
    """A command that succeeds whatever happens is recognised, with the reason."""
    assert why_futile(command)


@pytest.mark.parametrize(
    "command",
    [
        "npm test",
        "npm run build && npm test",
        "set -o pipefail; npm test | tee log",
        "set -euo pipefail; npm test | tee log",
        "echo start && npm test",
        "echo start; npm test",
        "test -f a || exit 1",
        "pytest -q",
        "true && pytest",
        "pytest -q && echo done",
        "make check",
        "set -e; npm test; echo done",
        "set -euo pipefail\nnpm test\necho done\n",
        "set -o errexit\nnpm test\necho done\n",
        "set -e -o pipefail; npm test | tee log",
        "set -o errexit -o pipefail; npm test | tee log",
        "npm test || exit",
        "npm test; exit",
    ],
)
def test_why_futile__can_fail(command: str) -> None:
    """An ordinary command is not suspected."""
    assert why_futile(command) is None


@pytest.mark.parametrize(
    ("output", "tests_run", "failed"),
    [
        (
            "3 passed in 0.1s\n  2 passing (5ms)\n  1 failing\n\n  1) Cart\n       adds:\n",
            6,
            1,
        ),
        ("Tests:       1 failed, 2 passed, 3 total\nFAIL a.js\n3 passed in 0.1s\n", 6, 0),
        ("3 passed in 0.10s\n1 failed, 4 passed in 0.20s\n", 8, 0),
        ("3 passed in 0.10s\n3 passed in 0.10s\n", 3, 0),
        ("Ran 2 tests in 0.1s\n\nOK\nRan 3 tests in 0.2s\n\nOK\n", 5, 0),
        ("Tests:       2 passed, 2 total\nTests:       3 passed, 3 total\n", 5, 0),
        ("2 examples, 0 failures\n3 examples, 1 failure, 1 pending\n", 4, 0),
        ("OK (2 tests, 2 assertions)\nTests: 3, Assertions: 3, Skipped: 1.\n", 4, 0),
    ],
    ids=[
        *("pytest and mocha", "jest and pytest", "pytest twice", "one summary repeated"),
        *("unittest twice", "jest twice", "rspec twice", "phpunit twice"),
    ],
)
def test_parse_cases__adds_up_several_runs(output: str, tests_run: int, failed: int) -> None:
    """A command of several parts is all of them; a summary that is shown twice is one."""
    found = parse_cases(output)

    assert found is not None
    assert found.tests_run == tests_run
    assert sum(case.result == "failed" for case in found.cases) == failed
