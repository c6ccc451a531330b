"""Foreign words in our texts: seen by people, without any effect."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from orchestrator.rendering import markdown

MARKDOWN = st.text(
    st.sampled_from("ab1 @#/`*_[]()<>|~$&!\\\n.:-+=") | st.characters(codec="utf-8"), max_size=60
)


def test_defuse__nobody_is_told_and_nothing_is_linked() -> None:
    """Mentions, references, closing words, addresses and our trigger lose their effect."""
    text = "@mona fixes #12, GH-7 and o/r#9; /orchestrate https://x.example www.x.example"

    defused = markdown.defuse(text)

    assert defused.replace("\u200b", "") == text
    assert not re.search(r"@\w|#\d|GH-\d|/orchestrate|https:/|www\.", defused)


@pytest.mark.parametrize("before", ["_", "7", "é", "("])
def test_defuse__no_letter_before_it_keeps_an_address_alive(before: str) -> None:
    """GitHub links an address behind an underscore too, and one behind a digit or an accent."""
    shown = [markdown.defuse(f"{before}{word}") for word in ("https://x.example", "www.x.example")]

    assert shown == [f"{before}https:\u200b//x.example", f"{before}www\u200b.x.example"]
    assert markdown.defuse("_GH-7 high-7") == "_GH-\u200b7 high-7"


@pytest.mark.parametrize(
    "switch", ["[skip ci]", "[CI skip]", "[[no-ci]]", "[skip actions ]", "[sk\u200bip ci]"]
)
def test_defuse__switches_no_checks_off(switch: str) -> None:
    """A title becomes a commit when people merge: a stranger's word cannot keep it unchecked."""
    title = f"Fix a typo {switch}"

    shown = markdown.plain(title)

    assert shown.replace("\u200b", "") == title.replace("\u200b", "")
    assert not re.search(r"\[\s*(?:skip|ci|no|actions)\b", shown, re.IGNORECASE)


def test_defuse__what_nobody_sees_goes() -> None:
    """A report shows the order of characters that was written."""
    assert markdown.defuse("a\u202eb\U000e0041\r\nc") == "ab\nc"


def test_inline__keeps_plain_code_and_escapes_the_rest() -> None:
    """A model's own code spans stay readable; everything else is only text."""
    line = markdown.inline("use `a|b` *not* <b>\n![i](u) `odd")

    assert line == r"use `a|b` \*not\* \<b\> \!\[i\](u) \`odd"


@pytest.mark.parametrize("start", ["- x", "+ x", "# x", "1. x", "12) x", "= x", "> x", "---"])
def test_inline__is_never_a_block(start: str) -> None:
    """Foreign text at a line's start stays a paragraph, even inside of a list item."""
    tokens = MarkdownIt("commonmark").parse(f"- {markdown.inline(start)}")

    types = [token.type for token in tokens if token.nesting == 1]
    assert types == ["bullet_list_open", "list_item_open", "paragraph_open"]


@given(MARKDOWN)
def test_inline__renders_as_words_and_code_only(text: str) -> None:
    """No text makes a link, an image, HTML or emphasis in a report."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    tokens = parser.parse(f"word {markdown.inline(text)} | word")

    kinds = {child.type for token in tokens for child in token.children or ()}
    assert len([token for token in tokens if token.type == "paragraph_open"]) == 1
    assert kinds <= {"text", "code_inline", "text_special"}


def test_plain__is_one_line() -> None:
    """A title has one line and mentions nobody."""
    assert markdown.plain(" a\n b @mona ") == "a b @\u200bmona"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("src/a.js", "`src/a.js`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a|b", "`a|b`"),
        ("", "—"),
        ("a\nb", "`a b`"),
    ],
)
def test_code__is_one_span(text: str, span: str) -> None:
    """A path or command is shown as it is, in one code span that it cannot leave."""
    assert markdown.code(text) == span


@given(MARKDOWN)
def test_cell__keeps_a_table_in_shape(text: str) -> None:
    """Foreign text fills one cell of a table, whatever bars it holds."""
    parser = MarkdownIt("commonmark").enable("table")
    row = f"| {markdown.cell(markdown.inline(text))} | {markdown.cell(markdown.code(text))} |"

    tokens = parser.parse(f"| a | b |\n| --- | --- |\n{row}")

    assert [token.type for token in tokens].count("td_open") == 2
    assert tokens[-1].type == "table_close"


@given(MARKDOWN)
def test_code_block__cannot_be_left(text: str) -> None:
    """Whatever is quoted stays inside its block."""
    tokens = MarkdownIt("commonmark").parse(markdown.code_block(text))

    assert [token.type for token in tokens] == ["fence"]


@given(MARKDOWN, MARKDOWN)
def test_fenced__closing_tag_occurs_once(text: str, source: str) -> None:
    """Data cannot end its own block, and the source cannot end the tag."""
    block = markdown.fenced(text, source)

    opening, *_, closing = block.split("\n")
    assert re.fullmatch(r'<data-[0-9a-f]{12} from="[^"<>]*">', opening)
    assert closing == f"</{opening.split()[0][1:]}>"
    assert block.count(closing) == 1


def test_fenced__same_words_give_the_same_bytes() -> None:
    """The tag depends on the content alone, so a provider's cache can keep the block."""
    assert markdown.fenced("x", "y") == markdown.fenced("x", "y")


@pytest.mark.parametrize("missing", "0123456789abcdef")
def test_boundary_of__is_never_in_the_text(missing: str) -> None:
    """Even a text made to hold the code of its own tag gets one that it does not hold."""
    text = "0123456789abcdef".replace(missing, "")

    assert markdown.boundary_of(text, digits=1) == missing


def test_advice__keeps_lines_to_copy() -> None:
    """YAML to paste keeps its lines; advice of one line stays a sentence."""
    assert markdown.advice("Add this:\na:\n  b: 1\n") == "Add this:\n\n```text\na:\n  b: 1\n```\n"
    assert markdown.advice("Run it *again*.") == r"Run it \*again\*."


def test_advice__lines_to_copy_hold_nothing_else() -> None:
    """A step that is copied out of a comment runs: versions and paths are as they were."""
    step = "- uses: actions/checkout@v7 # in .github/workflows/orchestrate.yml"

    assert step in markdown.advice(f"Add this:\n{step}")
    assert "@\u200bmona /\u200borchestrate" in markdown.advice("Read:\n@mona /orchestrate")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00 USD"),
        ("0.00421", "0.0042 USD"),
        ("0.0421", "0.04 USD"),
        ("1234.5", "1,234.50 USD"),
    ],
)
def test_usd__shows_its_unit(amount: str, text: str) -> None:
    """Money is never a bare number, and small sums do not look like nothing."""
    assert markdown.usd(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8 s"), (9.96, "10.0 s"), (10, "10 s"), (72.3, "1 min 12 s"), (3700, "1 h 1 min")],
)
def test_duration__uses_two_units(seconds: float, text: str) -> None:
    """A span of time reads the way people say it."""
    assert markdown.duration(seconds) == text


def test_cut__says_how_much_is_missing() -> None:
    """A cut is never silent."""
    assert markdown.cut("abcdef", 6) == "abcdef"
    assert markdown.cut("abc def", 4) == "abc… [cut: 3 more characters]"
