"""A test that cannot be compiled without the change fails for the right reason."""

from __future__ import annotations

import pytest

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.domain.strength import TestWorth
from orchestrator.domain.work import BaseExpectation, NewTest
from orchestrator.gates.missing_symbols import is_added, missing_import, missing_symbols
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
KOTLIN = "e: file:///w/src/test/kotlin/ATest.kt:5:13 Unresolved reference 'shout'.\n"
OLD_KOTLIN = "e: /w/src/test/kotlin/ATest.kt: (5, 13): Unresolved reference: shout\n"
MAVEN_KOTLIN = "[ERROR] /w/src/test/kotlin/ATest.kt: (5, 13) Unresolved reference: shout\n"
CSC = """\
/w/ATest.cs(9,22): error CS0103: The name 'Shout' does not exist in the current context [/w/a.cs]
/w/ATest.cs(7,1): error CS0246: The type or namespace name 'Loud' could not be found (are you \
missing a using directive or an assembly reference?) [/w/a.csproj]
/w/ATest.cs(8,5): error CS1061: 'Greeter' does not contain a definition for 'Cry' and no \
accessible extension method 'Cry' accepting a first argument of type 'Greeter' [/w/a.csproj]
"""
NODE = """\
file:///w/test/theme.test.mjs:1
import { toggle } from '../src/theme.mjs';
         ^^^^^^
SyntaxError: The requested module '../src/theme.mjs' does not provide an export named 'toggle'
    at ModuleJob._instantiate (node:internal/modules/esm/module_job:180:21)

Node.js v20.20.2
  AssertionError [ERR_ASSERTION]: 1 == 2
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
        (_recorded("go-1.24.4/broken.txt") + "a/a_test.go:9:1: too many errors\n", {"Nowhere"}),
        (KOTLIN, {"shout"}),
        (OLD_KOTLIN, {"shout"}),
        (MAVEN_KOTLIN, {"shout"}),
        (CSC, {"Shout", "Loud", "Cry"}),
        (NODE, {"toggle"}),
        (_recorded("node-24.19.0/broken.txt"), {"./nowhere"}),
        (_recorded("mocha-12.0.3/broken.txt"), {"./nowhere"}),
    ],
    ids=(
        *("go", "cargo", "nextest", "go method", "javac", "maven", "tsc", "gcc", "linker"),
        *("go cut", "kotlin", "old kotlin", "maven kotlin", "c#", "export", "node", "mocha"),
    ),
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
        KOTLIN + "e: file:///w/A.kt:6:1 Expecting an expression\n",
        CSC + "/w/A.cs(1,2): error CS1002: ; expected [/w/a.csproj]\n",
        NODE + "ReferenceError: toggle is not defined\n",
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


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("collection failure: ModuleNotFoundError: No module named 'shop.cart'", "shop.cart"),
        ("ImportError: cannot import name 'total' from 'shop' (/w/shop.py)", "total"),
        ("Cannot find module '../src/theme' from 'test/theme.test.js'", "../src/theme"),
        ("Error: Cannot find module './a.mjs' imported from /w/test/a.test.mjs", "./a.mjs"),
        ("Error: Failed to load url ./a.mjs (resolved id: ./a.mjs) in /w/test/a.mjs.", "./a.mjs"),
        ('Failed to resolve import "@/lib/theme" from "test/a.test.ts".', "@/lib/theme"),
        ("LoadError: cannot load such file -- /w/lib/theme", "/w/lib/theme"),
        ("Failed opening required '/w/src/Theme.php' (include_path='.')", "/w/src/Theme.php"),
        ("ImportError: cannot import name 'a' from partially initialized module 'b'", ""),
        ("SyntaxError: Unexpected token '}'", ""),
    ],
)
def test_missing_import__is_named_as_it_is_written(message: str, name: str) -> None:
    """Only the words for what is not there count; a circle of imports is a mistake."""
    assert missing_import(message) == name


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("shop.cart", "src/shop/cart.py", True),
        ("shop", "shop/__init__.py", True),
        ("shop", "shop/cart.py", True),
        ("cart", "src/shop/cart.py", True),
        ("../src/theme", "src/theme.ts", True),
        ("../src/theme", "web/src/theme/index.ts", True),
        ("./theme.mjs", "src/theme.mjs", True),
        ("@/lib/theme", "src/lib/theme.ts", True),
        ("/w/lib/theme", "lib/theme.rb", True),
        ("/w/src/Theme.php", "src/Theme.php", True),
        ("requests", "src/shop/cart.py", False),
        ("shop.cart", "src/shop/basket.py", False),
        ("./theme", "src/themes.js", False),
        ("left-pad", "src/pad.js", False),
        ("../src/theme", "lib/theme.js", False),
        ("..", "src/theme.js", False),
    ],
)
def test_is_added__by_the_file_that_an_import_means(
    name: str, path: str, *, expected: bool
) -> None:
    """A module that the change brings is told from one that is missing for another reason."""
    assert is_added(name, (), (path,)) is expected
    assert is_added(name, (name,), ())


@pytest.mark.parametrize(
    ("files", "words", "worth", "why"),
    [
        (("shop/cart.py",), (), TestWorth.PROVES, "cannot be loaded on the base commit without"),
        (("shop/basket.py",), ("cart",), TestWorth.WRONG_REASON, "the change does not add"),
    ],
)
def test_worth__of_a_test_that_cannot_be_loaded(
    files: tuple[str, ...], words: tuple[str, ...], worth: TestWorth, why: str
) -> None:
    """A file that imports what the change adds fails for its reason, any other import does not."""
    said = "collection failure: ModuleNotFoundError: No module named 'shop.cart'"
    case = TestCase(id="a/a_test.go", result=CaseResult.FAILED, message=said)
    base = report(commit=BASE, exit_code=2).model_copy(update={"cases": (case,), "tests_run": 0})

    found = worth_of(_new_test(), [base], added=words, files=files)

    assert (found.worth, why in found.why) == (worth, True), found.why


def test_worth__of_a_test_whose_import_fails_inside() -> None:
    """An import in the test's own body is judged alike; beside it, what was foretold counts."""
    said = "ModuleNotFoundError: No module named 'shop.cart'"
    case = TestCase(id="TestShout", result=CaseResult.FAILED, message=said)
    base = report(commit=BASE, exit_code=1).model_copy(update={"cases": (case,), "tests_run": 1})

    assert worth_of(_new_test(), [base], files=("shop/cart.py",)).worth is TestWorth.PROVES
    assert worth_of(_new_test(), [base]).worth is TestWorth.WRONG_REASON
