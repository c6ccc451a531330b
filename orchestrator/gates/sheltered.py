"""Assertions that stand unchanged in a test and can fail no longer.

An assertion that is put under a condition, into a `try` or into a comment is neither removed nor
changed, and the test is green whatever the code does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.gates import spellings as words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.domain.patch import FilePatch, PatchLine

_BLOCK = re.compile(
    r"^\s*(?:\}\s*)?(?:if|elif|else|elsif|unless|try|except|catch|rescue|finally|ensure|begin|while"
    r"|switch|case|match)\b"
)
_NEVER = re.compile(
    r"^\s*(?:if|while)\s*\(?\s*(?:false|False|0|null|None|undefined|nil|!1)\s*\)?\s*[{:]?"
    r"\s*$|^\s*try\s*\{\s*$"
)
_CLOSES = re.compile(r"^\s*\}")
_TOGGLE = re.compile(r'"""|' + r"'''")
_OPENS_COMMENT = re.compile(r"/\*|^=begin\b|^\s*#if\s+0\b|<!--")
_ENDS_COMMENT = re.compile(r"\*/|^=end\b|^\s*#endif\b|-->")


def sheltered(file: FilePatch) -> Iterator[str]:
    """Yield the first assertion that was there before and is out of reach now."""
    for hunk in file.hunks:
        for at, line in enumerate(hunk.lines):
            if line.new is None or not words.ASSERTION.search(line.text):
                continue
            before = [each for each in hunk.lines[:at] if each.sign != "\\"]
            is_old = line.sign == " "
            if _is_shut_off(before) if is_old else _is_under_new_block(line, before):
                yield f"{file.path}:{line.new} checks {line.text.strip()[:80]!r} no longer always"
                return


def _is_under_new_block(line: PatchLine, before: Sequence[PatchLine]) -> bool:
    """Tell whether an added line repeats a removed assertion, deeper, below an added condition."""
    was = [
        _indent(each.text)
        for each in before
        if each.sign == "-" and each.text.split() == line.text.split()
    ]
    depth = _indent(line.text)
    if not was or depth <= min(was):
        return False
    for each in reversed([each for each in before if each.new is not None and each.text.strip()]):
        if _indent(each.text) < depth:
            if each.sign == "+" and _BLOCK.match(each.text):
                return True
            depth = _indent(each.text)
    return False


def _is_shut_off(before: Sequence[PatchLine]) -> bool:
    """Tell whether what was added above an unchanged line takes it out of the run."""
    toggles = comments = 0
    is_never = False
    for line in before:
        step = {"+": 1, "-": -1}.get(line.sign, 0)
        toggles += step * len(_TOGGLE.findall(line.text))
        comments += step * (
            len(_OPENS_COMMENT.findall(line.text)) - len(_ENDS_COMMENT.findall(line.text))
        )
        if line.sign == "+":
            is_never = bool(_NEVER.match(line.text)) or (is_never and not _CLOSES.match(line.text))
    return is_never or comments > 0 or toggles % 2 == 1


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
