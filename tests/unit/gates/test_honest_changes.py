"""Real diffs of work that loosens nothing, beside the tricks that look much like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.patch import parse_patch
from orchestrator.gates.differential import differential
from orchestrator.gates.weakening import weakenings
from tests.builders_git import commit_files, git, make_repository
from tests.unit.gates.evidence import BASE, report
from tests.unit.gates.test_weakening import OF_A_RUN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_UNCHECKED = "import os  # noqa: F401\nx = 1\n"
_SKIPPED = "@pytest.mark.skip\ndef test_a():\n    assert x\n"
_SOLID = "def test_b():\n    assert y\n"


def _found(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    place = make_repository(folder / "place", before)
    git(place, "rm", "-rq", ".")
    commit_files(place, after)
    shown = git(place, "diff", "--no-renames", "HEAD~1", "HEAD")
    return [*weakenings(parse_patch(shown), OF_A_RUN)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"src/a.py": _UNCHECKED}, {"src/b.py": _UNCHECKED}),
        ({"src/a.py": f"y = 2\n{_UNCHECKED}"}, {"src/a.py": "y = 2\n", "src/b.py": _UNCHECKED}),
        ({"tests/test_a.py": _SKIPPED}, {"tests/unit/test_a.py": _SKIPPED}),
    ],
    ids=["file", "part of a file", "skipped test"],
)
def test_weakenings__what_only_moves(
    tmp_path: Path, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """A check that was switched off before is no new one where its line now stands."""
    assert _found(tmp_path, before, after) == []


def test_weakenings__moved_once_and_copied_once(tmp_path: Path) -> None:
    """One line that goes accounts for one that comes, and for one in its own file first."""
    before = {"src/a.py": _UNCHECKED, "src/c.py": _UNCHECKED}
    after = {"src/b.py": _UNCHECKED, "src/c.py": f"{_UNCHECKED}y = 2\n", "src/d.py": _UNCHECKED}

    assert _found(tmp_path, before, after) == ["src/d.py:1 switches a check off"]


def test_weakenings__skip_that_changes_places(tmp_path: Path) -> None:
    """Another test is not skipped in place of the one that no longer is."""
    before = {"tests/test_a.py": _SKIPPED, "tests/test_b.py": _SOLID}
    after = {
        "tests/test_a.py": _SKIPPED.partition("\n")[2],
        "tests/test_b.py": f"@pytest.mark.skip\n{_SOLID}",
    }

    assert _found(tmp_path, before, after) == ["tests/test_b.py:1 skips or singles out a test"]


def test_weakenings__prose(tmp_path: Path) -> None:
    """A document may speak of what switches checks off, and not do it."""
    told = "`# noqa`, PYTEST_CURRENT_TEST, pytest_configure and\n    make test || true\n"

    assert _found(tmp_path, {"NEWS.md": "1\n"}, {"NEWS.md": f"1\n{told}"}) == []
    done = {"docs/a.md": "1\n<!-- prettier-ignore -->\n"}
    assert _found(tmp_path / "b", {"docs/a.md": "1\n"}, done) == [
        "docs/a.md:2 switches a check off"
    ]


_TEST = "def test_a(serve):\n    serve(handle)\n    assert get() == 1\n"
_HELPER = (
    "def handle(request):\n    if request.path:\n        send(1)\n        return\n    send(2)\n"
)
_JS_TEST = "it('works', async () => {\n  serve(handle)\n  expect(await get()).toBe(1)\n})\n"
_JS_HELPER = (
    "const handle = (request, response) => {\n  if (request.url) {\n    response.end()\n"
    "    return;\n  }\n  response.fail()\n}\n"
)
_RUST_TEST = "#[test]\nfn works() {\n    serve(handle);\n    assert!(get());\n}\n"
_JS_METHOD = "class Double {\n  handle(request) {\n    return;\n  }\n}\n"


@pytest.mark.parametrize(
    ("path", "test", "helper"),
    [
        ("tests/test_a.py", _TEST, _HELPER),
        ("tests/a.test.js", _JS_TEST, _JS_HELPER),
        ("tests/a.test.js", _JS_TEST, _JS_METHOD),
    ],
)
def test_weakenings__new_function_that_returns(
    tmp_path: Path, path: str, test: str, helper: str
) -> None:
    """A function that comes with the change may return wherever it likes."""
    assert _found(tmp_path, {path: test}, {path: f"{helper}\n{test}"}) == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("tests/test_a.py", "    serve(handle)\n", "    if slow:\n        return\n"),
        ("tests/test_a.py", "    serve(handle)\n", "    def g():\n        pass\n    return\n"),
        ("tests/a.test.js", "  serve(handle)\n", "  for (const a of b) {\n    return;\n  }\n"),
        (
            "tests/a.rs",
            "    serve(handle);\n",
            "    match a {\n        _ => {\n            return;\n",
        ),
    ],
)
def test_weakenings__test_that_returns(tmp_path: Path, path: str, old: str, new: str) -> None:
    """A test of before that now returns does so early, under a condition or not."""
    test = {"py": _TEST, "js": _JS_TEST, "rs": _RUST_TEST}[path.rpartition(".")[2]]

    found = _found(tmp_path, {path: test}, {path: test.replace(old, new)})

    assert [text.partition(" ")[2] for text in found] == ["returns from a test early"]


_GO_CHECK = 'if got := f(); got != 1 {\n\tt.Errorf("got %d", got)\n}\n'
_DEEP = "def test_a():\n    if deep:\n        assert a\n    assert b\n"


def _deeper(text: str) -> str:
    return "".join(f"\t{line}\n" for line in text.splitlines())


def test_weakenings__check_that_takes_its_condition_along(tmp_path: Path) -> None:
    """A check may go into a loop or a subtest with the condition that it always stood under."""
    head = "func TestA(t *testing.T) {\n"
    before = f"{head}{_deeper(_GO_CHECK)}}}\n"
    inner = f't.Run("one", func(t *testing.T) {{\n{_deeper(_GO_CHECK)}}})\n'

    after = f"{head}{_deeper(inner)}}}\n"

    assert _found(tmp_path, {"a_test.go": before}, {"a_test.go": after}) == []


def test_weakenings__check_that_comes_under_an_old_condition(tmp_path: Path) -> None:
    """A condition that moves along shelters what did not stand under it before."""
    after = "def test_a():\n    with x:\n" + "".join(
        f"    {line}\n"
        for line in _DEEP.replace("    assert b", "        assert b").splitlines()[1:]
    )

    (found,) = _found(tmp_path, {"tests/test_a.py": _DEEP}, {"tests/test_a.py": after})

    assert found == "tests/test_a.py:5 checks 'assert b' no longer always"


_LONG_JS_TEST = _JS_TEST.replace("  serve", "  const a = 1\n  const b = 2\n  const c = 3\n  serve")


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("tests/a.test.js", _JS_TEST, "  const files = glob('src/**/*.js')\n"),
        ("tests/a.test.js", _JS_TEST, "  // looks for src/**/*.js\n"),
        ("tests/a.test.js", _JS_TEST, "  /* it's at https://a.example 'now' */\n"),
        ("tests/a.test.js", _JS_TEST, "  /*\n   * see https://a.example */\n"),
        ("tests/test_a.py", _TEST, "    # looks for src/**/*.py\n"),
    ],
)
def test_weakenings__glob_is_no_comment(tmp_path: Path, path: str, text: str, line: str) -> None:
    """A string or a remark with stars and slashes puts nothing out of reach."""
    at = text.index("\n") + 1

    assert _found(tmp_path, {path: text}, {path: text[:at] + line + text[at:]}) == []


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tests/a.test.js", _LONG_JS_TEST, f"/*\n{_LONG_JS_TEST}*/\n"),
        ("tests/a.test.js", _LONG_JS_TEST, f"if (false) {{\n{_LONG_JS_TEST}}}\n"),
        ("tests/test_a.py", _TEST * 3, f'"""\n{_TEST * 3}"""\n'),
    ],
)
def test_weakenings__long_test_out_of_reach(
    tmp_path: Path, path: str, before: str, after: str
) -> None:
    """A test is out of reach although the diff does not show its assertions."""
    (found,) = _found(tmp_path, {path: before}, {path: after})

    assert found.endswith("no longer always")


def test_weakenings__endless_line(tmp_path: Path) -> None:
    """A line made to keep the search busy is searched to its end all the same."""
    flood = "sys.argv " * 10_000 + "os._exit(0)\n"

    assert _found(tmp_path, {"src/a.py": "x = 1\n"}, {"src/a.py": flood}) == [
        "src/a.py:1 ends the process that tests run in"
    ]


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        ("example.com/m/a.TestX", "example.com/m/b.TestX", "example.com/m/b.TestY"),
        ("com.a.MathTest.adds", "com.b.MathTest.adds", "com.b.MathTest.works"),
        ("test_x (tests.a.Case.test_x)", "test_x (tests.b.C.test_x)", "test_y (tests.b.C.test_y)"),
        ("./spec/a_spec.rb Math adds", "./spec/b/a_spec.rb Math adds", "./spec/b.rb Math works"),
        ("calc.tests::adds", "calc.math::tests::adds", "calc.math::tests::works"),
        (
            "tests/a.test.js > math > adds",
            "tests/b.test.js > math > adds",
            "tests/b.test.js > works",
        ),
    ],
    ids=["go", "junit", "unittest", "rspec", "cargo", "jest"],
)
def test_differential__moved_in_every_runners_words(old: str, new: str, other: str) -> None:
    """Whatever stands before a test's name in its id may change when the test moves."""
    base = report(commit=BASE, cases={old: "passed"})
    moved, gone = (report(cases={name: "passed"}) for name in (new, other))

    assert differential((base,), (moved,)).gone == ()
    assert differential((base,), (gone,)).gone == (old,)
