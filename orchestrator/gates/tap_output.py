"""What mocha, node's own runner and everything that speaks TAP prints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.cases import case_of, parsed, ran, word_counts
from orchestrator.gates.printed_trees import Suites, indent_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.gates.cases import ParsedCases

_TOOK = r"(?:\s+\(?[\d.]+\s?m?s\)?)?"
_MOCHA_CASE = re.compile(rf"^ +(?P<mark>✔|✓|√|-|\d+\)) (?P<name>\S.*?){_TOOK}$")
_MOCHA_END = re.compile(r"^[ \t]+\d+ passing\b", re.MULTILINE)
_MOCHA_FAILED = re.compile(r"^[ \t]+\d+\) ((?:.+\n){0,8}?.*:)\n(.*)", re.MULTILINE)
_MOCHA_COUNTS = r"(?m)^[ \t]+(?P<n>\d+) (?P<word>passing|failing)\b"
_SPEC_SUITE = re.compile(rf"^ *▶ (?P<name>\S.*?){_TOOK}$")
_SPEC_CASE = re.compile(
    rf"^ *(?P<mark>[✔✖﹣]) (?P<name>\S.*?){_TOOK}(?P<skip> # (?:SKIP|TODO).*)?$"
)
_TAP_BEGUN = re.compile(r"^ *# Subtest: (?P<name>.*)$")
_TAP_CASE = re.compile(
    r"^ *(?P<bad>not )?ok \d+(?: -)?(?: (?P<name>.*?))?(?P<skip>\s*# (?:SKIP|TODO)\b.*)?$",
    re.IGNORECASE,
)
_NODE_COUNTS = re.compile(r"^(?:#|\u2139) (tests|pass|fail) (\d+)$", re.MULTILINE)
_PLAN = re.compile(r"^[ \t]*1\.\.\d+", re.MULTILINE)


def parse_mocha(text: str) -> ParsedCases | None:
    """Read mocha's counts, the tree of its tests, and its list of failures."""
    counts = word_counts(text, _MOCHA_COUNTS)
    if "passing" not in counts:
        return None
    tree, *rest = _MOCHA_END.split(text, maxsplit=1)
    failed = _MOCHA_FAILED.findall(f"{rest[0]}\n") if "failing" in counts else []
    cases = [case_of(_mocha_name(names), CaseResult.FAILED, why) for names, why in failed]
    return parsed([*cases, *_mocha_tree(tree.split("\n"))], sum(counts.values()))


def _mocha_name(lines: str) -> str:
    return " > ".join(line.strip() for line in lines.splitlines()).removesuffix(":")


def _mocha_tree(lines: Sequence[str]) -> Iterator[TestCase]:
    suites = Suites()
    for line in lines:
        case = _MOCHA_CASE.match(line)
        if case is None:
            suites.enter(indent_of(line), line.strip())
        elif not case["mark"].endswith(")"):
            name = suites.path_of(indent_of(line), case["name"])
            yield case_of(name, _result(is_bad=False, is_skipped=case["mark"] == "-"))


def parse_tap(text: str) -> ParsedCases | None:
    """Read TAP, or the tree that node prints in its place, and node's counts where they are."""
    counts = dict(_NODE_COUNTS.findall(text))
    if not counts and _PLAN.search(text) is None:
        return None
    lines = text.split("\n")
    cases = [*_spec_cases(lines)] or [*_tap_cases(lines)]
    if "pass" in counts or "fail" in counts:
        return parsed(cases, int(counts.get("pass", 0)) + int(counts.get("fail", 0)))
    return parsed(cases, ran(cases))


def _spec_cases(lines: Sequence[str]) -> Iterator[TestCase]:
    """Yield what node prints on a terminal; a suite bears its name before and after its tests."""
    suites = Suites()
    for line in lines:
        indent = indent_of(line)
        if line.endswith("failing tests:"):
            return
        if begun := _SPEC_SUITE.match(line):
            suites.enter(indent, begun["name"])
        elif (case := _SPEC_CASE.match(line)) and not suites.closes(indent, case["name"]):
            is_skipped = bool(case["skip"]) or case["mark"] == "﹣"
            result = _result(is_bad=case["mark"] == "✖", is_skipped=is_skipped)
            yield case_of(suites.path_of(indent, case["name"]), result)


def _tap_cases(lines: Sequence[str]) -> Iterator[TestCase]:
    """Yield the cases of TAP; node announces tests and suites alike, and suites have inner ones."""
    suites = Suites()
    for line in lines:
        indent = indent_of(line)
        if begun := _TAP_BEGUN.match(line):
            suites.enter(indent, begun["name"])
        elif (case := _TAP_CASE.match(line)) and not suites.closes(indent, case["name"] or ""):
            result = _result(is_bad=bool(case["bad"]), is_skipped=bool(case["skip"]))
            yield case_of(suites.path_of(indent, case["name"] or ""), result)


def _result(*, is_bad: bool, is_skipped: bool) -> CaseResult:
    if is_skipped:
        return CaseResult.SKIPPED
    return CaseResult.FAILED if is_bad else CaseResult.PASSED
