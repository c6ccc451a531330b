"""Test reports in JUnit's format, as far as a command left fresh ones behind."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestSuite

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.case_parsers import ParsedCases, joined
from orchestrator.sandbox.files import FileKind
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.sandbox.files import FileFacts, TreeFiles

_FOLDERS = (
    *("test-results", "test-reports", "reports", "junit", "build/test-results"),
    *("target/surefire-reports", "target/failsafe-reports", "target/nextest"),
)
_MESSAGE_CHARS = 300


def report_files(files: TreeFiles) -> Mapping[str, FileFacts]:
    """Return the XML files at the usual places for test reports, by path."""
    found = {fact.path: fact for fact in files.entries() if _is_report(fact)}
    for folder in _folders(files):
        try:
            found |= {fact.path: fact for fact in files.walk(folder) if _is_report(fact)}
        except FileRefusedError:
            continue
    return found


def parse_fresh(files: TreeFiles, before: Mapping[str, FileFacts]) -> ParsedCases | None:
    """Return the cases of all reports that are new or changed since `before`, `None` if none.

    A report that was there all along proves nothing about this run and is left aside.
    """
    cases: list[TestCase] = []
    is_found = False
    for path, fact in report_files(files).items():
        if before.get(path) != fact:
            parsed = _parsed(files, path)
            is_found = is_found or parsed is not None
            cases += parsed or ()
    if not is_found:
        return None
    unique = joined(cases)
    ran = sum(case.result is not CaseResult.SKIPPED for case in unique)
    return ParsedCases(cases=unique, tests_run=ran)


def _folders(files: TreeFiles) -> Iterator[str]:
    yield from _FOLDERS
    for fact in files.entries():
        if fact.kind is FileKind.FOLDER:
            yield from (f"{fact.path}/{folder}" for folder in _FOLDERS)


def _is_report(fact: FileFacts) -> bool:
    return fact.kind is FileKind.FILE and fact.path.endswith(".xml")


def _parsed(files: TreeFiles, path: str) -> list[TestCase] | None:
    try:
        root = JUnitXml.fromstring(files.read(path))
    except (FileRefusedError, JUnitXmlError, ParseError, ValueError):
        return None
    return [case for suite in root for case in _cases(suite)]


def _cases(suite: TestSuite) -> Iterator[TestCase]:
    for case in suite:
        marks = tuple(case.result or ())
        bad = [mark for mark in marks if isinstance(mark, Failure | Error)]
        if bad:
            result = CaseResult.FAILED
        elif any(isinstance(mark, Skipped) for mark in marks):
            result = CaseResult.SKIPPED
        else:
            result = CaseResult.PASSED
        name = ".".join(part for part in (case.classname, case.name) if part)
        message = str(bad[0].message or "")[:_MESSAGE_CHARS] if bad else ""
        yield TestCase(id=name, result=result, message=message)
    for inner in suite.iterchildren(TestSuite):  # type: ignore[no-untyped-call]  # their method has no types
        yield from _cases(inner)
