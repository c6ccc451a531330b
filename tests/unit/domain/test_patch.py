"""A diff is read as git meant it, whatever names and lines are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.patch import parse_patch
from tests.unit.metrics.golden import golden

if TYPE_CHECKING:
    from pathlib import Path


def test_patch__paths_are_those_that_git_counts(tmp_path: Path) -> None:
    """Added, deleted, binary, empty, renamed and oddly named files are told by their true path."""
    one = golden(
        tmp_path,
        {"gone.txt": "x\n", "b b/a b.txt": "1\n", "bin": b"\0", 'ä\t"q"': "1\n"},
        {
            "gone.txt": None,
            "empty": "",
            "b b/a b.txt": "2\n",
            "bin": b"\0\1",
            'ä\t"q"': "2\n",
            "new\nline": "diff --git a/x b/x\n--- a/y\n+++ b/z\n@@ -1 +1 @@\n",
        },
    )

    found = parse_patch(one.change.diff)

    assert [file.path for file in found] == [file.path for file in one.change.files]
    added = {file.path: len(file.numbers("+")) for file in found}
    assert added == {file.path: file.added_lines for file in one.change.files}


def test_patch__lines_have_the_numbers_of_their_side() -> None:
    """A reviewer finds each line where the old and the new file have it."""
    diff = (
        "diff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n"
        "@@ -3,3 +3,3 @@ def go():\n same\n-old\r\n+new\u2028er\n last\n"
        "\\ No newline at end of file\n"
    )

    (file,) = parse_patch(diff)

    assert file.hunks[0].heading == "def go():"
    assert [(line.sign, line.old, line.new, line.text) for line in file.hunks[0].lines] == [
        (" ", 3, 3, "same"),
        ("-", 4, None, "old\r"),
        ("+", None, 4, "new\u2028er"),
        (" ", 5, 5, "last"),
        ("\\", None, None, " No newline at end of file"),
    ]
    assert [*file.numbers("-"), *file.numbers("+")] == [4, 4]


def test_patch__of_nothing_is_nothing() -> None:
    """An empty diff, or a text that is none, has no files."""
    assert parse_patch("") == parse_patch("no diff\n") == ()
