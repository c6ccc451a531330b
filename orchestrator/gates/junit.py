"""Test reports in JUnit's format, as far as a command left fresh ones behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestSuite
from junitparser import TestCase as Case

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.case_parsers import ParsedCases, joined
from orchestrator.sandbox.files import FileKind
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.sandbox.files import FileFacts, TreeFiles

_FOLDERS = (
    *("test-results", "test-reports", "reports", "junit", "build/test-results"),
    *("target/surefire-reports", "target/failsafe-reports", "target/nextest"),
)
_MESSAGE_CHARS = 300
_SAYS_LITTLE = re.compile(r"$|collection failure|failed on (?:setup|teardown)")
_NAMES_ERROR = re.compile(r"(?:E\s+)?[\w.]*(?:Error|Exception|Failure)\b")


def report_files(files: TreeFiles) -> Mapping[str, FileFacts]:
    """Return the XML files at the usual places for test reports, by path."""
    found = {fact.path: fact for fact in files.entries() if _is_report(fact)}
    for folder in _folders(files):
        try:
            found |= {fact.path: fact for fact in files.walk(folder) if _is_report(fact)}
        except FileRefusedError:
            continue
    return found


def parse_fresh(
    files: TreeFiles, before: Mapping[str, FileFacts], *, relative: Callable[[str], str]
) -> ParsedCases | None:
    """Return the cases of all reports that are new or changed since `before`, `None` if none.

    A report that was there all along proves nothing about this run and is left aside.
    """
    cases: list[TestCase] = []
    is_found = False
    for path, fact in report_files(files).items():
        if before.get(path) != fact:
            parsed = _read(files, path, relative)
            is_found = is_found or parsed is not None
            cases += parsed or ()
    return _counted(cases) if is_found else None


def parse_report(content: bytes, *, relative: Callable[[str], str]) -> ParsedCases | None:
    """Return the cases of one report, `None` if it is not one."""
    cases = _cases_in(content, relative)
    return None if cases is None else _counted(cases)


def _counted(cases: list[TestCase]) -> ParsedCases:
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


def _read(files: TreeFiles, path: str, relative: Callable[[str], str]) -> list[TestCase] | None:
    try:
        return _cases_in(files.read(path), relative)
    except FileRefusedError:
        return None


def _cases_in(content: bytes, relative: Callable[[str], str]) -> list[TestCase] | None:
    try:
        root = JUnitXml.fromstring(content)
    except (JUnitXmlError, ParseError, ValueError):
        return None
    return list(_below(root, (), relative))


def _below(
    suite: JUnitXml | TestSuite, names: tuple[str, ...], relative: Callable[[str], str]
) -> Iterator[TestCase]:
    """Yield the cases of a suite and of those in it; node puts cases beside suites."""
    for case in suite.iterchildren(Case):  # type: ignore[no-untyped-call]  # their method has no types
        yield _case(case, names, relative)
    for inner in suite.iterchildren(TestSuite):  # type: ignore[no-untyped-call]  # as above
        yield from _below(inner, (*names, str(inner.name or "")), relative)


def _case(case: Case, names: tuple[str, ...], relative: Callable[[str], str]) -> TestCase:
    marks = tuple(case.result or ())
    bad = [mark for mark in marks if isinstance(mark, Failure | Error)]
    if bad:
        result = CaseResult.FAILED
    elif any(isinstance(mark, Skipped) for mark in marks):
        result = CaseResult.SKIPPED
    else:
        result = CaseResult.PASSED
    return TestCase(
        id=_id(case, names, relative), result=result, message=_message(bad[0]) if bad else ""
    )


def _id(case: Case, names: tuple[str, ...], relative: Callable[[str], str]) -> str:
    """Return the id as the runner prints it, as far as the report tells enough for that."""
    classname, name = str(case.classname or ""), str(case.name or "")
    file = str(case._elem.get("file") or "")  # noqa: SLF001 -- no accessor for what pytest and node add
    if file.endswith(".py"):
        module = file.removesuffix(".py").replace("/", ".")
        if not classname and name == module:
            return file
        inside = classname.removeprefix(module).strip(".").split(".")
        return "::".join((file, *(part for part in inside if part), name))
    if file and classname == "test":
        return " > ".join((relative(file), *names, name))
    return ".".join(part for part in (classname, name) if part)


def _message(mark: Failure | Error) -> str:
    """Return what the failure says; where that is general, its last line that names an error."""
    message = " ".join(str(mark.message or "").split())
    lines = [line.strip() for line in str(mark.text or "").splitlines()]
    named = [line.removeprefix("E ").strip() for line in lines if _NAMES_ERROR.match(line)]
    if named and _SAYS_LITTLE.match(message):
        message = f"{message}: {named[-1]}"
    return message[:_MESSAGE_CHARS]
