"""Commands that cannot fail, and so prove nothing."""

from __future__ import annotations

import re

_NOTHING = r"(?:true|:|exit\s+0|/bin/true|/usr/bin/true)"
_TALK = r"(?:echo|printf)\b[^|&;]*"
_ENDS_WELL, _PIPED = "its last part always succeeds", "a pipe hides its exit code"
_UNWATCHED = "it runs in the background, unwatched"
_RULES = (
    (re.compile(rf"^\s*(?:{_NOTHING}|exit)\s*$"), "it does nothing and always succeeds"),
    (re.compile(rf"^\s*{_TALK}$"), "it only prints"),
    (re.compile(rf"\|\|\s*(?:{_NOTHING}|{_TALK})\s*\)?\s*$"), "its failure is turned into success"),
    (re.compile(rf"(?<!&)&\s*(?:{_NOTHING}|{_TALK})?\s*$"), _UNWATCHED),
    (re.compile(rf"[;\n]\s*(?:{_NOTHING}|{_TALK})\s*$"), _ENDS_WELL),
    (re.compile(r"(?<!\|)\|\s*(?:tee|cat|head|tail)\b[^|&;]*$"), _PIPED),
    (re.compile(r"--(?:exit-zero|exit-code[= ]0|no-fail|passWithNoTests\s+--listTests)\b"),
     "an option makes it succeed always"),
)  # fmt: skip
_STOPS_AT_FAILURE = re.compile(r"set(?:\s+[\w-]+)*?\s+(?:-[a-z]*e|errexit\b)")
_HEEDS_PIPES = re.compile(r"\bset(?:\s+[\w-]+)*?\s+pipefail\b")


def why_futile(command: str) -> str | None:
    """Return why a shell command ends well whatever the project is like, `None` if it can fail."""
    text = command.strip()
    if not text:
        return "it is empty"
    excused = set()
    if _STOPS_AT_FAILURE.match(text):
        excused.add(_ENDS_WELL)
    if _HEEDS_PIPES.search(text):
        excused.add(_PIPED)
    found = (reason for pattern, reason in _RULES if pattern.search(text))
    return next((reason for reason in found if reason not in excused), None)
