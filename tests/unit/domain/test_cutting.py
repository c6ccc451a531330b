"""A text that is cut stays Markdown, and says that it was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from orchestrator.domain.cutting import cut_markdown, utf8_size

if TYPE_CHECKING:
    from collections.abc import Callable


def _note(missing: int) -> str:
    return f"*{missing:,} characters are missing.*"


def test_cut_markdown__what_fits_is_untouched() -> None:
    """Up to the last character nothing is changed."""
    assert cut_markdown("x" * 100, 100, _note) == "x" * 100


def test_cut_markdown__counts_what_is_missing() -> None:
    """Whole lines stay, and the note tells exactly how much is gone."""
    text = "0123456789\n" * 60

    cut = cut_markdown(text, 300, _note)

    kept, _, note = cut.rpartition("\n\n")
    assert set(kept.split("\n")) == {"0123456789"}
    assert note == _note(len(text) - len(kept))
    assert len(cut) <= 300


def test_cut_markdown__a_fence_inside_code_opens_nothing() -> None:
    """Only what is open at the cut is closed: neither quoted fences nor quoted folds count."""
    text = "````text\n```\n<details>\n````\n<details>\n\n```text\n</details>\n" + "line\n" * 400

    cut = cut_markdown(text, 400, _note)

    assert "line\n```\n\n</details>\n\n*" in cut
    assert cut.count("</details>") == 2


def test_cut_markdown__one_endless_line_is_cut_inside() -> None:
    """A text without lines still fits."""
    cut = cut_markdown("é" * 5_000, 1_000, _note, size=utf8_size)

    assert utf8_size(cut) <= 1_000
    assert cut.startswith("éé")


def test_cut_markdown__rows_of_a_table_stay_whole() -> None:
    """A table ends with a row, and the note below is no part of it."""
    text = "| a | b |\n| --- | --- |\n" + "| one | two |\n" * 400

    cut = cut_markdown(text, 500, _note)

    html = MarkdownIt("commonmark").enable("table").render(cut)
    assert html.count("<tr>") == html.count("</tr>") == cut.count("| one | two |") + 1
    assert html.strip().endswith("characters are missing.</em></p>")


PIECES = st.sampled_from(
    ("```\n", "````text\n", "~~~\n", "<details>\n", "</details>\n", "words\n", "| a | b |\n", "\n")
)


@given(
    st.lists(PIECES | st.text(alphabet="`~ \nab€", max_size=30), max_size=60),
    st.sampled_from((len, utf8_size)),
)
def test_cut_markdown__always_fits_and_is_read(
    pieces: list[str], size: Callable[[str], int]
) -> None:
    """Whatever is cut where: the result fits, and its note is read as a note."""
    text = "words\n" + "".join(pieces) * 4

    cut = cut_markdown(text, 200, _note, size=size)

    assert size(cut) <= 200
    if cut != text:
        last = MarkdownIt("commonmark").render(cut).rstrip().rpartition("\n")[2]
        assert last.endswith("characters are missing.</em></p>")
