"""The runner's command language, and keeping strangers' text out of it.

The runner reads standard output and error line by line, carriage returns end a line too.
`::name::` counts at the start of a line, the legacy `##[name]` anywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNOTATION_CHARS = 4096
ANNOTATIONS_PER_KIND = 10
_LINE_END = re.compile(r"\r\n|\r|\n")
_AT_START = re.compile(r"^(\s*):(?=:)")
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)?")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def command(name: str, text: str = "", properties: Mapping[str, str] | None = None) -> str:
    """Return one command line with everything in it escaped.

    Args:
        name: The command's own name, ours and never a stranger's.
        text: Its message, in whatever form.
        properties: Such as `title` or `file`; empty values are left out.
    """
    given = ",".join(
        f"{key}={_escaped_property(value)}" for key, value in (properties or {}).items() if value
    )
    return f"::{name}{' ' if given else ''}{given}::{_escaped(text)}"


def annotation(kind: str, text: str, *, title: str = "") -> str:
    """Return a notice, warning or error, its message cut to what the runner accepts."""
    return command(kind, cut(text, ANNOTATION_CHARS), {"title": title})


def neutralised(text: str) -> str:
    """Return a stranger's text in which the runner finds no command.

    Line ends become newlines, terminal control sequences go, `::` at the start of a line
    and `##[` anywhere are broken by a space, and encoded line ends are kept from decoding.
    """
    lines = (_AT_START.sub(r"\1: ", line) for line in _LINE_END.split(without_controls(text)))
    safe = "\n".join(lines).replace("##[", "## [")
    return re.sub(r"%(0[aAdD])", r"% \1", safe)


def fenced(text: str, token: str) -> str:
    """Return neutralised text between lines that switch commands off and on again.

    Args:
        text: A stranger's text.
        token: Random, fresh for each fence and unknown to whoever wrote the text.
    """
    return f"::stop-commands::{token}\n{neutralised(text)}\n::{token}::"


def one_line(text: str, limit: int = 200) -> str:
    """Return the text on one line without control characters, cut to a length."""
    return cut(neutralised(" ".join(without_controls(text).split())), limit)


def without_controls(text: str) -> str:
    """Return the text without escape sequences, invisible and reordering characters."""
    return _INVISIBLE.sub("", _CONTROL.sub("", text))


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last one an ellipsis when some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
