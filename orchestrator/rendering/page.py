"""Markdown to HTML for the offline page, with no HTML let through but our own folds."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from orchestrator.rendering.marks import mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_BOX = re.compile(r"\[([ x])\] ")
_OWN = re.compile(r"\s*(?:</?details>|</?sub>|<summary>[^<>]*</summary>|\s)*")


def markdown_to_html(text: str) -> str:
    """Render a report; HTML other than our own folds and small print shows as text."""
    return mark(str(_parser().render(text)))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("html_block", _own_html)
    parser.add_render_rule("html_inline", _own_html)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("box", _box)
    parser.core.ruler.push("boxes", _boxes)
    parser.core.ruler.push("columns", _columns)
    return parser


def _boxes(state: StateCore) -> None:
    """Draw the boxes of task lists; an escaped bracket, as in foreign text, is none."""
    for before, token in pairwise(state.tokens):
        box = _BOX.match(token.content)
        if before.type != "paragraph_open" or token.type != "inline" or not box:
            continue
        first = (token.children or [])[0]
        first.type, first.content = "box", first.content[box.end() :]
        first.meta = {"on": box.group(1) == "x"}


def _columns(state: StateCore) -> None:
    """Align columns of numbers by a class: the page's policy lets no style attribute work."""
    for token in state.tokens:
        if token.attrs.pop("style", None) == "text-align:right":
            token.attrSet("class", "num")


def _box(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType
) -> str:
    token = tokens[index]
    box = '<span class="tick on">✓</span>' if token.meta["on"] else '<span class="tick"></span>'
    return box + html.escape(token.content)


def _own_html(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType
) -> str:
    content = tokens[index].content
    return content if _OWN.fullmatch(content) else html.escape(content)


def _image(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType
) -> str:
    return html.escape(f"[image: {tokens[index].content}]")
