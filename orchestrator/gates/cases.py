"""What a test run says about its tests, in whichever way a runner told it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase

if TYPE_CHECKING:
    from collections.abc import Iterable

_MESSAGE_CHARS = 300
_RANK = {CaseResult.FAILED: 2, CaseResult.PASSED: 1, CaseResult.SKIPPED: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCases:
    """What could be read; `tests_run` counts tests that passed or failed."""

    cases: tuple[TestCase, ...]
    """One per id. A file that could not be loaded is a failed case, and no test that ran."""
    tests_run: int | None


def case_of(name: str, result: CaseResult, message: str = "") -> TestCase:
    """Return a case; a message is kept for failures only, and cut to what people read."""
    said = " ".join(message.split()) if result is CaseResult.FAILED else ""
    return TestCase(id=name.strip(), result=result, message=said[:_MESSAGE_CHARS])


def parsed(cases: Iterable[TestCase], tests_run: int | None) -> ParsedCases:
    """Return the cases, joined, beside the runner's own count."""
    return ParsedCases(cases=joined(cases), tests_run=tests_run)


def joined(cases: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Return one case per id, in order of appearance; a failure anywhere counts."""
    found: dict[str, TestCase] = {}
    for case in cases:
        before = found.get(case.id)
        if before is None or _weight(case) > _weight(before):
            found[case.id] = case
    return tuple(found.values())


def ran(cases: Iterable[TestCase]) -> int:
    """Return how many of the cases are tests that passed or failed."""
    return sum(case.result is not CaseResult.SKIPPED for case in cases)


def word_counts(text: str, pattern: str) -> dict[str, int]:
    """Sum up numbers beside words, as in `2 passed, 1 failed`; the groups are `n` and `word`."""
    found: dict[str, int] = {}
    for match in re.finditer(pattern, text):
        word = match["word"].lower()
        found[word] = found.get(word, 0) + int(match["n"])
    return found


def _weight(case: TestCase) -> tuple[int, bool]:
    return _RANK[case.result], bool(case.message)
