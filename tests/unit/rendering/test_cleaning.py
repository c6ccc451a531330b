"""Hidden text never reaches a model, and visible text does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.rendering.cleaning import clean
from orchestrator.rendering.structure import structure_of

SECRET = "SECRET"

# The sixteen probes of docs/security.md in its order, then further ways to hide words.
HIDDEN = {
    "tag block": ("a\U000e0053\U000e0045b", "tag character"),
    "variation selectors": ("a\ufe0f\U000e0101b", "variation selector"),
    "word joiner": ("a\u2060\u2063b", "zero-width character"),
    "mongolian vowel separator": ("a\u180eb", "zero-width character"),
    "hangul filler": ("a\u3164\u115f\u1160b", "filler"),
    "directional marks": ("a\u200e\u200f\u061c\u202e\u2066b", "bidirectional control"),
    "unclosed comment": ("a <!-- SECRET\n\nSECRET", "HTML comment"),
    "title in parentheses": ("[a](http://x (SECRET)) b", "link title"),
    "title of a definition": ('[a]: http://x "SECRET"\n\nsee [a]', "link title"),
    "display none": ('x <span style="display:none">SECRET</span> y', "hidden element"),
    "details": ("<details open SECRET><summary>s</summary>\n\nlog\n\n</details>", "folded section"),
    "summary attribute": ('<table summary="SECRET"><tr><td>v</td></tr></table>', "HTML attribute"),
    "double-encoded entities": ("a &amp;lt;!-- SECRET --&amp;gt; b", "HTML comment"),
    "encoded comment": ("a &#60;!-- SECRET --&#62; b", "HTML comment"),
    "split comment": ("<!-<!-- a -->- SECRET -->", "HTML comment"),
    "unclosed comment at a line's start": ("a\n<!-- SECRET\n```\nSECRET\n```", "HTML comment"),
    # beyond the public comparison
    "zero width": ("a\u200b\ufeff\u200db", "zero-width character"),
    "soft hyphen": ("a\u00adb", "soft hyphen"),
    "control characters": ("a\u0000\u001b\u009b\ud800b", "control character"),
    "closed comment": ("a <!-- SECRET --> b", "HTML comment"),
    "comment over lines": ("a\n<!--\nSECRET\n\n```\nSECRET\n-->\nb", "HTML comment"),
    "odd comment end": ("a <!-- SECRET --!> b", "HTML comment"),
    "comment between table cells": ("| ` | <!-- SECRET --> | ` |\n|-|-|-|\n| 1 | 2 | 3 |", None),
    "comment between list items": ("- `a\n- <!-- SECRET --> b`", "HTML comment"),
    "comment behind escaped ticks": ("\\`<!-- SECRET -->\\`", "HTML comment"),
    "instruction": ("a <?php SECRET ?> b", "markup declaration"),
    "declaration": ("a <![CDATA[ SECRET ]]> <!DOCTYPE SECRET> b", "markup declaration"),
    "double-quoted title": ('[a](http://x "SECRET") b', "link title"),
    "single-quoted title": ("[a](<u v> 'SECRET') b", "link title"),
    "title over lines of a quote": ('> [a](u "SE\n> SECRET") x', "link title"),
    "title behind nested parentheses": ('[a](x(b(c)d)e "SECRET") b\nnext\\\nline', "link title"),
    "definition in a quote": ('> [a]: http://x "SECRET"\n>\n> see [a]', "link title"),
    "definition as a comment": ("[//]: # (SECRET)\n\na", "unused link definition"),
    "unused definition": ("[SECRET]: http://x\n\na", "unused link definition"),
    "label of a reference": ("[a][SECRET]\n\n[SECRET]: http://x", "link label"),
    "image description": ("![SECRET](http://x/y.png) a", "image description"),
    "image description by reference": ("![SECRET][r] a\n\n[r]: http://x/y.png", None),
    "image description as label": ("![SECRET]\n\n[SECRET]: http://x/y.png", None),
    "image tag": ('<img alt="SECRET" src="https://x.example/y.png"> a', "HTML attribute"),
    "hidden attribute": ("a <p hidden>SECRET</p> b", "hidden element"),
    "hidden within hidden": ("<b hidden>x<b>SECRET</b>SECRET</b> b", "hidden element"),
    "hidden around other elements": ("<b hidden>x<i>SECRET</i>SECRET</b> b", "hidden element"),
    "hidden and never closed": ("a <b hidden>SECRET\n\nb", "hidden element"),
    "hidden to the end": ("a <b hidden>SECRET", "hidden element"),
    "hidden field": ('a <input hidden value="SECRET"> b', "hidden element"),
    "script": ("a <script>SECRET</script> b", "hidden element"),
    "small letters": ('<p style="font-size:0">SECRET</p> b', "hidden element"),
    "attributes without values": ("a <b SECRET and more>x</b>", "HTML attribute"),
    "sentence as a tag": ("a <ignore-all-that-and-SECRET> b", "HTML tag"),
    "words behind a language": ("```js SECRET words\ncode\n```", "code block label"),
    "unused footnote": ("a\n\n[^z]: SECRET\n  SECRET\n", "unused footnote"),
    "footnote that is defined twice": ("a\n\n[^z]: SECRET\n\n[^z]: SECRET", "unused footnote"),
    "second footnote of a name": ("a[^z]\n\n[^z]: x\n\n[^z]: SECRET", "unused footnote"),
    "footnote of paragraphs": ("a\n\n[^z]: SECRET\n\n    SECRET\n\nb", "unused footnote"),
    "footnote that code names": ("a `[^z]`\n\n[^z]: SECRET", "unused footnote"),
    "footnote right below a used one": ("a[^y]\n\n[^y]: x\n[^z]: SECRET", "unused footnote"),
    "footnote in a quote": ("> a\n>\n> [^z]: SECRET\n> SECRET", "unused footnote"),
    "footnote in a list": ("- [^z]: SECRET\n- b", "unused footnote"),
    "cell beyond the last column": ("|a|\n|-|\n| b | SECRET |", "extra table cell"),
    "cell beyond the last column of a quote": (
        "> a|b\n> -|-\n> `c`|\\|d|SECRET",
        "extra table cell",
    ),
    "sign for browsers without ruby": ("<ruby>a<rp>SECRET</rp></ruby> b", "hidden element"),
    "comment in a drawing": (
        "```mermaid\ngraph TD\n  %% SECRET\n  A-->B\n```",
        "aside in a drawing",
    ),
    "directive of a drawing": (
        "> ~~~ Mermaid\n> %%{init: SECRET}%%\n> A-->B\n",
        "aside in a drawing",
    ),
    "description of a drawing": (
        "```mermaid\naccTitle: SECRET\naccDescr {\n  SECRET\n}\nA-->B\n```",
        "aside in a drawing",
    ),
    "tooltip in a drawing": ('```mermaid\nclick A call f() "SECRET"\n```', "aside in a drawing"),
    "map": ('```geojson\n{"SECRET": 1}\n```\nb', "source of a map or model"),
    "model": ("```stl\nsolid SECRET", "source of a map or model"),
    "deep nesting": ("<!-" * 60 + "<!-- x -->" + "- SECRET -->" * 60, "HTML comment"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_clean__hidden_text_goes_and_is_counted(name: str) -> None:
    """No known way of hiding words survives, and people are told its kind."""
    text, kind = HIDDEN[name]

    cleaned = clean(text)

    assert SECRET not in cleaned.text
    assert all(character.isprintable() or character == "\n" for character in cleaned.text)
    assert cleaned.removed
    assert kind is None or kind in cleaned.removed


@pytest.mark.parametrize("name", HIDDEN)
def test_clean__reaches_a_fixed_point(name: str) -> None:
    """Cleaning twice is cleaning once, for every known probe."""
    once = clean(HIDDEN[name][0])

    twice = clean(once.text)

    assert twice.text == once.text
    assert twice.removed == {}


VISIBLE = (
    "```html\n<!-- shown -->\n<div hidden title='x'>\n```",
    "    <!-- indented code -->",
    "```mermaid\ngraph TD\n  A[Click here] --> B[50 %% done]\n```",
    "```text\n%% a comment of ours\n```",
    "Put `<!-- marker -->` before ``a ` <!-- b -->``.",
    "- `<!-- one -->`\n- `<!-- two -->`",
    "| `<!-- x -->` | b |\n|---|---|\n| `1` | 2 |",
    "| ` | x | `<!-- shown -->` |\n|---|---|---|\n| 1 | 2 | 3 |",
    "Use List<String> and a < b && c > d.",
    "See [the page](https://x.example/a_(b)) and <https://x.example>.",
    '<a href="https://x.example/">home</a> and <kbd>Ctrl</kbd>',
    "Costs 5 &nbsp EUR, R&D, ?a=1&copy=2",
    "see [a] and [^n]\n\n[a]: http://x\n\n[^n]: a note",
    "see [^N] and [^n]\n\n[^n]: a note\n\n    with a second paragraph",
    "a[^y] b[^z]\n\n[^y]: one\n[^z]: two\n- three",
    "| a | b |\n|---|---|\n| 1 \\| 2 | 3 |\n| 1 |\n| 1 | 2 | |",
    "\\![not an image](u) and a lone ` tick <b>bold</b>",
    "Grüße, 日本語, עברית, ﷺ, e\u0301",
)


@pytest.mark.parametrize("text", VISIBLE)
def test_clean__visible_text_stays(text: str) -> None:
    """What a reader of the page sees is what the model gets."""
    cleaned = clean(text)

    assert cleaned.text == text
    assert cleaned.removed == {}


def test_clean__folded_sections_are_opened() -> None:
    """A log that somebody folded away stays readable: only the fold goes."""
    cleaned = clean("<details>\n<summary>Log</summary>\n\n```\nline\n```\n</details>")

    assert cleaned.text.split() == ["Log", "```", "line", "```"]
    assert cleaned.removed == {"folded section": 1}


def test_clean__links_by_label_keep_their_address() -> None:
    """A reference link stays a link when its hidden label goes."""
    cleaned = clean("[go][far away] or [stay][nowhere]\n\n[Far Away]: http://x.example")

    assert cleaned.text.startswith("[go](<http://x.example>) or [stay][nowhere]")


def test_clean__line_endings_become_one_kind() -> None:
    """A model sees the same lines whatever system an issue was typed on."""
    assert clean("a\r\nb\rc\u2028d").text == "a\nb\nc\nd"


def test_clean__text_built_to_never_settle_is_cut() -> None:
    """Nesting deeper than anybody writes ends in less text, not in endless work."""
    levels = 1_000

    cleaned = clean("kept " + "<!-" * levels + "<!-- x -->" + "- SECRET -->" * levels)

    assert cleaned.text.strip() == "kept"
    assert cleaned.removed["text that never settled"] == 1
    assert clean(cleaned.text).removed == {}


PIECES = st.sampled_from(
    [
        *("<!--", "-->", "<!-", "->", "--", "<", ">", "&lt;", "&#60;", "&amp;", "lt;"),
        *("`", "``", "```", "\n", "\n\n", " ", "    ", "- ", "> ", "| ", "|-|-|", "\\", "~~~"),
        *("[", "]", "(", ")", "![", "](", "](u ", '"t"', "'", ": u", "[a]: u 't'", "[^a]:"),
        *("<b hidden>", "</b>", "<details>", "<i x=y>", "\u200b", "\U000e0041", "word", "#"),
    ]
)
SOUP = st.lists(PIECES, max_size=40).map("".join)


@given(SOUP)
def test_clean__is_idempotent(text: str) -> None:
    """Whatever somebody writes, the cleaned text has nothing left to clean."""
    once = clean(text)

    assert clean(once.text).text == once.text


@given(SOUP)
def test_clean__never_leaves_or_invents_a_comment(text: str) -> None:
    """Outside of code no comment opens, not even one put together by the cleaning."""
    cleaned = clean(text).text

    structure = structure_of(cleaned)
    opened = [found.start() for found in re.finditer("<!--", cleaned)]
    assert all(structure.code_end(position) is not None for position in opened)


CODE = st.lists(
    st.one_of(
        PIECES.filter(lambda piece: piece.isprintable() and not {"`", "~"} & set(piece)),
        st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), max_size=8).map(
            lambda text: text.replace("`", "").replace("~", "")
        ),
    ),
    max_size=20,
).map("".join)
FENCE = st.sampled_from(["```", "````", "~~~", "```html"])


@given(FENCE, st.lists(CODE.map(str.rstrip), min_size=1, max_size=6))
def test_clean__never_touches_what_a_fence_shows(fence: str, lines: list[str]) -> None:
    """Whatever markup stands between code fences is code, and a reader of the page sees it."""
    shown = "\n".join(["first", *lines, "last"])
    end = fence.removesuffix("html")

    cleaned = clean(f"See <!-- x --> this:\n\n{fence}\n{shown}\n{end}\n\nand <!-- y --> that.")

    assert f"\n{shown}\n" in cleaned.text
    assert cleaned.text.startswith("See ")
    assert cleaned.text.rstrip().endswith("that.")


@given(st.text())
def test_clean__accepts_any_text(text: str) -> None:
    """No text makes the cleaning fail, and the result holds visible characters only."""
    cleaned = clean(text).text

    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\U000e0000-\U000e007f]", cleaned)


def test_elements__that_nobody_closes_hide_no_more_than_their_paragraphs() -> None:
    """However many there are, each is read once, and what follows them is seen."""
    cleaned = clean("<b hidden><b hidden>\n\n" * 2_800 + "seen</b>")

    assert cleaned.text.strip() == "seen</b>"
