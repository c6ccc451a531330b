"""What jest and vitest print; ids are those of their reports: file, suites and title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.cases import case_of, parsed, word_counts
from orchestrator.gates.printed_trees import Suites, indent_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.gates.cases import ParsedCases

_JEST_END = re.compile(r"^Tests:\s+(.+ total)$", re.MULTILINE)
_VITEST_END = re.compile(r"^ *Tests  (.+)$", re.MULTILINE)
_NONE_FOUND = re.compile(r"^No test(?:s| files?) found", re.MULTILINE)
_COUNTS = r"(?P<n>\d+) (?P<word>passed|failed)"
_TOOK = r"(?: \(?[\d.]+ ?m?s\)?)?$"
_JEST_FILE = re.compile(r"^(?:PASS|FAIL) (?:.* )?(?P<path>\S+\.\w+)(?: \([\d.]+ m?s\))?$")
_JEST_CASE = re.compile(rf"^ +(?P<mark>[✓✕○✎√×]) (?:skipped |todo )?(?P<name>.+?){_TOOK}")
_JEST_FAILED = re.compile(r"^  ● (?!Console$)(?P<name>\S.*)$")
_VITEST_FILE = re.compile(r"^ [✓❯×↓] (?:\|.+?\| )?(?P<path>\S+) \(\d+ tests?\b.*\)")  # noqa: RUF001 -- as above
_VITEST_CASE = re.compile(rf"^(?P<blank> +)(?P<mark>[✓×↓□❯]) (?P<name>.+?){_TOOK}")  # noqa: RUF001 -- as above
_VITEST_SUITE = re.compile(r"^(?P<name>.+) \(\d+\)$")
_VITEST_FAILED = re.compile(r"^ *FAIL  (?:\|.+?\| )?(?P<path>\S+)(?: > (?P<names>.+)| \[ .+ \])$")
_MARKS = {
    **dict.fromkeys("✓√", CaseResult.PASSED),
    **dict.fromkeys("✕×", CaseResult.FAILED),
}


def parse_jest(text: str) -> ParsedCases | None:
    """Read jest's count of tests, its failures, and the trees of files it shows test by test."""
    ends = _JEST_END.findall(text)
    if not ends:
        return parsed((), 0) if _NONE_FOUND.search(text) else None
    ran = sum(word_counts("\n".join(ends), _COUNTS).values())
    return parsed(_jest_cases(text.split("\n")), ran)


def _jest_cases(lines: Sequence[str]) -> Iterator[TestCase]:
    suites, path, is_tree = Suites(), "", False
    for line, following in zip(lines, (*lines[1:], ""), strict=True):
        file, failed = _JEST_FILE.match(line), _JEST_FAILED.match(line)
        if file:
            suites, path, is_tree = Suites(), file["path"], True
        elif failed and path:
            is_tree = False
            names = () if "suite failed to run" in failed["name"] else failed["name"].split(" › ")  # noqa: RUF001 -- as above
            yield case_of(" > ".join((path, *names)), CaseResult.FAILED, following)
        elif is_tree and line.startswith("  "):
            case = _JEST_CASE.match(line)
            if case is None:
                suites.enter(indent_of(line), line.strip())
                continue
            name = suites.path_of(indent_of(line), case["name"])
            yield case_of(f"{path} > {name}", _result(case["mark"]))
        else:
            is_tree = False


def parse_vitest(text: str) -> ParsedCases | None:
    """Read vitest's count of tests, its failures, and the tests it shows one by one."""
    ends = _VITEST_END.findall(text)
    if not ends:
        return None
    lines = text.split("\n")
    cases = [*_vitest_failures(lines), *_vitest_tree(lines)]
    return parsed(cases, sum(word_counts("\n".join(ends), _COUNTS).values()))


def _vitest_failures(lines: Sequence[str]) -> Iterator[TestCase]:
    for line, following in zip(lines, (*lines[1:], ""), strict=True):
        if failed := _VITEST_FAILED.match(line):
            names = (failed["path"], failed["names"]) if failed["names"] else (failed["path"],)
            yield case_of(" > ".join(names), CaseResult.FAILED, following)


def _vitest_tree(lines: Sequence[str]) -> Iterator[TestCase]:
    suites, path = Suites(), ""
    for line in lines:
        if file := _VITEST_FILE.match(line):
            suites, path = Suites(), file["path"]
        elif line.startswith("⎯"):
            return
        elif case := _VITEST_CASE.match(line):
            indent, name = len(case["blank"]), case["name"]
            if suite := _VITEST_SUITE.match(name):
                suites.enter(indent, suite["name"])
            elif indent == 1 and " > " in name:
                yield case_of(name, _result(case["mark"]))
            elif indent > 1 and path:
                yield case_of(f"{path} > {suites.path_of(indent, name)}", _result(case["mark"]))


def _result(mark: str) -> CaseResult:
    return _MARKS.get(mark, CaseResult.SKIPPED)
