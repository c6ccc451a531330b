"""The forty attacks of docs/security.md, and which test plays which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "security.md"
CASES = 40
_ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One row."""

    case: int
    tests: tuple[tuple[str, str], ...]
    """(file below tests/, name of the function)."""


@cache
def attacks() -> tuple[Attack, ...]:
    """Return the rows, in their order."""
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    return tuple(Attack(case=int(case), tests=tuple(_TEST.findall(tests))) for case, tests in rows)


@cache
def keywords() -> dict[tuple[str, str], frozenset[str]]:
    """Return the words by which each test is chosen: `attack`, and `attack_` with its cases."""
    words: dict[tuple[str, str], frozenset[str]] = {}
    for attack in attacks():
        for test in attack.tests:
            found = words.get(test, frozenset())
            words[test] = found | {"attack", f"attack_{attack.case:02}", f"attack_{attack.case}"}
    return words
