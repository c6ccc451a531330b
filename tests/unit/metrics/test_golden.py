"""Measurements of real repositories equal what a person counts by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.stages.measuring import measures_of
from tests.unit.metrics.golden import ONE_BRANCH, TWO_BRANCHES, golden

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CLASSES = (
    "class Loud:\n    def say(self):\n        return 1\n\n\n"
    "class Calm:\n    def say(self):\n        return 2\n"
)
_JAVASCRIPT = "function go(a) {\n  if (a && a.b) { return 1 }\n  return 2\n}\n"

Counted = list[tuple[str, str, int | None, int | None]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {"a.py": ONE_BRANCH},
            {"a.py": TWO_BRANCHES},
            [("a.py", "shout", 2, 3)],
            id="a branch more",
        ),
        pytest.param(
            {"a.py": ONE_BRANCH, "b.py": "def idle():\n    return 1\n"},
            {"b.py": "def idle():\n    return 1\n\n\ndef new(x):\n    return x or 2\n"},
            [("b.py", "new", None, 2)],
            id="a new function beside an untouched one",
        ),
        pytest.param(
            {"a.py": ONE_BRANCH}, {"a.py": None, "b.py": ONE_BRANCH}, [], id="a renamed file"
        ),
        pytest.param(
            {"a.py": ONE_BRANCH},
            {"a.py": None, "b.py": TWO_BRANCHES},
            [("b.py", "shout", 2, 3)],
            id="a renamed file with a branch more",
        ),
        pytest.param(
            {"a.py": _CLASSES},
            {"a.py": _CLASSES.replace("return 2", "return 2 or 3")},
            [("a.py", "Calm.say", 1, 2)],
            id="methods of one name in two classes",
        ),
        pytest.param(
            {"a.js": _JAVASCRIPT},
            {"a.js": _JAVASCRIPT.replace("\n", "\r\n").replace("return 2", "return a ? 2 : 3")},
            [("a.js", "go", 3, 4)],
            id="CRLF",
        ),
        pytest.param(
            {"a.py": ONE_BRANCH},
            {"a.py": ""},
            [("a.py", "shout", 2, None)],
            id="a file of zero lines",
        ),
        pytest.param(
            {"é b.py": ONE_BRANCH},
            {"é b.py": TWO_BRANCHES},
            [("é b.py", "shout", 2, 3)],
            id="a name that git quotes",
        ),
    ],
)
def test_functions__counted_by_hand(
    tmp_path: Path,
    before: Mapping[str, str | bytes],
    after: Mapping[str, str | bytes | None],
    expected: Counted,
) -> None:
    """Only functions with a changed line count, matched by name, whatever happened to the file."""
    one = golden(tmp_path, before, after)

    found = measures_of(one.git, one.change).functions

    assert found is not None
    assert [(item.path, item.name, item.before, item.after) for item in found] == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"a.bin": b"\0\1"}, {"a.bin": b"\0\2"}, id="binary"),
        pytest.param(
            {"a.py": b"\0def f(): pass\n"}, {"a.py": b"\0"}, id="binary by the name of code"
        ),
        pytest.param({"a.md": "x\n"}, {"a.md": "y\n"}, id="prose"),
    ],
)
def test_functions__unknown_where_there_is_no_code(
    tmp_path: Path, before: Mapping[str, str | bytes], after: Mapping[str, str | bytes | None]
) -> None:
    """What cannot be read as code has no complexity, which is not a complexity of zero."""
    one = golden(tmp_path, before, after)

    assert measures_of(one.git, one.change).functions is None


def test_functions__hostile_code_is_no_crash(tmp_path: Path) -> None:
    """Text that is not the language its name promises is measured or left out, never a defect."""
    one = golden(
        tmp_path,
        {"a.py": "x = 1\n"},
        {"a.py": "def f(\n" * 300, "b.js": "${`" * 500, "c.rs": "'{" * 400, "d.py\n::x": "y"},
    )

    assert measures_of(one.git, one.change).commit == one.change.head


def test_diff__is_cut_and_says_how_long_it_was(tmp_path: Path) -> None:
    """A huge diff does not fill the journal, and nobody takes its beginning for the whole."""
    one = golden(tmp_path, {"a.txt": "a\n"}, {"a.txt": "b" * 400_000})

    found = measures_of(one.git, one.change)

    assert len(found.diff) == 300_000
    assert found.diff_characters == len(one.change.diff)
