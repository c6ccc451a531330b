"""A test that cannot be compiled without the change fails for the right reason."""

from __future__ import annotations

import pytest

from orchestrator.domain.strength import TestWorth
from orchestrator.domain.work import BaseExpectation, NewTest
from orchestrator.gates.missing_symbols import missing_symbols
from orchestrator.gates.worth import worth_of
from tests.unit.gates.evidence import BASE, report
from tests.unit.gates.recordings import FOLDER

JAVAC = """\
T.java:1: error: cannot find symbol
class T { void t() { Greet.shout("a"); } }
                          ^
  symbol:   method shout(String)
  location: class Greet
1 error
"""
MAVEN = """\
[ERROR] COMPILATION ERROR :
[ERROR] /w/src/test/java/GreetTest.java:[7,19] cannot find symbol
  symbol:   method shout(java.lang.String)
  location: class Greet
"""
TSC = (
    "src/greet.test.ts(1,10): error TS2305: Module '\"./greet\"' has no exported member 'shout'.\n"
)
GCC = """\
b.c: In function \u2018main\u2019:
b.c:1:24: error: implicit declaration of function \u2018shout\u2019 [-Werror]
    1 | int main(void){ return shout(1); }
"""
LINKER = """\
/usr/bin/ld: /tmp/a.o: in function `main':
a.c:(.text+0xa): undefined reference to `shout'
collect2: error: ld returned 1 exit status
"""
GO_METHOD = "./a_test.go:9:4: g.Shout undefined (type Greeter has no field or method Shout)\n"


def _recorded(name: str) -> str:
    return (FOLDER / name).read_text()


@pytest.mark.parametrize(
    ("output", "names"),
    [
        (_recorded("go-1.24.4/broken.txt"), {"Nowhere"}),
        (_recorded("cargo-1.85.1/broken.txt"), {"nowhere"}),
        (_recorded("cargo-nextest-0.9.148/broken.txt"), {"nowhere"}),
        (GO_METHOD, {"Shout"}),
        (JAVAC, {"shout"}),
        (MAVEN, {"shout"}),
        (TSC, {"shout"}),
        (GCC, {"shout"}),
        (LINKER, {"shout"}),
    ],
    ids=["go", "cargo", "nextest", "go method", "javac", "maven", "tsc", "gcc", "linker"],
)
def test_missing_symbols__are_named_by_each_compiler(output: str, names: set[str]) -> None:
    """As the compilers print it, recorded or tried on this text."""
    assert missing_symbols(output) == names


@pytest.mark.parametrize(
    "output",
    [
        _recorded("go-1.24.4/broken.txt") + "a/a_test.go:7:1: missing return\n",
        _recorded("cargo-1.85.1/broken.txt") + "error[E0308]: mismatched types\n",
        _recorded("cargo-1.85.1/broken.txt") + "error: cannot find macro `shout` in this scope\n",
        JAVAC + "T.java:3: error: ';' expected\n",
        TSC + "src/a.ts(2,1): error TS1005: ';' expected.\n",
        GCC + "b.c:2:1: error: expected \u2018;\u2019\n",
        "ImportError: cannot import name 'shout' from 'greeter'",
        "1 failed, 2 passed in 0.1s",
        "",
    ],
)
def test_missing_symbols__beside_anything_else_are_none(output: str) -> None:
    """An error of another kind is a mistake of the test; words of no compiler say nothing."""
    assert missing_symbols(output) == frozenset()


def _new_test(expects: BaseExpectation = BaseExpectation.FAIL) -> NewTest:
    return NewTest(
        id="TestShout",
        path="a/a_test.go",
        intent="",
        quotes_issue="",
        expects_on_base=expects,
        expected_failure="undefined: Nowhere",
    )


@pytest.mark.parametrize(
    ("expects", "added", "worth"),
    [
        (BaseExpectation.FAIL, ("func", "Nowhere"), TestWorth.PROVES),
        (BaseExpectation.FAIL, ("func", "Elsewhere"), TestWorth.WRONG_REASON),
        (BaseExpectation.PASS, ("func", "Nowhere"), TestWorth.UNKNOWN),
    ],
    ids=["what the change adds", "what nobody adds", "a guard in such a file"],
)
def test_worth__of_a_test_that_cannot_be_compiled(
    expects: BaseExpectation, added: tuple[str, ...], worth: TestWorth
) -> None:
    """Only what the change adds may be missing; of a guard in that file nobody can tell."""
    output = _recorded("go-1.24.4/broken.txt")
    base = report(commit=BASE, command="go test ./...", exit_code=1, output=output)

    found = worth_of(_new_test(expects), [base], added=added)

    assert found.worth is worth
    assert ("without `Nowhere`, which the change adds" in found.why) is ("Nowhere" in added)
