"""Finding the configuration in a CLAUDE.md, which is mostly written for people and agents."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MODE = re.compile(r"^mode:[ \t]*['\"]?orchestrator['\"]?[ \t]*(?:#.*)?$", re.MULTILINE)
_EXTENDS = re.compile(r"^extends:[ \t]*\S", re.MULTILINE)
_KEY = re.compile(r"^[a-z_]+:(?:[ \t]|$)")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^---[ \t]*$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[A-Za-z]*)[^\n]*\n"
    r"(?P<yaml>.*?)"
    r"(?:^(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a file that is configuration."""

    text: str
    first_line: int


def find_configuration(text: str) -> Excerpt | None:
    """Return the configuration in a Markdown file, or `None` when it has none.

    In this order: front matter with `mode: orchestrator`; the whole file, when it is YAML
    with `mode: orchestrator` or begins as YAML and has `extends`; the first fenced block
    marked `yaml`, with `mode: orchestrator`.
    """
    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    if front and _MODE.search(front["yaml"]):
        return _excerpt(text, front)
    prose = _FENCE.sub("", text)
    if _MODE.search(prose) or (_begins_as_yaml(prose) and _EXTENDS.search(prose)):
        return Excerpt(text=text, first_line=1)
    block = next(
        (m for m in _FENCE.finditer(text) if m["language"].lower() in {"yaml", "yml"}), None
    )
    return _excerpt(text, block) if block and _MODE.search(block["yaml"]) else None


def _begins_as_yaml(text: str) -> bool:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return _KEY.match(next(lines, "")) is not None


def _excerpt(text: str, match: re.Match[str]) -> Excerpt:
    return Excerpt(text=match["yaml"], first_line=text.count("\n", 0, match.start("yaml")) + 1)
