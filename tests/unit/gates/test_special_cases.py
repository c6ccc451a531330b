"""Row 12 of the cheating catalogue: code that branches on the very inputs of its tests."""

from __future__ import annotations

import pytest

from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.patch import parse_patch
from orchestrator.gates.protected_rule import waits_for_approval
from orchestrator.gates.special_cases import special_cases, suspects
from orchestrator.gates.weakening_rule import TestsNotWeakened
from tests.unit.gates.evidence import PATHS, change, deletion, diff, evidence

_TESTS = {
    "tests/test_a.py": """\
from app import loud

def test_loud__hello_from_the_title():
    assert loud("hello there") == "HELLO THERE"
    assert area(4711, 3.75) == 17666.25
    assert pick("circle", "status code") is None
    assert year("1999-12-31") == 1999
"""
}
_ISSUE = "Make `loud` shout\nFor example, `circle` is a shape. It has 4096 corners."


def _found(path: str, *lines: str, asked: str = _ISSUE, known: str = "") -> tuple[str, ...]:
    files = parse_patch(diff(path, " before", *lines, " after"))

    assert files is not None
    return special_cases(suspects(files, asked), _TESTS, (known,))


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("src/a.py", ('+    if name == "hello there":', '+        return "HELLO THERE"')),
        ("src/a.py", ('+    return "HELLO THERE" if name == "hello there" else name',)),
        ("src/a.py", ('+    if "hello there" == name:',)),
        ("src/a.py", ("+    if (", "+        name ==", "+        'hello there'", "+    ):")),
        ("src/a.py", ('+    if name in ("x", "hello there"):',)),
        ("src/a.py", ('+    if sys.platform == "linux" and name == "hello there":',)),
        ("src/a.py", ('+        case "hello there":',)),
        ("src/a.py", ("+    if width == 4711:",)),
        ("src/a.py", ("+    if height == 3.75:",)),
        ("src/a.py", ('+    answers = {"hello there": "HELLO THERE"}',)),
        ("src/a.py", ('+    "hello there": "HELLO THERE",',)),
        ("src/a.py", ('+    if day.startswith("1999-12-31"):',)),
        ("src/a.js", ("+  if (name === 'hello there') return 'HELLO THERE';",)),
        ("src/a.ts", ("+  return name !== `hello there` ? name : shout;",)),
        ("src/a.js", ("+    case 'hello there': return 1;",)),
        ("src/a.js", ("+  if (['hello there'].includes(name)) {",)),
        ("src/A.java", ('+    if (name.equals("hello there")) {',)),
        ("src/a.go", ('+\tif name == "hello there" {',)),
        ("src/a.rs", ('+        "hello there" => shout(),',)),
        ("src/a.rb", ("+    when 'hello there' then 'HELLO THERE'",)),
        ("src/a.rb", ("+  'hello there' => 'HELLO THERE',",)),
        ("src/A.kt", ('+        "hello there" -> shout()',)),
    ],
)
def test_special_case__caught(path: str, lines: tuple[str, ...]) -> None:
    """A branch or a table for a test's input is told with both places."""
    (place,) = _found(path, *lines)

    assert place.startswith(f"{path}:")
    assert "has a case of its own for" in place
    assert " an input of tests/test_a.py:" in place


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("src/a.py", ("+    return text.upper()",)),
        ("src/a.py", ("+    if width == 0:", '+    if name == "":', "+    if flag is True:")),
        ("src/a.py", ('+    if name == "abc":',)),
        ("src/a.py", ('+    if shape == "circle":',)),
        ("src/a.py", ("+    if corners == 4096:",)),
        ("src/a.py", ("+    if when.year == 1999:",)),
        ("src/a.py", ('+    return "HELLO THERE" if name is None else name',)),
        ("src/a.py", ('+    log("hello there")', '+    greeting = "hello there"')),
        ("src/a.py", ('+    labels = {"hello there": 1}',)),
        ("src/a.py", ('+    if name == "hello from the title":',)),
        ("src/a.py", ('+    # if name == "hello there": not done',)),
        ("src/a.py", ('-    if name == "hello there":', '+      if name == "hello there":')),
        ("src/a.py", ('+    if sys.platform == "hello there":',)),
        ("src/a.js", ("+  if (typeof name === 'hello there') {",)),
        ("tests/test_b.py", ('+    if name == "hello there":',)),
        ("docs/a.md", ('+if name == "hello there" then',)),
        ("src/a.json", ('+  "hello there": "HELLO THERE",',)),
    ],
)
def test_special_case__honest_code(path: str, lines: tuple[str, ...]) -> None:
    """Short and common values, what the issue names, outputs and moved lines are no cases."""
    assert _found(path, *lines) == ()


def test_special_case__file_that_moves() -> None:
    """A branch that stood in another file before is nobody's trick today."""
    line = 'if name == "hello there":'
    text = deletion("src/a.py", line) + diff("src/b.py", f"+{line}", is_new=True)

    assert special_cases(suspects(parse_patch(text), _ISSUE), _TESTS, ()) == ()


def test_special_case__lines_are_numbered_as_git_does() -> None:
    """A form feed or an exotic line end in a test does not send its reader to another line."""
    files = parse_patch(diff("src/a.py", " before", '+    if name == "hello there":', " after"))
    tests = {"tests/test_a.py": '"""One\ftwo\u2028three."""\nassert loud("hello there")\n'}

    assert files is not None
    [found] = special_cases(suspects(files, _ISSUE), tests, ("",))
    assert "tests/test_a.py:2" in found


def test_special_case__number_of_thousands_of_digits() -> None:
    """A number that Python would not even read is a value like any other."""
    digits = "31415926" * 1_000
    text = diff("src/a.py", f"+    if digits == {digits}:", f"+    if zeros == 4711{'0' * 5_000}:")
    tests = {"tests/test_a.py": f"assert pi({digits})\nassert pi(4711{'0' * 5_000})\n"}

    found = special_cases(suspects(parse_patch(text), _ISSUE), tests, ())

    assert [each.partition(" ")[0] for each in found] == ["src/a.py:1", "src/a.py:2"]


def test_special_case__list_without_commas() -> None:
    """A shell's array of any length is looked through in no time."""
    ports = " ".join(str(port) for port in range(8000, 8060))
    text = diff("src/a.sh", f"+PORTS=({ports})", '+if [ "$1" == "hello there" ]; then')

    assert len(special_cases(suspects(parse_patch(text), _ISSUE), _TESTS, ())) == 1


@pytest.mark.parametrize("recorded", [r"{\"name\": \"hello\"}, " * 2_000, "a=b?c:d;" * 2_000])
def test_special_case__endless_line(recorded: str) -> None:
    """A recording inside a longer string, or a packed program, is read in no time."""
    tests = {"tests/test_a.py": f"{recorded}\nassert loud('hello there')\n"}
    text = diff("src/a.py", f"+{recorded}", '+    if name == "hello there":')

    [found] = special_cases(suspects(parse_patch(text), _ISSUE), tests, ())

    assert "tests/test_a.py:2" in found


def test_special_case__words_of_the_project() -> None:
    """A single word that the project itself uses is its own; a sentence is nobody's by chance."""
    tests = {"tests/a.test.js": "assert.equal(theme('sepia'), 'The sepia theme is on');"}
    files = parse_patch(
        diff("src/a.js", "+if (t === 'sepia') {", "+if (t === 'The sepia theme is on') {")
    )

    assert files is not None
    found = suspects(files, asked="Add a theme")

    assert len(special_cases(found, tests, ())) == 2
    (left,) = special_cases(found, tests, ("$sepia: #705;",))
    assert "'The sepia theme is on'" in left


@pytest.mark.parametrize(
    ("cases", "by", "verdict", "words"),
    [
        ((), "", GateVerdict.PASSED, "No test, assertion or check"),
        (None, "", GateVerdict.NO_EVIDENCE, "Nobody looked"),
        (("src/a.py:2 has a case",), "", GateVerdict.FAILED, "add the label `looked-at`"),
        (("src/a.py:2 has a case",), "ada", GateVerdict.PASSED, "ada approved: src/a.py:2 has"),
    ],
)
def test_special_case__somebody_has_to_look(
    cases: tuple[str, ...] | None, by: str, verdict: GateVerdict, words: str
) -> None:
    """What is found holds the change back until somebody with write permission approved it."""
    known = evidence(of=change(diff("src/a.py", "+x = 1")), special_cases=cases, approved_by=by)

    found = TestsNotWeakened(PATHS).judge(known)

    assert (found.verdict, words in found.reason) == (verdict, True), found.reason
    assert waits_for_approval(known) is bool(cases)
