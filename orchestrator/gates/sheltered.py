"""Assertions that stand unchanged in a test and can fail no longer.

An assertion that is put under a condition, into a `try`, into a comment or behind a `return` is
neither removed nor changed, and the test is green whatever the code does.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.gates import spellings as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.patch import FilePatch, PatchLine

_BLOCK = re.compile(
    r"^\s*(?:\}\s*)?(?:if|elif|else|elsif|unless|try|except|catch|rescue|finally|ensure|begin|while"
    r"|switch|case|match)\b"
)
_NEVER = re.compile(
    r"^\s*(?:if|while)\s*\(?\s*(?:false|False|0|null|None|undefined|nil|!1)\s*\)?\s*[{:]?"
    r"\s*$|^\s*try\s*\{\s*$"
)
_CONTROL = re.compile(r"^\s*(?:\}\s*)?(?:for|foreach|with|using|lock|synchronized|guard|do)\b")
_FUNCTION = re.compile(
    r"^\s*(?:async\s+)?def\s|\b(?:function|func?|fn|lambda)\b|=>|\)\s*(?::[^{]*|->[^{]*)?\{\s*$"
)
_FUNCTION_OF_RUST = re.compile(r"\bfn\b|\|\s*\{\s*$")
"""An arrow is an arm of a `match` there."""
_CLOSES = re.compile(r"^\s*\}")
_QUOTES = re.compile(r'"""|' + r"'''")
_NO_CODE = re.compile(r"""\\.|/\*.{0,500}?\*/|(["'`])(?:\\.|(?!\1)[^\\])*\1|^\s*(?://|#\s).*""")
"""Strings and remarks of one line, which may hold signs of comments: `src/**/*.js`."""
_OPENS_COMMENT = re.compile(r"/\*|^=begin\b|^\s*#if\s+0\b|<!--")
_ENDS_COMMENT = re.compile(r"\*/|^=end\b|^\s*#endif\b|-->")


def sheltered(file: FilePatch) -> Iterator[str]:
    """Yield the first assertion that was there before and is out of reach now."""
    for hunk in file.hunks:
        above = _Above()
        for line in hunk.lines:
            if _judges(line) and above.shelters(line):
                yield f"{file.path}:{line.new} checks {line.text.strip()[:80]!r} no longer always"
                return
            above.read(line)


def _judges(line: PatchLine) -> bool:
    """Tell whether a line is an assertion, or the head of a test whose own are not shown."""
    is_kept = line.sign == " "
    return bool(
        words.ASSERTION.search(line.text) or (is_kept and words.DEFINITION.search(line.text))
    )


def returns_early(file: FilePatch) -> Iterator[str]:
    """Yield the first new return from a test of before, or from what it rests on."""
    before = Counter(_squeezed(text) for _, text in file.removed)
    function = _FUNCTION_OF_RUST if file.path.endswith(".rs") else _FUNCTION
    for hunk in file.hunks:
        above = _Above()
        for line in hunk.lines:
            is_return = line.sign == "+" and words.EARLY_RETURN.search(line.text)
            if is_return and not above.is_in_new(function, line):
                if before[_squeezed(line.text)] == 0:
                    yield f"{file.path}:{line.new} returns from a test early"
                    return
                before[_squeezed(line.text)] -= 1
            above.read(line)


@dataclass(slots=True)
class _Above:
    """What the lines of a hunk have brought so far."""

    around: list[PatchLine] = field(default_factory=list)
    """Of the new file: what the next line stands in if it is deeper, the outermost first."""
    removed: dict[str, int] = field(default_factory=dict)
    """Text without its blanks → the least indent that it had."""
    quotes: int = 0
    comments: int = 0
    is_never: bool = False

    def read(self, line: PatchLine) -> None:
        """Take in one line more."""
        text = line.text
        step = {"+": 1, "-": -1}.get(line.sign, 0)
        self.quotes += step * len(_QUOTES.findall(text))
        code = _NO_CODE.sub("", text)
        self.comments += step * (
            len(_OPENS_COMMENT.findall(code)) - len(_ENDS_COMMENT.findall(code))
        )
        if line.sign == "-":
            least = self.removed.get(_squeezed(text), _indent(text))
            self.removed[_squeezed(text)] = min(least, _indent(text))
        elif line.new is not None and text.strip():
            self._leave(_indent(text))
            self.around.append(line)
        if line.sign == "+":
            goes_on = self.is_never and not _CLOSES.match(text)
            self.is_never = bool(_NEVER.match(text)) or goes_on

    def shelters(self, line: PatchLine) -> bool:
        """Tell whether an assertion from before can fail no longer below these lines."""
        if line.sign == " ":
            return self.is_never or self.comments > 0 or self.quotes % 2 == 1
        was = self.removed.get(_squeezed(line.text))
        if line.sign != "+" or was is None or _indent(line.text) <= was:
            return False
        self._leave(_indent(line.text))
        blocks = [each for each in self.around if each.sign == "+" and _BLOCK.match(each.text)]
        return any(was <= self.removed.get(_squeezed(each.text), was) for each in blocks)

    def is_in_new(self, function: re.Pattern[str], line: PatchLine) -> bool:
        """Tell whether a line belongs to a function that comes with the change and is no test."""
        self._leave(_indent(line.text))
        for each in reversed(self.around):
            is_block = _BLOCK.match(each.text) or _CONTROL.match(each.text)
            if function.search(each.text) and not is_block:
                return each.sign == "+" and not words.DEFINITION.search(each.text)
        return False

    def _leave(self, indent: int) -> None:
        while self.around and _indent(self.around[-1].text) >= indent:
            self.around.pop()


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
