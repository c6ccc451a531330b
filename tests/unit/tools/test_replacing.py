"""Exact replacement and what a model is taught when its text is not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import ToolError
from orchestrator.tools.replacing import excerpt, replace

TEXT = "def first():\n    return 1\n\n\ndef second():\n    return 2\n"


def lesson(old: str, new: str = "x", *, text: str = TEXT) -> str:
    """Return what a failing replacement says."""
    with pytest.raises(ToolError) as caught:
        replace(text, old, new, everywhere=False)
    return str(caught.value)


def test_replace__puts_the_new_text_in_place_of_the_only_occurrence() -> None:
    """An edit changes what was named and nothing else."""
    done = replace(TEXT, "return 2", "return 3", everywhere=False)

    assert done.text == TEXT.replace("return 2", "return 3")
    assert (done.count, done.first_line) == (1, 6)


def test_replace__changes_every_occurrence_when_told_so() -> None:
    """`replace_all` is the way to rename."""
    done = replace(TEXT, "return", "yield", everywhere=True)

    assert done.text.count("yield") == 2
    assert (done.count, done.first_line) == (2, 2)


def test_replace__of_an_ambiguous_text_names_the_lines() -> None:
    """A model that reads the refusal knows which places it has to tell apart."""
    said = lesson("return")

    assert "2 times (lines 2, 6)" in said
    assert "replace_all" in said


def test_replace__lists_ten_places_at_most() -> None:
    """A refusal stays short however often the text occurs."""
    said = lesson("a", text="a\n" * 50)

    assert "50 times (lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)" in said


@pytest.mark.parametrize(("old", "new"), [("return 1", "return 1"), ("", "x")])
def test_replace__refuses_what_changes_nothing(old: str, new: str) -> None:
    """A call that cannot do anything says so instead of reporting success."""
    assert "old_string" in lesson(old, new)


def test_replace__recognises_line_numbers_of_read() -> None:
    """The commonest slip, copying the numbers along, is named as what it is."""
    said = lesson("    1\tdef first():\n    2\t    return 1")

    assert "includes the line numbers" in said


def test_replace__shows_text_that_differs_in_white_space_only() -> None:
    """The model gets the exact text to copy, so that its second try works."""
    said = lesson("def second():\n  return 2")

    assert "differs from it only in white space" in said
    assert "    5\tdef second():\n    6\t    return 2" in said


def test_replace__shows_the_closest_lines() -> None:
    """A text remembered nearly right leads to the right one."""
    said = lesson("def secnd():\n    return two")

    assert "closest text" in said
    assert "    5\tdef second():" in said


def test_replace__of_something_foreign_says_so() -> None:
    """Nothing similar means the wrong file: the advice is to look elsewhere."""
    assert "nothing in the file is close" in lesson("SELECT * FROM customers WHERE paid")


def test_replace__does_not_compare_endless_lines() -> None:
    """A minified file costs no time."""
    said = lesson("b" * 100_000, text="a" * 100_000 + "\nb" + "\n")

    assert "nothing in the file is close" in said


@pytest.mark.parametrize(("before", "is_found"), [(1_000, True), (10_000, False)])
def test_replace__compares_only_so_much(before: int, *, is_found: bool) -> None:
    """In a large file of data a slip is answered in seconds, not in minutes."""
    data = "".join(f"{number:060}\n" for number in range(before))

    said = lesson("the quick brown fix", text=f"{data}the quick brown fox\n")

    assert ("the quick brown fox" in said) is is_found


def test_replace__of_blank_lines_only_finds_no_near_miss() -> None:
    """White space alone resembles nothing."""
    assert "not found" in lesson("\n\n\n\n\n")


def test_excerpt__shows_the_change_with_a_little_around_it() -> None:
    """The answer to an edit is enough to see that it sits right."""
    shown = excerpt("\n".join("abcdefghij"), 5, 1)

    assert shown.splitlines()[0] == "    2\tb"
    assert shown.splitlines()[-1] == "    9\ti"


@given(
    before=st.text(alphabet="ab\n", max_size=30),
    after=st.text(alphabet="ab\n", max_size=30),
    old=st.text(alphabet="xyz", min_size=1, max_size=5),
    new=st.text(alphabet="uvw", min_size=1, max_size=5),
)
def test_replace__then_back_is_the_same_text(before: str, after: str, old: str, new: str) -> None:
    """Undoing an edit leaves no trace."""
    text = before + old + after

    there = replace(text, old, new, everywhere=False)
    back = replace(there.text, new, old, everywhere=False)

    assert back.text == text


def test_replace__makes_no_text_that_could_not_be_stored() -> None:
    """A thousand long texts in place of a thousand letters are refused before they are made."""
    with pytest.raises(ToolError, match="5,000,000 characters"):
        replace("a" * 1_000, "a", "b" * 1_000_000, everywhere=True)
