"""What test runners print, turned into verdicts per test.

Each parser answers `None` when the text is not of its runner. Counts are taken from the
runner's own summary; ids where the text gives them, which is often for failures only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.telemetry.workflow_commands import without_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MESSAGE_CHARS = 300
_LINE_CHARS = 500
_RANK = {CaseResult.FAILED: 2, CaseResult.PASSED: 1, CaseResult.SKIPPED: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCases:
    """What could be read; `tests_run` counts tests that passed or failed."""

    cases: tuple[TestCase, ...]
    tests_run: int | None


def parse_cases(output: str) -> ParsedCases | None:
    """Return what the output of a test command says about its tests, `None` if nothing."""
    text = _bounded(output)
    for parse in _PARSERS:
        parsed = parse(text)
        if parsed is not None:
            return parsed
    return None


def joined(cases: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Return one case per id, in order of appearance; a failure anywhere counts."""
    found: dict[str, TestCase] = {}
    for case in cases:
        before = found.get(case.id)
        if before is None or _RANK[case.result] > _RANK[before.result]:
            found[case.id] = case
    return tuple(found.values())


def _bounded(output: str) -> str:
    """Return the text without colours, blank lines and overlong lines: patterns stay fast."""
    lines = without_controls(output.replace("\r\n", "\n")).split("\n")
    kept = (line[:_LINE_CHARS].rstrip() for line in lines)
    return "\n".join(line for line in kept if line)


def _case(name: str, result: CaseResult, message: str = "") -> TestCase:
    return TestCase(id=name.strip(), result=result, message=message.strip()[:_MESSAGE_CHARS])


def _parsed(cases: Iterable[TestCase], tests_run: int | None) -> ParsedCases:
    return ParsedCases(cases=joined(cases), tests_run=tests_run)


def _counts(text: str, pattern: str) -> dict[str, int]:
    """Sum up `<number> <word>` pairs, one pattern group for each."""
    counts: dict[str, int] = {}
    for match in re.finditer(pattern, text):
        counts[match["word"].lower()] = counts.get(match["word"].lower(), 0) + int(match["n"])
    return counts


_PYTEST_END = re.compile(
    r"^(?:=+ )?((?:\d+ [a-z]+(?: [a-z]+)?(?:, )?)+|no tests ran) in [\d.]+s.*$", re.MULTILINE
)
_PYTEST_CASE = re.compile(
    r"^(?:SUB)?(?P<a>FAILED|ERROR)(?:[(\[].*?[)\]])? (?P<id>\S+?)(?: - (?P<why>.*))?$"
    r"|^(?P<id2>\S+::.+?) (?P<b>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*$",
    re.MULTILINE,
)
_PYTEST_RESULTS = {
    "PASSED": CaseResult.PASSED,
    "XPASS": CaseResult.PASSED,
    "FAILED": CaseResult.FAILED,
    "ERROR": CaseResult.FAILED,
}


def _pytest(text: str) -> ParsedCases | None:
    ends = _PYTEST_END.findall(text)
    if not ends:
        return None
    counts = _counts(ends[-1], r"(?P<n>\d+) (?P<word>failed|passed|xpassed|error)")
    cases = [
        _case(
            match["id"] or match["id2"],
            _PYTEST_RESULTS.get(match["a"] or match["b"], CaseResult.SKIPPED),
            match["why"] or "",
        )
        for match in _PYTEST_CASE.finditer(text)
    ]
    return _parsed(cases, sum(counts.values()))


_UNITTEST_CASE = re.compile(
    r"^(?P<bad>FAIL|ERROR): (?P<id>\S+ \([\w.<>]+\))"
    r"|^(?P<id2>\S+ \([\w.<>]+\))(?:\n[^\n]+)? \.\.\. (?P<word>ok|FAIL|ERROR|skipped)",
    re.MULTILINE,
)

_UNITTEST_WHY = re.compile(
    r"^(?:FAIL|ERROR): (?P<id>\S+ \([\w.<>]+\)).*\n(?:[^=\n].*\n){0,60}?"
    r"(?P<why>[A-Za-z_][\w.]*(?:Error|Exception|Failure|Exit)\b.*)",
    re.MULTILINE,
)


def _unittest(text: str) -> ParsedCases | None:
    ran = re.search(r"^Ran (\d+) tests? in [\d.]+s$", text, re.MULTILINE)
    if ran is None:
        return None
    words = {"ok": CaseResult.PASSED, "skipped": CaseResult.SKIPPED}
    reasons = {match["id"]: match["why"] for match in _UNITTEST_WHY.finditer(text)}
    cases = [
        _case(
            match["id"] or match["id2"],
            words.get(match["word"] or "", CaseResult.FAILED),
            reasons.get(match["id"] or match["id2"], ""),
        )
        for match in _UNITTEST_CASE.finditer(text)
    ]
    skipped = _counts(text, r"(?P<word>skipped)=(?P<n>\d+)").get("skipped", 0)
    return _parsed(cases, int(ran[1]) - skipped)


_GO_PACKAGE = re.compile(r"^(ok|FAIL|\?|---)\s+(\S+)(?:\s+(.*))?$", re.MULTILINE)
_GO_CASE = re.compile(r"^[ \t]*--- (PASS|FAIL|SKIP): (\S+) \(", re.MULTILINE)


def _go(text: str) -> ParsedCases | None:
    packages = [
        match
        for match in _GO_PACKAGE.finditer(text)
        if match[1] != "---" and re.match(r"\d|\(cached\)|\[|$", match[3] or "")
    ]
    words = {"PASS": CaseResult.PASSED, "FAIL": CaseResult.FAILED, "SKIP": CaseResult.SKIPPED}
    cases = [_case(match[2], words[match[1]]) for match in _GO_CASE.finditer(text)]
    if not packages and not cases:
        return None
    broken = [
        _case(match[2], CaseResult.FAILED, match[3])
        for match in packages
        if match[1] == "FAIL" and "failed]" in (match[3] or "")
    ]
    ran = sum(case.result is not CaseResult.SKIPPED for case in cases)
    is_empty = all(re.search(r"no test(s to run| files)\]", match[3] or "") for match in packages)
    return _parsed((*cases, *broken), 0 if packages and is_empty else ran or None)


def _cargo(text: str) -> ParsedCases | None:
    if not re.search(r"^test result: ", text, re.MULTILINE):
        return None
    words = {"ok": CaseResult.PASSED, "FAILED": CaseResult.FAILED, "ignored": CaseResult.SKIPPED}
    cases = [
        _case(match[1], words[match[2]])
        for match in re.finditer(r"^test (\S.*?) \.\.\. (ok|FAILED|ignored)\b", text, re.MULTILINE)
    ]
    ends = "\n".join(re.findall(r"^test result: .*$", text, re.MULTILINE))
    counts = _counts(ends, r"(?P<n>\d+) (?P<word>passed|failed)")
    return _parsed(cases, sum(counts.values()))


def _jest(text: str) -> ParsedCases | None:
    end = re.findall(
        r"^[ \t]*Tests:?\s+(.*(?:passed|failed|skipped|todo|total|\(\d+\)).*)$", text, re.MULTILINE
    )
    if not end:
        is_empty = re.search(r"^No test(s| files?) found", text, re.MULTILINE)
        return _parsed((), 0) if is_empty else None
    failed = re.findall(r"^[ \t]*(?:●|FAIL ) +(\S.* [\u203a>] .+?)$", text, re.MULTILINE)
    cases = [*(_case(name, CaseResult.FAILED) for name in failed), *_ticks(text, has_failed=False)]
    counts = _counts(end[-1], r"(?P<n>\d+) (?P<word>passed|failed)")
    return _parsed(cases, sum(counts.values()))


_TICK = re.compile(
    r"^[ \t]*(?P<mark>[✓✔✕✖×])\s+(?P<id>\S.*?)(?:\s+\(?[\d.]+\s?m?s\)?)?\s*(?P<skip># SKIP.*)?$",
    re.MULTILINE,
)


def _ticks(text: str, *, has_failed: bool) -> list[TestCase]:
    cases: list[TestCase] = []
    for match in _TICK.finditer(text):
        is_good = match["mark"] in "✓✔"
        if match["skip"]:
            cases.append(_case(match["id"], CaseResult.SKIPPED))
        elif is_good:
            cases.append(_case(match["id"], CaseResult.PASSED))
        elif has_failed and match["id"] != "failing tests:":
            cases.append(_case(match["id"], CaseResult.FAILED))
    return cases


_TAP = re.compile(
    r"^[ \t]*(?P<bad>not )?ok \d+(?: -)? (?P<id>.*?)(?P<skip>\s# (?:SKIP|TODO)\b.*)?$",
    re.MULTILINE | re.IGNORECASE,
)


def _tap(text: str) -> ParsedCases | None:
    node = dict(re.findall(r"^(?:#|\u2139) (tests|pass|fail) (\d+)$", text, re.MULTILINE))
    plan = re.search(r"^[ \t]*1\.\.(\d+)", text, re.MULTILINE)
    if not node and plan is None:
        return None
    cases = [*_ticks(text, has_failed=True)]
    for match in _TAP.finditer(text):
        bad = CaseResult.FAILED if match["bad"] else CaseResult.PASSED
        cases.append(_case(match["id"], CaseResult.SKIPPED if match["skip"] else bad))
    if "pass" in node or "fail" in node:
        return _parsed(cases, int(node.get("pass", 0)) + int(node.get("fail", 0)))
    return _parsed(cases, sum(case.result is not CaseResult.SKIPPED for case in cases))


def _mocha(text: str) -> ParsedCases | None:
    counts = _counts(text, r"(?m)^[ \t]+(?P<n>\d+) (?P<word>passing|failing)\b")
    if "passing" not in counts:
        return None
    report = re.split(r"(?m)^[ \t]+\d+ failing$", text, maxsplit=1)
    failed = re.findall(r"(?m)^[ \t]+\d+\) ((?:.+\n){0,8}?.*:)$", report[1]) if report[1:] else []
    cases = [_case(" ".join(name.split()).rstrip(":"), CaseResult.FAILED) for name in failed]
    return _parsed([*cases, *_ticks(report[0], has_failed=False)], sum(counts.values()))


def _rspec(text: str) -> ParsedCases | None:
    end = re.search(r"^(\d+) examples?, \d+ failures?(?:, (\d+) pending)?", text, re.MULTILINE)
    if end is None:
        return None
    failed = re.findall(r"^rspec (\./\S+?)(?::\d+|\[[\d:]+\])? # (.+)$", text, re.MULTILINE)
    cases = [_case(f"{path} {name}", CaseResult.FAILED) for path, name in failed]
    return _parsed(cases, int(end[1]) - int(end[2] or 0))


def _minitest(text: str) -> ParsedCases | None:
    end = re.findall(
        r"^(\d+) (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, (\d+) (?:skip|pend)",
        text,
        re.MULTILINE,
    )
    if not end:
        return None
    failed = re.findall(
        r"^[ \t]*(?:\d+\) )?(?:Failure|Error):\n?\s*(\S+#\S+|\S+\([\w:]+\))", text, re.MULTILINE
    )
    cases = [_case(name.rstrip(":"), CaseResult.FAILED) for name in failed]
    return _parsed(cases, sum(int(ran) - int(skipped) for ran, skipped in end))


def _surefire(text: str) -> ParsedCases | None:
    ends = re.findall(
        r"Tests run: (\d+), Failures: \d+, Errors: \d+, Skipped: (\d+)$", text, re.MULTILINE
    )
    ends = ends or re.findall(
        r"^(\d+) tests? completed(?:, \d+ failed)?(?:, (\d+) skipped)?", text, re.MULTILINE
    )
    if not ends:
        return None
    failed = re.findall(
        r"^\[ERROR\]\s+([\w.$]+\.\w+)(?::\d+|\s.*<<< (?:FAILURE|ERROR)!)"
        r"|^(\S+ > .+?) FAILED$",
        text,
        re.MULTILINE,
    )
    cases = [_case(maven or other, CaseResult.FAILED) for maven, other in failed]
    ran, skipped = ends[-1]
    return _parsed(cases, int(ran) - int(skipped or 0))


_PARSERS: tuple[Callable[[str], ParsedCases | None], ...] = (
    _pytest,
    _unittest,
    _cargo,
    _surefire,
    _rspec,
    _minitest,
    _jest,
    _mocha,
    _tap,
    _go,
)
