"""Test reports in JUnit's format, as far as a command left fresh ones behind."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestSuite
from junitparser import TestCase as Case

from orchestrator.domain.check import CaseResult, TestCase
from orchestrator.gates.cases import parsed, ran
from orchestrator.sandbox.files import FileKind
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.gates.cases import ParsedCases
    from orchestrator.sandbox.files import FileFacts, TreeFiles

_FOLDERS = (
    *("test-results", "test-reports", "reports", "junit", "build/test-results"),
    *("target/surefire-reports", "target/failsafe-reports", "target/nextest"),
)
_MESSAGE_CHARS = 300
_MOST_MODULES = 300
_SAYS_LITTLE = re.compile(
    r"$|collection failure|failed on (?:setup|teardown)|thread '.*' .*panicked at "
)
_ERROR_TYPE = re.compile(r"(?:.*[.\\])?(?P<name>[A-Z]\w*(?:Error|Exception|Failure))$")
_NODE_COUNTS = re.compile(rb"^\s*<!-- (?:pass|fail) (\d{1,9}) -->\s*$", re.MULTILINE)
"""A test of node's that has steps is shown as a suite; its own count knows better."""
_SCRIPT = re.compile(r"\S+\.[cm]?[jt]sx?$")
_IS_FILE = re.compile(r"\S+\.(?:[cm]?[jt]sx?|py)$")
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
            read = _read(files, path, relative)
            is_found = is_found or read is not None
            cases += read or ()
    return _counted(cases) if is_found else None


def parse_report(content: bytes, *, relative: Callable[[str], str]) -> ParsedCases | None:
    """Return the cases of one report, `None` if it is not one."""
    cases = _cases_in(content, relative)
    if cases is None:
        return None
    told = _NODE_COUNTS.findall(content)
    return parsed(cases, sum(map(int, told))) if told else _counted(cases)


def _counted(cases: list[TestCase]) -> ParsedCases:
    """Count as runners do: tests of one name are several, and a file is no test."""
    return parsed(cases, ran(case for case in cases if not _IS_FILE.match(case.id)))


def _folders(files: TreeFiles) -> Iterator[str]:
    """Yield where reports stand: in the tree, in its modules, and in modules one folder deeper."""
    yield from _FOLDERS
    for module in islice(_modules(files), _MOST_MODULES):
        yield from (f"{module}/{folder}" for folder in _FOLDERS)


def _modules(files: TreeFiles) -> Iterator[str]:
    outer = [*_inner(files, ".")]
    yield from outer
    for path in outer:
        yield from _inner(files, path)


def _inner(files: TreeFiles, path: str) -> Iterator[str]:
    try:
        facts = files.entries(path)
    except FileRefusedError:
        return
    for fact in facts:
        name = fact.path.rpartition("/")[2]
        if fact.kind is FileKind.FOLDER and not name.startswith((".", "node_modules")):
            yield fact.path


def _is_report(fact: FileFacts) -> bool:
    return fact.kind is FileKind.FILE and fact.path.endswith(".xml")


def _read(files: TreeFiles, path: str, relative: Callable[[str], str]) -> list[TestCase] | None:
    try:
        return _cases_in(files.read(path), relative)
    except FileRefusedError:
        return None


def _cases_in(content: bytes, relative: Callable[[str], str]) -> list[TestCase] | None:
    try:
        return list(_below(JUnitXml.fromstring(content), (), relative))
    except (JUnitXmlError, ParseError, ValueError, RecursionError):
        return None


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
    message = _message(bad[0], str(case.name or "")) if bad else ""
    return TestCase(id=_id(case, names, relative), result=result, message=message)


def _id(case: Case, names: tuple[str, ...], relative: Callable[[str], str]) -> str:
    """Return the id as the runner prints it, as far as the report tells enough for that."""
    classname, name = str(case.classname or "").strip(), str(case.name or "").strip()
    file, class_ = _attribute(case, "file"), _attribute(case, "class")
    if file.endswith(".py"):
        return _pytest_id(classname, name, file)
    if classname == "test":
        here = relative(file) if file else ""
        parts = (part for part in (here, *names, name) if part)
        return relative(name) if _SCRIPT.match(name) else " > ".join(parts)
    if class_ and file.endswith(".php"):
        return f"{class_}::{name}"
    if classname == name:
        return name
    between = " > " if _SCRIPT.match(classname) else "."
    return between.join(part for part in (classname, name) if part)


def _pytest_id(classname: str, name: str, file: str) -> str:
    module = file.removesuffix(".py").replace("/", ".")
    if not classname and name == module:
        return file
    inside = classname.removeprefix(module).strip(".").split(".")
    return "::".join((file, *(part for part in inside if part), name))


def _attribute(case: Case, name: str) -> str:
    return str(case._elem.get(name) or "")  # noqa: SLF001 -- no accessor for what runners add


def _message(mark: Failure | Error, name: str) -> str:
    """Return what the failure says, with the kind of error; a general message gets a line more."""
    message = " ".join(str(mark.message or "").split())
    lines = [line.strip() for line in str(mark.text or "").splitlines()]
    if _SAYS_LITTLE.match(message):
        said = [line for line in lines if line and not line.endswith((name, f"{message}:"))]
        named = [line.removeprefix("E ").strip() for line in said if _NAMES_ERROR.match(line)]
        more = [*said[:1], *named][-1:]
        message = ": ".join(part for part in (message, *more) if part)
    kind = _ERROR_TYPE.match(str(mark.type or ""))
    if kind and kind["name"] not in message:
        message = f"{kind['name']}: {message}"
    return message[:_MESSAGE_CHARS]
