"""Text files, and what keeps them from being read as code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.tools.text_file import TextFile, syntax_problem


@given(
    lines=st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n\x00", codec="utf-8"))),
    end=st.sampled_from(["\n", "\r\n"]),
    has_bom=st.booleans(),
)
def test_text_file__goes_back_to_the_bytes_it_came_from(
    lines: list[str], end: str, *, has_bom: bool
) -> None:
    """Reading and writing a file unchanged is invisible to git."""
    body = end.join(lines).removeprefix("\ufeff")
    content = (b"\xef\xbb\xbf" if has_bom else b"") + body.encode()

    file = TextFile.decode("a", content)

    assert file.encode() == content


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def f(:\n"),
        ("a.py", "x = 1\x00"),
        ("a.py", "(" * 5000),
        ("a.py", "-" * 100_000 + "1"),
        ("a.json", "{"),
        ("a.json", "[" * 200_000),
        ("a.json", "9" * 5_000),
    ],
)
def test_syntax_problem__is_found_whatever_is_wrong(path: str, text: str) -> None:
    """Odd text is a problem to report, never a crash of the program."""
    assert syntax_problem(path, text)


@pytest.mark.parametrize(
    ("path", "text"), [("a.py", "x = '\\d'\n"), ("a.json", "{}"), ("a.txt", "{"), ("a.py", "")]
)
def test_syntax_problem__is_none_for_good_text_and_other_files(path: str, text: str) -> None:
    """No false alarm, no stray interpreter warning."""
    assert syntax_problem(path, text) is None
