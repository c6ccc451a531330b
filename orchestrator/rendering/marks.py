"""Signs and short words in HTML: what a page draws for our pictures and backticks."""

from __future__ import annotations

import html
import re

from orchestrator.rendering.markdown import line

_MARKS = {
    "✅": ("good", "✓"),
    "❌": ("bad", "✗"),
    "🛑": ("bad", "✗"),
    "⛔": ("bad", "✗"),
    "⚠️": ("wait", "!"),
    "✋": ("wait", "?"),
    "💰": ("wait", "!"),
    "⏳": ("wait", "…"),
    "⏹️": ("wait", "■"),
    "⏭️": ("wait", "–"),
    "📋": ("wait", "≡"),
    "💬": ("wait", "·"),
    "⬜": ("wait", "–"),
}
"""Pictures that not every machine can draw → class and a plain sign."""
_PICTURE = re.compile("|".join(_MARKS))
_TICKED = re.compile(r"`([^`]+)`")


def worded(text: str) -> str:
    """Return somebody's words on one line of HTML, what stands between backticks as code."""
    parts = _TICKED.split(html.escape(line(text)))
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def mark(text: str) -> str:
    """Return HTML with our pictures drawn as coloured signs, for machines without such fonts."""
    return _PICTURE.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    kind, sign = _MARKS[found.group(0)]
    return f'<span class="mark {kind}">{sign}</span>'
