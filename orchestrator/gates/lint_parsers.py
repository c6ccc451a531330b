"""What linters print, turned into entries that survive a moved line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.telemetry.workflow_commands import without_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINE_CHARS = 1000
_LINE_NUMBER = re.compile(r"\bline \d+")
_SIZE = re.compile(
    r"(?<=[(\[])\d+(?= ?[>/] ?\d+[)\]])|(?<=[>/] )\d+(?=[)\]])|(?<=/)\d+(?=[)\]])"
    r"|(?<=\()\d+(?=\))|(?<= of )\d+\b(?=.*allowed)|(?<=allowed is )\d+\b"
)
"""Of what is too large: it goes on to be so when it grows."""
_CLOCK = r"(?:[^:\n]*[\sT\[(])?\d{1,2}:[0-5]\d(?::[0-5]\d|\s)"
_AT_START = re.compile(
    rf"^(?!{_CLOCK})"
    r"(?P<path>[^\s:(](?:[^:(\n]|\([^\s:()]*\)/)*?)"
    r"(?::(?P<line>\d+)(?::\d+)?|\((?P<line2>\d+),\d+\))"
    r"(?::\s*|\s+-\s+|\s+)(?P<text>\S.*)$"
)
_INDENTED = re.compile(r"^\s+(?P<path>\S+\.\w+):\d+:\d+ - (?P<text>\S.*)$")
_HEADER = re.compile(r"^(?P<path>(?:\.{0,2}/)?[^\s:]+\.\w+)$")
_UNDER_HEADER = re.compile(r"^\s*\d+:\d+\s+(?:(?:error|warning|✖|⚠)\s+)?(?P<text>\S.*)$")
_ARROW = re.compile(r"^\s*-->\s+(?P<path>[^\s:]+):\d+:\d+")


def parse_warnings(
    output: str, *, relative: Callable[[str], str] = lambda path: path
) -> tuple[str, ...]:
    """Return one `path: message` per warning, in order, repeated as often as it was printed.

    Args:
        output: What the linter printed: `path:line:col: message` of most tools, the blocks
            of eslint, `next lint`, pyright and stylelint, the arrows of ruff and rustc.
        relative: Turns a printed path into one relative to the repository.
    """
    text = without_controls(output.replace("\r\n", "\n"))
    return tuple(
        f"{relative(path.strip().removeprefix('./'))}: {_plain(message)}"
        for path, message in _entries([line[:_LINE_CHARS] for line in text.split("\n")])
    )


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    header = ""
    before = ""
    for line in lines:
        if arrow := _ARROW.match(line):
            if before:
                yield arrow["path"], before
        elif header and (under := _UNDER_HEADER.match(line)):
            yield header, under["text"]
        elif title := _HEADER.match(line.rstrip()):
            header = title["path"]
        elif entry := _AT_START.match(line) or _INDENTED.match(line):
            yield entry["path"], entry["text"]
        if line.strip():
            before = line.strip()


def _plain(message: str) -> str:
    """Return the message without numbers of lines, which move, and sizes, which grow."""
    return _SIZE.sub("N", _LINE_NUMBER.sub("line N", " ".join(message.split())))
