"""Markdown to HTML for the offline page, with no HTML let through but our own folds."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

    from orchestrator.rendering.report_lines import TaskLine

_OWN = re.compile(r"\s*(?:</?details>|</?sub>|<summary>[^<>]*</summary>|\s)*")


def markdown_to_html(text: str) -> str:
    """Render a report; any HTML but our own folds and small print shows as text, images as words."""
    return str(_parser().render(text))


def columns_of(tasks: Sequence[TaskLine]) -> tuple[tuple[TaskLine, ...], ...]:
    """Return the tasks by depth in the plan: each column waits for the ones before it."""
    depth: dict[int, int] = {}
    for task in tasks:
        before = [depth[other] for other in task.dependencies if other in depth]
        depth[task.id] = 1 + max(before, default=-1)
    return tuple(
        tuple(task for task in tasks if depth[task.id] == level)
        for level in range(1 + max(depth.values(), default=-1))
    )


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("html_block", _own_html)
    parser.add_render_rule("html_inline", _own_html)
    parser.add_render_rule("image", _image)
    return parser


def _own_html(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType
) -> str:
    content = tokens[index].content
    return content if _OWN.fullmatch(content) else html.escape(content)


def _image(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType
) -> str:
    return html.escape(f"[image: {tokens[index].content}]")
