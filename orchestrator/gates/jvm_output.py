"""What Maven and Gradle print; the reports they write tell more, and count where they are fresh."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.gates.cases import case_of, parsed

if TYPE_CHECKING:
    from orchestrator.gates.cases import ParsedCases

_MAVEN_END = re.compile(
    r"Tests run: (\d+), Failures: \d+, Errors: \d+, Skipped: (\d+)$", re.MULTILINE
)
_MAVEN_FAILED = re.compile(
    r"^\[ERROR\] (?P<id>[\w.$]+(?:[\[{(].*?[\]})])?)(?: -)? .*<<< (?:FAILURE|ERROR)!$"
    r"(?:\n(?P<why>.*))?",
    re.MULTILINE,
)
_MAVEN_SHORT = re.compile(
    r"^\[ERROR\] {3}(?P<id>[\w$]+\.[\w.$]+)(?::\d+)? (?P<why>.*)$", re.MULTILINE
)
_MAVEN_NONE = re.compile(r"^\[INFO\] (?:No tests to run\.|BUILD SUCCESS)$", re.MULTILINE)
_SUREFIRE = re.compile(r"^\[INFO\] --- (?:maven-)?surefire\S*:test ", re.MULTILINE)
_GRADLE_END = re.compile(
    r"^(\d+) tests? completed(?:, \d+ failed)?(?:, (\d+) skipped)?", re.MULTILINE
)
_GRADLE_FAILED = re.compile(r"^(?P<id>\S+ > .+?) FAILED$(?:\n +(?P<why>.*))?", re.MULTILINE)
_GRADLE_TASK = re.compile(
    r"^(?:> Task )?:(?:[^\s:]+:)*(?:test|(?!compile|process)\w+Test)(?P<word> [A-Z-]+)?$",
    re.MULTILINE,
)
_GRADLE_NONE = {" NO-SOURCE", " SKIPPED"}


def parse_maven(text: str) -> ParsedCases | None:
    """Add up the totals of all modules; a build in which surefire found nothing ran no test."""
    ends = _MAVEN_END.findall(text)
    if not ends:
        is_empty = _SUREFIRE.search(text) and _MAVEN_NONE.search(text)
        return parsed((), 0) if is_empty else None
    failed = [*_MAVEN_FAILED.finditer(text)] or [*_MAVEN_SHORT.finditer(text)]
    cases = (case_of(match["id"], CaseResult.FAILED, match["why"] or "") for match in failed)
    return parsed(cases, _sum(ends))


def parse_gradle(text: str) -> ParsedCases | None:
    """Read failures and their counts; Gradle prints no count of modules that are green."""
    ends = _GRADLE_END.findall(text)
    if not ends:
        words = [match["word"] for match in _GRADLE_TASK.finditer(text)]
        is_empty = words and all(word in _GRADLE_NONE for word in words)
        return parsed((), 0) if is_empty else None
    failed = (
        case_of(match["id"].replace(" > ", "."), CaseResult.FAILED, match["why"] or "")
        for match in _GRADLE_FAILED.finditer(text)
    )
    return parsed(failed, _sum(ends))


def _sum(ends: list[tuple[str, str]]) -> int:
    return sum(int(every) - int(skipped or 0) for every, skipped in ends)
