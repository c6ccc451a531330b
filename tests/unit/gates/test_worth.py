"""What a new test proves is seen by running it, and its reason by reading the failure."""

from __future__ import annotations

import pytest

from orchestrator.domain.check import CaseResult, CheckReport, TestCase
from orchestrator.domain.strength import TestWorth
from orchestrator.domain.work import BaseExpectation, NewTest
from orchestrator.gates.worth import with_head, worth_of
from tests.unit.gates.evidence import BASE, report

_PREDICTED = "AssertionError: 'hello' != 'HELLO'"


def _test(
    name: str = "tests/test_a.py::test_loud",
    *,
    expects: BaseExpectation = BaseExpectation.FAIL,
    predicted: str = _PREDICTED,
) -> NewTest:
    return NewTest(
        id=name,
        path="tests/test_a.py",
        intent="",
        quotes_issue="",
        expects_on_base=expects,
        expected_failure=predicted,
    )


def _ran(name: str, word: str, message: str = "", commit: str = BASE) -> CheckReport:
    case = TestCase(id=name, result=CaseResult(word), message=message)
    red = {"exit_code": 1 if word == "failed" else 0, "cases": (case,), "tests_run": 1}
    return report(commit=commit).model_copy(update=red)


@pytest.mark.parametrize(
    ("word", "message", "worth"),
    [
        ("failed", "AssertionError: 'hello' != 'HELLO'", TestWorth.PROVES),
        ("failed", "assert 'hello' == 'HELLO'", TestWorth.PROVES),
        ("failed", "", TestWorth.PROVES),
        ("passed", "", TestWorth.VACUOUS),
        ("skipped", "", TestWorth.NOT_RUN),
        ("failed", "ImportError: cannot import name 'loud'", TestWorth.WRONG_REASON),
        ("failed", "SyntaxError: invalid syntax", TestWorth.WRONG_REASON),
        ("failed", "collection failure: E  x", TestWorth.WRONG_REASON),
        ("failed", "fixture 'client' not found", TestWorth.WRONG_REASON),
        ("failed", "Error: Cannot find module './loud'", TestWorth.WRONG_REASON),
        ("failed", "TypeError: loud() takes 0 arguments", TestWorth.WRONG_REASON),
        ("failed", "ExpectationFailedException: two strings differ", TestWorth.PROVES),
        ("failed", "Failed opening required 'loud.php'", TestWorth.WRONG_REASON),
        ("failed", "a/a_test.go:5:32: undefined: Loud [build failed]", TestWorth.WRONG_REASON),
    ],
)
def test_worth__on_base(word: str, message: str, worth: TestWorth) -> None:
    """Only a failure that was foretold, in an assertion, proves anything."""
    found = worth_of(_test(), [_ran("tests/test_a.py::test_loud", word, message)])

    assert (found.worth, found.observed) == (worth, message)
    assert found.why


@pytest.mark.parametrize(
    ("predicted", "message", "worth"),
    [
        ("AttributeError: no attribute 'loud'", "AttributeError: module has no attribute 'loud'",
         TestWorth.PROVES),
        ("loud is missing", "AttributeError: module has no attribute 'loud'", TestWorth.PROVES),
        ("the page is white", "KeyError: 'theme'", TestWorth.WRONG_REASON),
        ("", "KeyError: 'theme'", TestWorth.PROVES),
    ],
)  # fmt: skip
def test_worth__compared_with_the_prediction(
    predicted: str, message: str, worth: TestWorth
) -> None:
    """Another error than the foretold one is another reason."""
    ran = _ran("tests/test_a.py::test_loud", "failed", message)

    assert worth_of(_test(predicted=predicted), [ran]).worth is worth


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("test_loud", "tests/test_a.py::test_loud[1]"),
        ("tests.test_a.Case.test_loud", "test_loud (tests.test_a.Case.test_loud)"),
        ("Case::test_loud", "tests/test_a.py::Case::test_loud"),
        ("math > loud", "test/a.test.js > math > loud"),
        ("TestLoud", "m/a.TestLoud"),
    ],
)
def test_worth__names(name: str, printed: str) -> None:
    """An author's way to write an id finds the test all the same."""
    assert worth_of(_test(name), [_ran(printed, "passed")]).worth is TestWorth.VACUOUS


def test_worth__guards() -> None:
    """A compatibility test has to pass on base; one that fails there is no guard."""
    guard = _test(expects=BaseExpectation.PASS, predicted="")
    name = guard.id

    assert worth_of(guard, [_ran(name, "passed")]).worth is TestWorth.GUARDS
    assert worth_of(guard, [_ran(name, "failed", "x")]).worth is TestWorth.RED_ON_BASE


def test_worth__red_on_one_head_is_not_red_for_ever() -> None:
    """A test that a fix made pass proves again what it proved before."""
    name = _test().id
    base = [_ran(name, "failed", _PREDICTED)]
    red = worth_of(_test(), base, [_ran(name, "failed", "x", "h")])

    mended = with_head(red, [_ran(name, "passed", "", "i")])

    assert red.worth is TestWorth.RED_ON_HEAD
    assert mended == worth_of(_test(), base, [_ran(name, "passed", "", "i")])


def test_worth__on_head() -> None:
    """A test that proves something on base and fails on the change is told so."""
    base, head = _ran("test_loud", "failed"), _ran("test_loud", "failed", commit="a" * 40)

    found = worth_of(_test(), [base], [head])

    assert (found.worth, found.on_head) == (TestWorth.RED_ON_HEAD, CaseResult.FAILED)


@pytest.mark.parametrize(
    ("base", "worth"),
    [
        (_ran("tests/test_a.py", "failed", "collection failure"), TestWorth.WRONG_REASON),
        (_ran("./tests/test_a.py", "failed", "test failed"), TestWorth.WRONG_REASON),
        (_ran("other", "failed", "x"), TestWorth.NOT_RUN),
        (report(commit=BASE), TestWorth.VACUOUS),
        (report(commit=BASE, exit_code=1), TestWorth.UNKNOWN),
    ],
)
def test_worth__not_named(base: CheckReport, worth: TestWorth) -> None:
    """A test that no run names is judged by its file, else by the run as a whole."""
    assert worth_of(_test(), [base]).worth is worth
