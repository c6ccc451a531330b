"""Texts that fit the forge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.forge.sizes import fit_body, fit_label, fit_title, is_marked, marked


def test_body__that_fits_is_untouched() -> None:
    """Up to the last character nothing is changed."""
    body = "x" * 65_536

    assert fit_body(body) is body


def test_body__is_cut_at_a_line_and_says_so() -> None:
    """Whole lines stay, and the note counts what is missing."""
    body = "0123456789\n" * 6_000

    cut = fit_body(body)

    kept, _, note = cut.partition("\n\n*…")
    assert set(kept.split("\n")) == {"0123456789"}
    assert note.startswith(f" {len(body) - len(kept):,} characters were cut here")


def test_body__closes_what_the_cut_left_open() -> None:
    """The note is not swallowed by a code block or a fold that lost its end."""
    body = "<details><summary>Log</summary>\n\n````text\n```\n" + "line\n" * 20_000 + "````"

    cut = fit_body(body)

    assert "\n````\n\n</details>\n\n*…" in cut


def test_body__does_not_close_what_is_closed() -> None:
    """Blocks that ended before the cut stay as they are."""
    body = "<details>\n\n~~~\nx\n~~~\n\n</details>\n" + "line\n" * 20_000

    cut = fit_body(body)

    assert cut.count("~~~") == 2
    assert cut.count("</details>") == 1


@given(st.text(alphabet="`~ \nab<details>/", max_size=400), st.integers(0, 400))
def test_body__always_fits(piece: str, times: int) -> None:
    """Whatever a body is made of, the result fits."""
    assert len(fit_body(piece * times + "y" * 60_000)) <= 65_536


@given(st.text())
def test_title__is_one_short_line(title: str) -> None:
    """Whatever a title is made of, the result is one line that fits."""
    fitted = fit_title(title * 20, is_prefixed=True)

    assert len(fitted) <= 256
    assert len(fitted.splitlines()) == 1
    assert fitted.startswith("[draft]")


def test_label__is_cut() -> None:
    """A label ends where the forge's room ends."""
    assert fit_label("a" * 51) == "a" * 49 + "…"
    assert fit_label("needs\nreview") == "needs review"


def test_marker__is_the_first_line_only() -> None:
    """A marker is put once, and counts at the top only."""
    text = marked("Body", "<!-- m -->")

    assert text == "<!-- m -->\nBody"
    assert marked(text, "<!-- m -->") == text
    assert is_marked("<!-- m -->\r\nBody", "<!-- m -->")
    assert not is_marked("> <!-- m -->\nBody", "<!-- m -->")
