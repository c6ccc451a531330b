"""Text on its way to the model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.tools.text import as_stored, clean, head_and_tail, plain


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1;2q data\x1b\\text", "text"),
        ("one\x1b]0;title\nFAILED two\n", "one0;title\nFAILED two\n"),
        ("one\x1bPFAILED two\nthree", "oneFAILED two\nthree"),
        ("\x1b_FAILED\x1b[0m two", "FAILED two"),
        ("a\x00b\x08c\x7f", "abc"),
        ("half \ud800 pair", "half  pair"),
        ("one\r\ntwo\rthree", "one\nthree"),
        ("10%\r50%\r100%\n", "100%\n"),
        ("done\r", "done"),
        ("\r\r", ""),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_clean__leaves_what_a_person_would_see(dirty: str, expected: str) -> None:
    """Escapes, control characters and overwritten progress cost tokens and carry tricks."""
    assert clean(dirty) == expected


@given(st.text(max_size=200))
def test_clean__is_done_after_one_pass(text: str) -> None:
    """Nothing that is removed can assemble something new that a second pass would find."""
    assert "\x1b" not in clean(text)
    assert "\r" not in clean(text)


@given(st.text(max_size=200))
def test_plain__shows_all_and_can_be_undone(text: str) -> None:
    """What a file holds is neither acted on nor lost, so that what was shown can be edited."""
    text = text.replace("\r\n", "\n").translate(dict.fromkeys(range(9216, 9250)))

    shown = plain(text)

    assert len(shown) == len(text)
    assert not any(char < " " and char not in "\t\n" for char in shown)
    assert as_stored(shown) == text


def test_head_and_tail__keeps_short_text_as_it_is() -> None:
    """What fits is not touched."""
    assert head_and_tail("short", 10, "cut {cut}") == "short"


def test_head_and_tail__keeps_whole_lines_of_both_ends() -> None:
    """The first error and the summary both survive, and the notice counts what does not."""
    text = "\n".join(f"line {number}" for number in range(100))

    kept = head_and_tail(text, 60, "{cut} characters left out")

    assert kept == (
        "line 0\nline 1\nline 2\nline 3\n\n"
        "[… 738 characters left out …]\n\n"
        "line 97\nline 98\nline 99"
    )


def test_head_and_tail__cuts_a_text_without_lines() -> None:
    """One endless line is bounded, too."""
    kept = head_and_tail("x" * 1000, 100, "{cut} left out")

    assert kept.count("x") == 100
    assert "900 left out" in kept
