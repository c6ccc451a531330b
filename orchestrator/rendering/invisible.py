"""Characters that a person does not see but a model reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter

KINDS = {
    "tag character": r"\U000E0000-\U000E007F",
    "variation selector": r"\u180B-\u180D\u180F\uFE00-\uFE0F\U000E0100-\U000E01EF",
    "soft hyphen": r"\u00AD",
    "bidirectional control": r"\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069",
    "zero-width character": r"\u034F\u180E\u200B-\u200D\u2060-\u2065\u206A-\u206F\uFEFF",
    "filler": r"\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0",
    "control character": (
        r"\u0000-\u0008\u000B-\u001F\u007F-\u009F\uD800-\uDFFF\uFFF0-\uFFFB"
        r"\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0080-\U000E00FF\U000E01F0-\U000E0FFF"
    ),
}
"""Kind → regular expression class; the classes are disjoint."""

_PATTERNS = {kind: re.compile(f"[{characters}]") for kind, characters in KINDS.items()}
_TURNING = re.compile(f"[{KINDS['tag character']}{KINDS['bidirectional control']}]")
_NEWLINES = re.compile(r"\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")


def without_invisible(text: str, removed: Counter[str]) -> str:
    """Return the text with one kind of line ending and only visible characters and spaces.

    Args:
        text: Anything, lone surrogates included.
        removed: Gains one count per removed character, by kind; line endings are not counted.
    """
    text = _NEWLINES.sub("\n", text)
    for kind, pattern in _PATTERNS.items():
        text, count = pattern.subn("", text)
        removed[kind] += count
    return text


def in_order(value: object) -> object:
    """Return a text with what would turn or smuggle characters written out, as in `[U+202E]`.

    Anything else is returned as it is; so is the type of a text, which may stand for safe HTML.
    """
    if not isinstance(value, str) or _TURNING.search(value) is None:
        return value
    return type(value)(_TURNING.sub(lambda found: f"[U+{ord(found.group(0)):04X}]", value))
