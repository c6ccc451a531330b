"""Test reports that runners write as JSON: jest's, rspec's, and the events of `go test -json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.case_parsers import ParsedCases, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestrator.domain.json import Json, JsonObject

_MESSAGE_CHARS = 300
_WORDS = {"passed": CaseResult.PASSED, "failed": CaseResult.FAILED}
_GO_WORDS = {"pass": CaseResult.PASSED, "fail": CaseResult.FAILED, "skip": CaseResult.SKIPPED}


def parse_jest(text: str, *, relative: Callable[[str], str]) -> ParsedCases | None:
    """Return the cases of `jest --json`; a file that could not be loaded is a failed case."""
    report = _object(text)
    if report is None or "testResults" not in report:
        return None
    cases: list[TestCase] = []
    for file in _objects(report["testResults"]):
        path = relative(str(file.get("name", "")))
        tests = _objects(file.get("assertionResults"))
        for test in tests:
            names = [*_strings(test.get("ancestorTitles")), str(test.get("title", ""))]
            why = " ".join(_strings(test.get("failureMessages")))
            cases.append(_case(" > ".join((path, *names)), str(test.get("status")), why))
        if not tests and file.get("status") == "failed":
            cases.append(_case(path, "failed", str(file.get("message", ""))))
    return _parsed(cases)


def parse_rspec(text: str) -> ParsedCases | None:
    """Return the cases of rspec's JSON; errors outside of examples are one failed case."""
    report = _object(text)
    if report is None or "examples" not in report:
        return None
    cases = []
    for example in _objects(report["examples"]):
        error = example.get("exception")
        why = str(error.get("message", "")) if isinstance(error, dict) else ""
        name = f"{example.get('file_path', '')} {example.get('full_description', '')}"
        cases.append(_case(name, str(example.get("status")), why))
    summary = report.get("summary")
    outside = summary.get("errors_outside_of_examples_count") if isinstance(summary, dict) else 0
    if outside:
        cases.append(_case("outside of examples", "failed", str(report.get("messages", ""))))
    return _parsed(cases)


def parse_go(output: str) -> tuple[ParsedCases | None, str]:
    """Return the cases of `go test -json` and what it would have printed without it."""
    cases: list[TestCase] = []
    shown: list[str] = []
    told: dict[str, str] = {}
    for line in output.splitlines():
        event = _object(line) if line.startswith("{") else None
        if event is None or "Action" not in event:
            shown.append(f"{line}\n")
            continue
        name = ".".join(str(event[key]) for key in ("Package", "Test") if event.get(key))
        if "Output" in event:
            shown.append(str(event["Output"]))
            told[name] = told.get(name, "") + str(event["Output"])
        result = _GO_WORDS.get(str(event["Action"]))
        if result is None:
            continue
        is_broken_package = result is CaseResult.FAILED and not _has_failed(cases, name)
        if "Test" in event or is_broken_package:
            cases.append(TestCase(id=name, result=result, message=_why(told.get(name, ""))))
    text = "".join(shown)
    is_told = bool(cases) or any(name for name in told)
    return (_parsed(cases) if is_told else None), text


def _has_failed(cases: Iterable[TestCase], package: str) -> bool:
    return any(
        case.result is CaseResult.FAILED and case.id.startswith(f"{package}.") for case in cases
    )


def _why(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    kept = (line for line in lines if line and not line.startswith(("===", "---", "FAIL")))
    return " ".join(kept)[:_MESSAGE_CHARS]


def _case(name: str, word: str, why: str) -> TestCase:
    result = _WORDS.get(word, CaseResult.SKIPPED)
    message = why.strip()[:_MESSAGE_CHARS] if result is CaseResult.FAILED else ""
    return TestCase(id=name, result=result, message=message)


def _parsed(cases: Iterable[TestCase]) -> ParsedCases:
    unique = joined(cases)
    ran = sum(case.result is not CaseResult.SKIPPED for case in unique)
    return ParsedCases(cases=unique, tests_run=ran)


def _object(text: str) -> JsonObject | None:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _objects(value: Json | None) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value: Json | None) -> Iterator[str]:
    yield from (item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
