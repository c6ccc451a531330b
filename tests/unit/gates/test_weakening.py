"""The cheating catalogue, as far as a diff shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.gates.protected_rule import ProtectedPaths
from orchestrator.gates.weakening import JudgingPaths
from orchestrator.gates.weakening_rule import TestsNotWeakened
from tests.unit.gates.evidence import BASE, PATHS, change, deletion, diff, evidence, report

_GATE = TestsNotWeakened(PATHS)


def _reason(*texts: str) -> str:
    found = _GATE.judge(evidence(of=change("".join(texts))))
    return "" if found.verdict is GateVerdict.PASSED else found.reason


@pytest.mark.parametrize(
    ("path", "lines", "words"),
    [
        (
            "tests/test_a.py",
            ("-def test_adds():", "-    assert add(1, 2) == 3"),
            "loses 1 test: test_adds",
        ),
        ("tests/a.test.js", ("-test('adds', () => {", " x"), "loses 1 test: adds"),
        ("tests/a.test.js", ("-  it.each([1])('adds %d', f)", " x"), "loses 1 test: adds %d"),
        ("tests/a_test.go", ("-func TestAdd(t *testing.T) {",), "loses 1 test: TestAdd"),
        ("tests/a_spec.rb", ("-  it 'adds' do",), "loses 1 test: adds"),
        ("src/test/ATest.java", ("-  @Test", "-  void adds() {"), "loses 1 tests"),
        ("tests/a.rs", ("-fn test_adds() {",), "loses 1 test: test_adds"),
        (
            "tests/test_a.py",
            ("-    assert a == 1",),
            "loses or changes the assertion 'assert a == 1'",
        ),
        (
            "tests/test_a.py",
            ("-    assert a == 1", "+    assert a"),
            "loses or changes the assertion",
        ),
        ("tests/test_a.py", ("-    self.assertEqual(a, 1)",), "loses or changes the assertion"),
        (
            "tests/a.test.js",
            ("-  expect(a).toBe(1);", "+  expect(a).toBeTruthy();"),
            "loses or changes",
        ),
        ("tests/a.test.js", ("-  assert.equal(a, 1);",), "loses or changes the assertion"),
        ("tests/a_test.go", ('-  t.Errorf("bad")',), "loses or changes the assertion"),
        ("tests/test_a.py", ("+@pytest.mark.skip",), "skips or singles out a test"),
        ("tests/test_a.py", ("+@pytest.mark.xfail(reason='x')",), "skips or singles out"),
        ("tests/test_a.py", ("+    pytest.skip('later')",), "skips or singles out"),
        ("tests/test_a.py", ("+@unittest.skipIf(True, 'x')",), "skips or singles out"),
        ("tests/a.test.js", ("+it.skip('adds', f)",), "skips or singles out"),
        ("tests/a.test.js", ("+describe.only('adds', f)",), "skips or singles out"),
        ("tests/a.test.js", ("+xit('adds', f)",), "skips or singles out"),
        ("tests/a.test.js", ("+test('adds', { skip: true }, f)",), "skips or singles out"),
        ("tests/a_test.go", ('+  t.Skip("flaky")',), "skips or singles out"),
        ("tests/a.rs", ("+#[ignore]",), "skips or singles out"),
        ("src/test/ATest.java", ("+  @Disabled",), "skips or singles out"),
        ("src/a.py", ("+import x  # noqa",), "src/a.py:2 switches a check off"),
        ("src/a.js", ("+// eslint-disable-next-line",), "switches a check off"),
        ("src/a.ts", ("+// @ts-ignore",), "switches a check off"),
        ("src/a.go", ("+x() //nolint",), "switches a check off"),
        ("src/a.py", ("+def f():  # pragma: no cover",), "switches a check off"),
        ("src/a.py", ("+if 'PYTEST_CURRENT_TEST' in env:",), "behaves differently under test"),
        ("src/a.js", ("+if (process.env.NODE_ENV === 'test') return 1",), "differently under test"),
        ("src/a.py", ("+    def __eq__(self, other):", "+        return True"), "always true"),
        (
            "tests/conftest.py",
            ("+def pytest_collection_modifyitems(items):",),
            "hooks into the test runner",
        ),
        ("tests/conftest.py", ("+collect_ignore = ['test_a.py']",), "hooks into the test runner"),
        ("tests/conftest.py", ("+os._exit(0)",), "ends the test process early"),
        ("tests/a.test.js", ("+process.exit(0)",), "ends the test process early"),
        ("ci/build.yml", ("+    continue-on-error: true",), "lets a step fail unseen"),
        ("Makefile", ("-\tnpm test", "+\tnpm test || true"), "lets a step fail unseen"),
        (
            ".coveragerc",
            ("-fail_under = 90", "+fail_under = 10"),
            ".coveragerc:2 changes what is checked",
        ),
        ("ci/eslint.json", ("+  'no-eval': 'off',",), "changes what is checked"),
        ("pyproject.toml", ("-addopts = '-W error'",), "changes what is checked"),
        ("pyproject.toml", ("+ignore = ['F401']", " x"), "changes what is checked"),
        (
            "package.json",
            ('-    "test": "jest",', '+    "test": "exit 0",'),
            "changes what is checked",
        ),
        ("package.json", ('+    "coverageThreshold": {},', " x"), "changes what is checked"),
        ("tests/test_a.py", ("+    return", "     assert a"), "returns from a test early"),
        ("tests/a.test.js", ("+    return;", "     expect(a)"), "returns from a test early"),
        ("tests/test_a.py", ("-def test_a():", "+def check_a():"), "loses 1 test: test_a"),
        ("sitecustomize.py", ("+import random",), "is run before every test"),
        ("tests/conftest.py", ("+open('reports/junit.xml', 'w')",), "writes a test report"),
        ("tests/a.test.js", ("+fs.writeFileSync('junit.xml', '<testsuite/>')",), "writes a test"),
        ("src/a.py", ("+    os._exit(0)",), "ends the process that tests run in"),
        ("src/a.py", ("+sys.exit(0)",), "ends the process that tests run in"),
        ("src/a.js", ("+process.exit(0);",), "ends the process that tests run in"),
        ("src/a.py", ("+    __eq__ = lambda self, other: True",), "always true"),
        ("src/A.java", ("+  boolean equals(Object o) {", "+    return true;"), "always true"),
        ("src/a.py", ("+time.time = lambda: 0",), "replaces the clock"),
        ("src/a.js", ("+Math.random = () => 0.5;",), "replaces the clock"),
        ("src/a.py", ("+if 'pytest' in sys.modules:",), "differently under test"),
        ("src/a.js", ("+if (process.env.JEST_WORKER_ID) {",), "differently under test"),
        ("src/a.py", ("+x = f()  # ast-grep-ignore",), "switches a check off"),
        ("src/a.py", ("+x = 1  # one\rsys.exit(0)",), "hides code behind a carriage return"),
        (
            "tests/test_a.py",
            ("-    assert a", "+    if deep:", "+        assert a"),
            "no longer always",
        ),
        (
            "tests/test_a.py",
            ("-    assert a", "+    try:", "+        with b:", "+            assert a"),
            "tests/test_a.py:4 checks 'assert a' no longer always",
        ),
        (
            "tests/a.test.js",
            ("+  if (false) {", "   expect(a).toBe(1)", "+  }"),
            "no longer always",
        ),
        (
            "tests/a.test.js",
            ("+  try {", "   expect(a).toBe(1)", "+  } catch {}"),
            "no longer always",
        ),
        ("tests/a.test.js", ("+/*", "   expect(a).toBe(1)", "+*/"), "no longer always"),
        ("tests/test_a.py", ('+    """', "     assert a", '+    """'), "no longer always"),
    ],
)
def test_tests_not_weakened__caught(path: str, lines: tuple[str, ...], words: str) -> None:
    """Each trick is caught and its place is named."""
    reason = _reason(diff(path, " context", *lines, " context"))

    assert any(word in reason for word in words.split("|")), reason
    assert path in reason


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("tests/test_a.py", ("+def test_more():", "+    assert add(2, 2) == 4")),
        (
            "tests/test_a.py",
            ("-def test_a():", "-  assert x == 1", "+def test_a():", "+    assert x == 1"),
        ),
        ("tests/a.test.js", ("-const a = 1;", "+const a = 2;")),
        ("src/a.py", ("-def old():", "+def new():")),
        ("src/a.py", ("+    def __eq__(self, other):", "+        return self.a == other.a")),
        ("src/a.py", ("+    sys.exit(0)",)),
        ("src/a.py", ("-import x  # noqa", "+import x  # noqa", " y")),
        ("package.json", ('+    "lodash": "^4.0.0",',)),
        ("package.json", ('+    "ignore": "^5.0.0",',)),
        ("package.json", ('+    "test:theme": "node --test theme",', ' "test": "jest"')),
        ("docs/a.md", ("+an ordinary line",)),
        ("src/a.py", ("+x = 1\r",)),
        ("tests/test_a.py", ("-    assert a", "+    with b:", "+        assert a")),
        ("tests/test_a.py", ("+    if x:", "+        assert y", "     assert a")),
        ("tests/test_a.py", ('+    """Says', "+    more.", '+    """', "     assert a")),
        ("tests/a.test.js", ("+  try {", "+    f()", "+  } catch {}", "   expect(a).toBe(1)")),
        ("tests/a.test.js", ("-/* old", "-*/", "+/* new */", "   expect(a).toBe(1)")),
    ],
)
def test_tests_not_weakened__honest_work(path: str, lines: tuple[str, ...]) -> None:
    """New tests, reformatting and source changes are no weakening."""
    assert _reason(diff(path, " context", *lines)) == ""


def test_tests_not_weakened__new_files() -> None:
    """A new configuration or test file loosens nothing that was there."""
    new = (
        diff(".coveragerc", "+fail_under = 10", is_new=True),
        diff("tests/test_b.py", "+def test_b():", "+    assert b", is_new=True),
    )

    assert _reason(*new) == ""


def test_tests_not_weakened__deleted_files() -> None:
    """A deleted test file, data file or configuration is named."""
    reason = _reason(
        deletion("tests/test_a.py", "def test_a():", "    assert a"),
        deletion("tests/expected.txt", "42"),
        deletion(".coveragerc", "[run]"),
        deletion("docs/Makefile", "html:"),
    )

    assert "tests/test_a.py loses 1 test: test_a" in reason
    assert "tests/expected.txt is deleted" in reason
    assert ".coveragerc is deleted" in reason
    assert "Makefile" not in reason


def test_tests_not_weakened__moved_tests() -> None:
    """Moving tests to another test file is fine; moving them out of sight is not."""
    lines = ("def test_a():", "    assert a")
    old = deletion("tests/test_a.py", *lines)
    added = tuple(f"+{line}" for line in lines)

    split = diff("tests/test_a.py", *(f"-{line}" for line in lines))

    assert _reason(old, diff("tests/unit/test_a.py", *added, is_new=True)) == ""
    assert _reason(split, diff("tests/test_b.py", *added, is_new=True)) == ""
    assert _reason(deletion("tests/a.txt", "1"), diff("tests/b.txt", "+1", is_new=True)) == ""
    assert "loses 1 test" in _reason(old, diff("attic/a.py", *added, is_new=True))


@pytest.mark.parametrize("path", ["pytest.ini", "ci/jest.config.js"])
def test_tests_not_weakened__new_settings_in_place_of_others(path: str) -> None:
    """A new file that overrules the settings elsewhere is no addition."""
    gate = TestsNotWeakened(
        JudgingPaths(is_test=lambda _: False, is_config=lambda name: name == path)
    )
    text = diff(path, "+addopts = --ignore=tests/test_a.py", "+testMatch: []", is_new=True)

    found = gate.judge(evidence(of=change(text, path)))

    assert (found.verdict, "changes what is checked" in found.reason) == (GateVerdict.FAILED, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [("tests/test_a.py", "tests/a_tests_old.py"), ("tests/a.test.js", "tests/a.test.js.off")],
)
def test_tests_not_weakened__renamed_out_of_sight(old: str, new: str) -> None:
    """A test file that no runner finds by its new name is lost, wherever it lies."""
    lines = ("def test_a():", "    assert a", "test('a', f)")
    moved = deletion(old, *lines) + diff(new, *(f"+{line}" for line in lines), is_new=True)

    assert "loses 2 tests" in _reason(moved)


OF_A_RUN = JudgingPaths(
    is_test=lambda path: classify(path) is PathClass.TEST,
    is_config=lambda path: classify(path) in {PathClass.CI, PathClass.CHECK_CONFIG},
    is_manifest=lambda path: classify(path) is PathClass.MANIFEST,
)


@pytest.mark.parametrize("path", [".coveragerc", "package.json", "Makefile"])
def test_tests_not_weakened__outside_the_plan(path: str) -> None:
    """Configuration of checks and manifests change only if a task names the file."""
    gate = TestsNotWeakened(OF_A_RUN)
    shown = replace(evidence(of=change(diff(path, "+x"), path)), planned=("**",))

    assert "the plan does not name" in gate.judge(shown).reason
    assert gate.judge(replace(shown, planned=(path,))).verdict is GateVerdict.PASSED


@pytest.mark.parametrize("path", ["Dockerfile", ".gitlab-ci.yml", "package-lock.json", ".npmrc"])
def test_tests_not_weakened__leaves_it_to_protected_paths(path: str) -> None:
    """What waits for a person's approval has one judge: approved there, it is not refused here."""
    known = evidence(of=change(diff(path, "+x"), path))
    shown = replace(known, planned=("src/**",), protected_paths=())

    assert ProtectedPaths().judge(shown).verdict is GateVerdict.FAILED
    assert ProtectedPaths().judge(replace(shown, approved_by="ada")).verdict is GateVerdict.PASSED
    assert TestsNotWeakened(OF_A_RUN).judge(shown).verdict is GateVerdict.PASSED


def test_tests_not_weakened__lock_file_beside_its_manifest() -> None:
    """What `protected_paths` only mentions is still refused here when no task names it."""
    paths = ("package.json", "package-lock.json")
    both = change("".join(diff(path, "+x") for path in paths), *paths)
    shown = replace(evidence(of=both), planned=("src/**", "package.json"))

    reason = TestsNotWeakened(OF_A_RUN).judge(shown).reason

    assert "package-lock.json is a manifest, lock or build file that the plan does not" in reason


RUST = (
    "diff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/a.rs\n"
    "@@ -40,2 +40,2 @@ mod tests {\n"
)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("-        assert_eq!(a, 1);\n+        assert!(a > 0);\n", "changes the assertion"),
        ("-    #[test]\n-    fn adds() {\n", "src/a.rs loses 1 tests"),
        ("+    #[ignore]\n     fn adds() {\n", "skips or singles out"),
    ],
)
def test_tests_not_weakened__tests_beside_what_they_test(lines: str, words: str) -> None:
    """Rust's tests stand in the source itself and are as little an implementer's to loosen."""
    inner = evidence(of=change(RUST + lines))
    outer = evidence(of=change(RUST.replace("mod tests {", "impl A {") + lines))

    assert words in TestsNotWeakened(OF_A_RUN).judge(inner).reason
    is_marked = "#[test]" in lines
    assert (words in TestsNotWeakened(OF_A_RUN).judge(outer).reason) is is_marked


def test_tests_not_weakened__moved_test_still_runs() -> None:
    """A test that runs under a new place has not gone; one that came back elsewhere twice has."""
    before = report(commit=BASE, cases={"tests/test_a.py::test_x": "passed"})
    moved = report(cases={"tests/unit/test_a.py::test_x": "passed"})

    assert _GATE.judge(evidence(base=(before,), head=(moved,))).verdict is GateVerdict.PASSED


def test_tests_not_weakened__test_no_longer_runs() -> None:
    """A test that passed on base and is not collected any more is named."""
    before = report(commit=BASE, cases={"a": "passed", "b": "passed"})
    after = report(cases={"a": "passed"})

    found = _GATE.judge(evidence(base=(before,), head=(after,)))

    assert found.verdict is GateVerdict.FAILED
    assert "1 tests that passed on base no longer run (b)" in found.reason


def test_tests_not_weakened__no_diff() -> None:
    """Changed lines without their diff are no evidence."""
    bare = change().model_copy(update={"diff": ""})

    assert _GATE.judge(evidence(of=bare)).verdict is GateVerdict.NO_EVIDENCE
