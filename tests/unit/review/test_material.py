"""A verifier sees the lines around one finding, numbered as they stand in the changed file."""

from __future__ import annotations

from orchestrator.domain.review import EvidenceKind, Remark, Severity
from orchestrator.review.material import (
    FILE_LINES,
    HUNK_LINES,
    MAX_LINE,
    excerpt_around,
    hunk_around,
)

DIFF = """\
diff --git a/other.py b/other.py
--- a/other.py
+++ b/other.py
@@ -1 +1 @@
-other = 0
+other = 1
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,3 +1,4 @@
 import os
-old = 1
+first = 1
+second = 2
 end = 0
@@ -40,2 +41,3 @@
 far = 0
+away = 1
 off = 0
"""


def _at(line: int, path: str = "app.py") -> Remark:
    return Remark(
        severity=Severity.BLOCKING,
        path=path,
        line=line,
        quote="",
        claim="",
        scenario="",
        evidence_kind=EvidenceKind.NONE,
        evidence="",
        suggestion="",
        confidence=90,
    )


def test_hunk__shows_the_finding_s_file_and_place_only() -> None:
    """Lines carry their new numbers; what was removed has none, and other hunks stay away."""
    assert hunk_around(DIFF, _at(3)).splitlines() == [
        "+++ app.py",
        "     1  import os",
        "       -old = 1",
        "     2 +first = 1",
        "     3 +second = 2",
        "     4  end = 0",
    ]
    assert "away = 1" in hunk_around(DIFF, _at(42))
    assert "first = 1" not in hunk_around(DIFF, _at(42))


def test_hunk__that_is_not_there_is_said() -> None:
    """A finding outside the change is not answered with somebody else's lines."""
    assert hunk_around(DIFF, _at(20)) == "(no changed line of app.py is near line 20)"
    assert "gone.py" in hunk_around(DIFF, _at(1, "gone.py"))
    assert "app.py" in hunk_around("", _at(1))


def test_hunk__is_bounded_on_each_side_and_in_width() -> None:
    """A change of thousands of lines, or one line without end, does not reach the verifier."""
    count = 10 * HUNK_LINES
    added = [f"+row {number} {'x' * 9 * MAX_LINE}" for number in range(1, count + 1)]
    diff = "\n".join(["diff --git a/app.py b/app.py", f"@@ -0,0 +1,{count} @@", *added, ""])

    lines = hunk_around(diff, _at(count // 2)).splitlines()[1:]

    assert len(lines) == 2 * HUNK_LINES + 1
    assert f"+row {count // 2} " in lines[HUNK_LINES]
    assert max(map(len, lines)) <= MAX_LINE + len("     1 +")


def test_excerpt__is_the_file_around_the_finding() -> None:
    """So many lines on each side, each with its number, cut at the file's ends."""
    text = "".join(f"line {number}\n" for number in range(1, 101)).encode()

    lines = excerpt_around(text, _at(50)).splitlines()

    assert len(lines) == 2 * FILE_LINES + 1
    assert lines[FILE_LINES] == "    50 line 50"
    assert excerpt_around(text, _at(1)).splitlines()[0] == "     1 line 1"
    assert excerpt_around(text, _at(100)).splitlines()[-1] == "   100 line 100"


def test_excerpt__of_what_cannot_be_read_says_so_or_is_readable() -> None:
    """A file that is gone, a line beyond its end and bytes that are no text break nothing."""
    assert excerpt_around("one\ftwo\u2028three\nfour".encode(), _at(2)).endswith("     2 four")
    assert excerpt_around(None, _at(5)) == "(there is no such file after the change)"
    assert excerpt_around(b"one\n", _at(500)) == ""
    assert excerpt_around(b"\xff\xfe" + b"y" * 9 * MAX_LINE, _at(1)).startswith("     1 \ufffd")
