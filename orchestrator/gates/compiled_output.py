"""What `go test`, `cargo test` and `cargo nextest` print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.cases import case_of, parsed, ran, word_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.gates.cases import ParsedCases

_GO_PACKAGE = re.compile(r"^(ok|FAIL|\?)\s+(\S+)(?:\s+(\d.*|\(cached\).*|\[.*|coverage: .*))?$")
_GO_CASE = re.compile(r"^[ \t]*--- (PASS|FAIL|SKIP): (\S+) \(")
_GO_EMPTY = re.compile(r"no test(?:s to run| files)\]|^coverage: 0\.0%")
_GO_WORDS = {"PASS": CaseResult.PASSED, "FAIL": CaseResult.FAILED, "SKIP": CaseResult.SKIPPED}
_CARGO_BINARY = re.compile(
    r"^ +Running .*\((?:.*/)?(?P<name>[\w-]+?)(?:-[0-9a-f]{16})?(?:\.exe)?\)$"
    r"|^ +Doc-tests (?P<crate>\S+)$"
)
_CARGO_CASE = re.compile(
    r"^test (?P<name>\S.*?)(?: - should panic| \(line \d+\))* \.\.\. "
    r"(?P<result>ok|FAILED|ignored)\b"
    r"|^(?P<quiet>\S+) --- FAILED$"
)
_CARGO_WORDS = {
    "ok": CaseResult.PASSED,
    "ignored": CaseResult.SKIPPED,
}
_NEXTEST_END = re.compile(r"^ +Summary \[.*\] (?:(\d+)/)?(\d+) tests? run: ", re.MULTILINE)
_NEXTEST_CASE = re.compile(
    r"^ +(?P<word>[A-Z]+(?: \[ *[\d.]+s\]| \d+/\d+ \[ *[\d.]+s\]))"
    r"(?: +\( *\d+/\d+\))? +(?P<binary>\S+) +(?P<name>\S.*)$",
    re.MULTILINE,
)
_NEXTEST_GOOD = ("PASS", "LEAK", "FLAKY")
_NEXTEST_NO_RESULT = ("SLOW", "TERMINATING", "SKIP", "START", "SETUP")


def parse_go(text: str) -> ParsedCases | None:
    """Read the packages and the tests that are named; without `-v` only failed ones are."""
    lines = text.split("\n")
    packages = [match for line in lines if (match := _GO_PACKAGE.match(line))]
    cases = [*_go_cases(lines)]
    if not packages and not cases:
        return None
    if packages and all(_GO_EMPTY.search(match[3] or "") for match in packages):
        return parsed(cases, 0)
    names_all = any(line.startswith("=== RUN ") for line in lines)
    names = {match[2] for match in packages}
    tests = [case for case in cases if case.id not in names]
    return parsed(cases, ran(tests) if names_all else None)


def _go_cases(lines: Sequence[str]) -> Iterator[TestCase]:
    """Yield tests with the package whose line ends their list, and packages that broke."""
    waiting: list[tuple[str, CaseResult, str]] = []
    before = ""
    for line, following in zip(lines, (*lines[1:], ""), strict=True):
        if case := _GO_CASE.match(line):
            why = following if re.match(r"\s+\S+\.go:|panic: ", following) else ""
            waiting.append((case[2], _GO_WORDS[case[1]], why))
        elif package := _GO_PACKAGE.match(line):
            yield from (
                case_of(f"{package[2]}.{name}", result, why) for name, result, why in waiting
            )
            if package[1] == "FAIL" and not any(
                result is CaseResult.FAILED for _, result, _ in waiting
            ):
                yield case_of(package[2], CaseResult.FAILED, f"{before} {package[3] or ''}")
            waiting = []
        before = line
    yield from (case_of(name, result, why) for name, result, why in waiting)


def parse_cargo(text: str) -> ParsedCases | None:
    """Read every binary's counts and tests; the line that starts a binary names it."""
    ends = re.findall(r"^test result: .*$", text, re.MULTILINE)
    if not ends:
        return None
    counts = word_counts("\n".join(ends), r"(?P<n>\d+) (?P<word>passed|failed)")
    return parsed(_cargo_cases(text), sum(counts.values()))


def _cargo_cases(text: str) -> Iterator[TestCase]:
    reasons = dict(re.findall(r"^thread '(\S+)' .*panicked at .*\n(.*)$", text, re.MULTILINE))
    binary = ""
    for line in text.split("\n"):
        if begun := _CARGO_BINARY.match(line):
            binary = f"{begun['name'] or begun['crate']}."
        elif case := _CARGO_CASE.match(line):
            name = case["name"] or case["quiet"]
            result = _CARGO_WORDS.get(case["result"] or "", CaseResult.FAILED)
            yield case_of(f"{binary}{name}", result, reasons.get(name, ""))


def parse_nextest(text: str) -> ParsedCases | None:
    """Read nextest's summary and its line per test; retries and slow ones have more lines."""
    ends = _NEXTEST_END.findall(text)
    if not ends:
        return None
    cases = [
        case_of(f"{match['binary']}.{match['name']}", _nextest_result(match["word"]))
        for match in _NEXTEST_CASE.finditer(text)
        if not match["word"].startswith(_NEXTEST_NO_RESULT)
    ]
    return parsed(cases, sum(int(begun or every) for begun, every in ends))


def _nextest_result(word: str) -> CaseResult:
    return CaseResult.PASSED if word.startswith(_NEXTEST_GOOD) else CaseResult.FAILED
