"""What the test runners of Ruby and PHP print: rspec, minitest, test-unit and phpunit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.cases import case_of, parsed, word_counts

if TYPE_CHECKING:
    from orchestrator.gates.cases import ParsedCases

_RSPEC_END = re.compile(
    r"^(\d+) examples?, \d+ failures?(?:, (\d+) pending)?(?:, (\d+) errors? occurred)?",
    re.MULTILINE,
)
_RSPEC_FAILED = re.compile(r"^rspec (\./\S+?)(?::\d+|\[[\d:]+\])? # (.+)$", re.MULTILINE)
_RSPEC_OUTSIDE = re.compile(
    r"^An error occurred (?:while loading (?P<path>\S+?)\.?(?: - .*)?|in .*)$"
    r"(?:\n.*){0,3}?\n *Failure/Error: (?P<where>.*)(?:\n(?P<why>\S.*\n.*))?",
    re.MULTILINE,
)
_MINITEST_END = re.compile(
    r"^(\d+) (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, (\d+) (?:skip|pend)",
    re.MULTILINE,
)
_MINITEST_FAILED = re.compile(
    r"^[ \t]*(?:\d+\) )?(?:Failure|Error):\n?\s*(\S+#\S+|\S+\([\w:]+\))(?:.*\n(.*))?", re.MULTILINE
)
_MINITEST_CASE = re.compile(r"^(\S+#\S+) = [\d.]+ s = ([.S])$", re.MULTILINE)
_PHPUNIT_GREEN = re.compile(r"^OK \((\d+) tests?, \d+ assertions?\)$", re.MULTILINE)
_PHPUNIT_END = re.compile(r"^Tests: (\d+), Assertions: \d+(.*)\.$", re.MULTILINE)
_PHPUNIT_NONE = re.compile(r"^No tests executed!$", re.MULTILINE)
_PHPUNIT_SECTION = re.compile(
    r"^There (?:was|were) \d+ (?:error|failure)s?:$\n"
    r"(?P<list>(?:(?!--$|There (?:was|were) ).*\n)*)",
    re.MULTILINE,
)
_PHPUNIT_FAILED = re.compile(r"^\d+\) (?P<id>\S.*)$(?:\n(?P<why>.*))?", re.MULTILINE)
_PHPUNIT_BROKEN = re.compile(
    r"^An error occurred inside PHPUnit\.$\n"
    r"Message: +(?P<why>.*)\nLocation: (?P<path>.*?)(?::\d+)?$",
    re.MULTILINE,
)


def parse_rspec(text: str) -> ParsedCases | None:
    """Read rspec's count, its list of failed examples, and errors outside of examples."""
    ends = [*_RSPEC_END.finditer(text)]
    if not ends:
        return None
    cases = [
        case_of(f"{path} {name}", CaseResult.FAILED) for path, name in _RSPEC_FAILED.findall(text)
    ]
    cases += outside_of_examples(text) if any(end[3] for end in ends) else ()
    return parsed(cases, sum(int(end[1]) - int(end[2] or 0) for end in ends))


def outside_of_examples(text: str) -> tuple[TestCase, ...]:
    """Return what rspec tells of spec files it could not load and of hooks around all examples."""
    found = [
        case_of(
            match["path"] or "outside of examples",
            CaseResult.FAILED,
            match["why"] or match["where"],
        )
        for match in _RSPEC_OUTSIDE.finditer(text)
    ]
    return tuple(found) or (case_of("outside of examples", CaseResult.FAILED, text),)


def parse_minitest(text: str) -> ParsedCases | None:
    """Read the counts of all runs, what failed, and the verbose list where it is printed."""
    ends = _MINITEST_END.findall(text)
    if not ends:
        return None
    words = {".": CaseResult.PASSED, "S": CaseResult.SKIPPED}
    cases = [
        case_of(name.rstrip(":"), CaseResult.FAILED, why)
        for name, why in _MINITEST_FAILED.findall(text)
    ]
    cases += [case_of(name, words[mark]) for name, mark in _MINITEST_CASE.findall(text)]
    return parsed(cases, sum(int(every) - int(skipped) for every, skipped in ends))


def parse_phpunit(text: str) -> ParsedCases | None:
    """Read phpunit's count and its lists of errors and failures; other lists are no failures."""
    green, ends = _PHPUNIT_GREEN.findall(text), _PHPUNIT_END.findall(text)
    failed = [
        case_of(_without_values(match["id"]), CaseResult.FAILED, match["why"] or "")
        for section in _PHPUNIT_SECTION.finditer(f"{text}\n")
        for match in _PHPUNIT_FAILED.finditer(section["list"])
    ]
    if ends or green:
        others = "\n".join(rest for _, rest in ends)
        skipped = word_counts(others, r"(?P<word>Skipped|Incomplete): (?P<n>\d+)")
        every = sum(map(int, (*green, *(count for count, _ in ends))))
        return parsed(failed, every - sum(skipped.values()))
    if broken := _PHPUNIT_BROKEN.search(text):
        return parsed([case_of(broken["path"], CaseResult.FAILED, broken["why"])], 0)
    return parsed((), 0) if _PHPUNIT_NONE.search(text) else None


def _without_values(name: str) -> str:
    """Return a test's name without the values of its data set, which the report leaves out."""
    return re.sub(r'( with data set (?:".*"|#\d+)) \(.*\)$', r"\1", name)
