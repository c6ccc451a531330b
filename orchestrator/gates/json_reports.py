"""Test reports that runners write as JSON: jest's, rspec's, and the events of `go test -json`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.gates.cases import case_of, parsed, ran
from orchestrator.gates.scripted_output import outside_of_examples
from orchestrator.telemetry.workflow_commands import without_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestrator.domain.check import TestCase
    from orchestrator.domain.json import Json, JsonObject
    from orchestrator.gates.cases import ParsedCases

_WORDS = {"passed": CaseResult.PASSED, "failed": CaseResult.FAILED}
_GO_WORDS = {"pass": CaseResult.PASSED, "fail": CaseResult.FAILED, "skip": CaseResult.SKIPPED}


def parse_jest(text: str, *, relative: Callable[[str], str]) -> ParsedCases | None:
    """Return the cases of `jest --json`; a file that could not be loaded is a failed case."""
    report = _object(text)
    if report is None or "testResults" not in report:
        return None
    cases: list[TestCase] = []
    broken: list[TestCase] = []
    for file in _objects(report["testResults"]):
        path = relative(str(file.get("name", "")))
        tests = _objects(file.get("assertionResults"))
        for test in tests:
            names = [*_strings(test.get("ancestorTitles")), str(test.get("title", ""))]
            why = " ".join(_strings(test.get("failureMessages")))
            cases.append(_case(" > ".join((path, *names)), str(test.get("status")), why))
        if not tests and file.get("status") == "failed":
            why = re.sub(
                r"^\s*\u25cf Test suite failed to run\s*", "", str(file.get("message", ""))
            )
            broken.append(_case(path, "failed", without_controls(why)))
    return parsed([*broken, *cases], ran(cases))


def parse_rspec(text: str) -> ParsedCases | None:
    """Return the cases of rspec's JSON; errors outside of examples are failed cases too."""
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
    told = re.sub(r"\n+", "\n", "\n".join(_strings(report.get("messages"))))
    broken = outside_of_examples(told) if outside else ()
    return parsed([*broken, *cases], ran(cases))


def parse_go(output: str) -> tuple[ParsedCases | None, str]:
    """Return the cases of `go test -json` and what it would have printed without it.

    A package that fails without a failed test, for it does not build or its tests cannot be
    started, is a failed case of its own.
    """
    tests: list[TestCase] = []
    broken: list[TestCase] = []
    shown: list[str] = []
    told: dict[str, str] = {}
    for line in output.splitlines():
        event = _object(line) if line.startswith("{") else None
        if event is None or "Action" not in event:
            shown.append(f"{line}\n")
            continue
        package = str(event.get("Package") or event.get("ImportPath") or "")
        name = f"{package}.{event['Test']}" if event.get("Test") else package
        if "Output" in event:
            shown.append(str(event["Output"]))
            told[name] = told.get(name, "") + str(event["Output"])
        result = _GO_WORDS.get(str(event["Action"]))
        if result is not None and "Test" in event:
            tests.append(case_of(name, result, _why(told.get(name, ""))))
        elif result is CaseResult.FAILED and not _has_failed(tests, name):
            built = told.get(str(event.get("FailedBuild")), "") + told.get(name, "")
            broken.append(case_of(name, result, _why(built)))
    is_told = bool(tests or broken) or any(name for name in told)
    return (parsed([*tests, *broken], ran(tests)) if is_told else None), "".join(shown)


def _has_failed(cases: Iterable[TestCase], package: str) -> bool:
    return any(
        case.result is CaseResult.FAILED and case.id.startswith(f"{package}.") for case in cases
    )


def _why(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    told = re.compile(r"===|---|#|FAIL$|ok\s|PASS$")
    return " ".join(line for line in lines if line and not told.match(line))


def _case(name: str, word: str, why: str) -> TestCase:
    return case_of(name, _WORDS.get(word, CaseResult.SKIPPED), why)


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
