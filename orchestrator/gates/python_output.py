"""What Python's test runners print: pytest and unittest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.gates.cases import case_of, parsed, word_counts

if TYPE_CHECKING:
    from orchestrator.gates.cases import ParsedCases

_PYTEST_END = re.compile(
    r"^(?:=+ )?((?:\d+ [a-z]+(?: [a-z]+)?(?:, )?)+|no tests ran) in [\d.]+s.*$", re.MULTILINE
)
_PYTEST_CASE = re.compile(
    r"^(?:SUB)?(?P<a>FAILED|ERROR)(?:[(\[].*?[)\]])? (?P<id>\S+?(?:\[.*?\])?)(?: - (?P<why>.*))?$"
    r"|^(?P<id2>\S+::.+?) (?P<b>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*$",
    re.MULTILINE,
)
_PYTEST_RESULTS = {
    "PASSED": CaseResult.PASSED,
    "XPASS": CaseResult.PASSED,
    "FAILED": CaseResult.FAILED,
    "ERROR": CaseResult.FAILED,
}


def parse_pytest(text: str) -> ParsedCases | None:
    """Read the summary line of every run, and the cases that are named before it."""
    ends = dict.fromkeys(found[0] for found in _PYTEST_END.finditer(text))
    if not ends:
        return None
    counts = word_counts("\n".join(ends), r"(?P<n>\d+) (?P<word>failed|passed|xpassed|error)")
    cases = [
        case_of(
            match["id"] or match["id2"],
            _PYTEST_RESULTS.get(match["a"] or match["b"], CaseResult.SKIPPED),
            match["why"] or "",
        )
        for match in _PYTEST_CASE.finditer(text)
    ]
    return parsed(cases, sum(counts.values()))


_UNITTEST_END = re.compile(r"^Ran (\d+) tests? in [\d.]+s$", re.MULTILINE)
_UNITTEST_CASE = re.compile(
    r"^(?P<bad>FAIL|ERROR): (?P<id>\S+ \([\w.<>]+\))"
    r"|^(?P<id2>\S+ \([\w.<>]+\))(?:\n[^\n]+)? \.\.\. (?P<word>ok|FAIL|ERROR|skipped)",
    re.MULTILINE,
)

_UNITTEST_WHY = re.compile(
    r"^(?:FAIL|ERROR): (?P<id>\S+ \([\w.<>]+\)).*\n(?:[^=\n].*\n){0,60}?"
    r"(?P<why>(?!ImportError: Failed to import)[A-Za-z_][\w.]*"
    r"(?:Error|Exception|Failure|Exit)\b.*)",
    re.MULTILINE,
)


def parse_unittest(text: str) -> ParsedCases | None:
    """Read each `Ran 3 tests`, and the cases of the verbose list or of the failures."""
    ends = list(_UNITTEST_END.finditer(text))
    if not ends:
        return None
    words = {"ok": CaseResult.PASSED, "skipped": CaseResult.SKIPPED}
    reasons = {match["id"]: match["why"] for match in _UNITTEST_WHY.finditer(text)}
    cases = [
        case_of(
            match["id"] or match["id2"],
            words.get(match["word"] or "", CaseResult.FAILED),
            reasons.get(match["id"] or match["id2"], ""),
        )
        for match in _UNITTEST_CASE.finditer(text)
    ]
    skipped = word_counts(text, r"(?P<word>skipped)=(?P<n>\d+)").get("skipped", 0)
    return parsed(cases, sum(int(end[1]) for end in ends) - skipped)
