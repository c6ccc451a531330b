"""HTML inside of Markdown: what hides goes, what shows keeps its bare tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.rendering.spans import Replacement, outside_code

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)
    (?P<attributes>(?:[\s/]+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*/?>""",
    re.VERBOSE,
)
_HIDING = re.compile(
    r"""(?ix) (?<![\w-])hidden(?![\w-]) | aria-hidden\s*=\s*["']?true | display\s*:\s*none
    | visibility\s*:\s*hidden | (?:font-size|opacity|max-height|line-height)\s*:\s*0"""
)
_ADDRESS = re.compile(r"""(?i)\s(href|src)\s*=\s*["']?(https?://[^\s"'<>]{1,300})["']?""")
_UNSHOWN = frozenset({"script", "style", "template", "noscript", "title", "object", "iframe", "rp"})
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "source", "col", "meta", "link"})
_FOLDING = frozenset({"details", "summary"})
_LONGEST_NAME = 20
"""A longer tag name is a sentence rather than an element."""


def drop_elements(text: str, removed: Counter[str]) -> str:
    """Remove hidden elements with their content, folds, and every attribute but addresses."""

    def hide(found: re.Match[str]) -> Replacement:
        if not _is_hiding(found):
            return Replacement(found.group(0), found.end())
        removed["hidden element"] += 1
        return Replacement("", _end_of(found, text, ends))

    def strip(found: re.Match[str]) -> Replacement:
        return Replacement(_bare(found, removed), found.end())

    if "<" not in text:
        return text
    ends = _ends(text)
    return outside_code(_TAG, strip, outside_code(_TAG, hide, text))


def _is_hiding(tag: re.Match[str]) -> bool:
    if tag["close"]:
        return False
    return tag["name"].lower() in _UNSHOWN or _HIDING.search(tag["attributes"]) is not None


def _ends(text: str) -> Mapping[int, int]:
    """Return where elements begin and where their closing tags end, in one pass.

    One that is never closed ends at -1.
    """
    ends: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    for tag in _TAG.finditer(text):
        of_name = waiting.setdefault(tag["name"].lower(), [])
        if not tag["close"]:
            of_name.append(tag.start())
            ends[tag.start()] = -1
        elif of_name:
            ends[of_name.pop()] = tag.end()
    return ends


def _end_of(tag: re.Match[str], text: str, ends: Mapping[int, int]) -> int:
    """Return where the element ends: behind its closing tag, or with its paragraph."""
    if tag["name"].lower() in _VOID:
        return tag.end()
    end = ends.get(tag.start())
    if end is None:
        # Behind code, a search may begin in the middle of what looked like another tag.
        rest = _ends(text[tag.start() :])[0]
        end = rest if rest < 0 else tag.start() + rest
    if end > 0:
        return end
    blank = text.find("\n\n", tag.end())
    return len(text) if blank < 0 else blank


def _bare(tag: re.Match[str], removed: Counter[str]) -> str:
    name = tag["name"]
    if len(name) > _LONGEST_NAME:
        removed["HTML tag"] += 1
        return ""
    if name.lower() in _FOLDING:
        removed["folded section"] += name.lower() == "details" and not tag["close"]
        removed["HTML attribute"] += bool(tag["attributes"].strip(" /"))
        return ""
    if not tag["attributes"]:
        return tag.group(0)
    address = _ADDRESS.search(tag["attributes"]) if name.lower() in {"a", "img"} else None
    rest = tag["attributes"].replace(address.group(0), "", 1) if address else tag["attributes"]
    removed["HTML attribute"] += bool(rest.strip(" /\n\t"))
    kept = f' {address.group(1).lower()}="{address.group(2)}"' if address else ""
    return f"<{tag['close']}{name}{kept}>"
