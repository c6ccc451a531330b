"""Commands that cannot fail, and so prove nothing."""

from __future__ import annotations

import re

_NOTHING = r"(?:true|:|exit(?:\s+0)?|/bin/true|/usr/bin/true)"
_TALK = r"(?:echo|printf)\b[^|&;]*"
_RULES = (
    (re.compile(rf"^\s*{_NOTHING}\s*$"), "it does nothing and always succeeds"),
    (re.compile(rf"^\s*{_TALK}$"), "it only prints"),
    (re.compile(rf"\|\|\s*(?:{_NOTHING}|{_TALK})\s*\)?\s*$"), "its failure is turned into success"),
    (re.compile(rf"(?:;|(?<!&)&|\n)\s*(?:{_NOTHING}|{_TALK})\s*$"),
     "its last part always succeeds"),
    (re.compile(r"(?<!\|)\|\s*(?:tee|cat|head|tail)\b[^|&;]*$"), "a pipe hides its exit code"),
    (re.compile(r"(?<!&)&\s*$"), "it runs in the background, unwatched"),
    (re.compile(r"--(?:exit-zero|exit-code[= ]0|no-fail|passWithNoTests\s+--listTests)\b"),
     "an option makes it succeed always"),
)  # fmt: skip


def why_futile(command: str) -> str | None:
    """Return why a shell command ends well whatever the project is like, `None` if it can fail."""
    text = command.strip()
    if not text:
        return "it is empty"
    has_pipefail = bool(re.search(r"\bset\s+-[a-z]*o\s+pipefail\b", text))
    for pattern, reason in _RULES:
        if pattern.search(text) and not (has_pipefail and "pipe" in reason):
            return reason
    return None
