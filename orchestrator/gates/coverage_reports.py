"""Coverage reports as tools write them: Cobertura, JaCoCo, Clover, lcov, Go's profile."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from orchestrator.domain.coverage import Coverage, FileCoverage, spans_of
from orchestrator.sandbox.files import FileKind
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from orchestrator.sandbox.files import FileFacts, TreeFiles

_FOLDERS = (
    *(".", "coverage", "reports", "build", "target/site/jacoco", "target/llvm-cov"),
    *("build/reports/jacoco/test", "build/reports/jacoco", "target/tarpaulin", "build/logs"),
)
_NAMED = re.compile(
    r"(?:cobertura|coverage|cobertura-coverage|jacoco\w*|clover)[\w.-]*\.xml$"
    r"|(?:lcov|coverage)\.info$|^(?:coverage|cover|c)\.(?:out|txt)$|\.(?:coverprofile|lcov)$"
)
_SOURCES = ("", "src/main/java/", "src/main/kotlin/", "src/", "app/src/main/java/")
_NUMBER = re.compile(r"[0-9]{1,18}")
_GO_LINE = re.compile(
    r"^(?P<path>[^:\s]+):(?P<first>[0-9]{1,9})\.\d+,(?P<last>[0-9]{1,9})\.\d+ \d+ (?P<hits>\d+)$"
)
_MOST_LINES = 5_000_000
"""In one profile of Go's, where a few digits stand for all lines of a block."""
MOST_FILES = 2000
"""More files are counted in the totals only."""


@dataclass(slots=True)
class _Sheet:
    """Hits per line of every file, as reports are read into it."""

    hits: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    branches: int = 0
    covered_branches: int = 0

    def add(self, path: str, line: int, hits: int) -> None:
        """Note a line; reports may tell of one several times."""
        before = self.hits[path].get(line, 0)
        self.hits[path][line] = max(before, hits)

    def coverage(self) -> Coverage | None:
        """Return what was read, `None` if no line can be run."""
        lines = [hits for file in self.hits.values() for hits in file.values()]
        if not lines:
            return None
        return Coverage(
            covered_lines=sum(hits > 0 for hits in lines),
            coverable_lines=len(lines),
            covered_branches=self.covered_branches if self.branches else None,
            coverable_branches=self.branches or None,
            files=tuple(_file(path, self.hits[path]) for path in sorted(self.hits)[:MOST_FILES]),
        )


def coverage_files(files: TreeFiles) -> Mapping[str, FileFacts]:
    """Return the files at the usual places for coverage reports, by path."""
    found: dict[str, FileFacts] = {}
    for folder in _FOLDERS:
        try:
            entries = files.entries(folder)
        except FileRefusedError:
            continue
        found |= {
            fact.path: fact
            for fact in entries
            if fact.kind is FileKind.FILE and _NAMED.search(fact.path.rpartition("/")[2])
        }
    return found


def read_coverage(
    files: TreeFiles, before: Mapping[str, FileFacts], *, relative: Callable[[str], str]
) -> Coverage | None:
    """Return what the reports tell that are new or changed since `before`, `None` if none do.

    Where a tool writes the same in several formats, the first that can be read counts.

    Args:
        files: The tree that the coverage command ran in.
        before: From `coverage_files`, before the run.
        relative: Turns a path that a report names into one relative to the repository.
    """
    for path, fact in coverage_files(files).items():
        if before.get(path) == fact:
            continue
        try:
            text = files.read(path).decode(errors="replace")
        except FileRefusedError:
            continue
        found = parse_coverage(text, relative=relative, exists=lambda name: _exists(files, name))
        if found is not None:
            return found
    return None


def parse_coverage(
    text: str,
    *,
    relative: Callable[[str], str] = lambda path: path,
    exists: Callable[[str], bool] = lambda _: True,
) -> Coverage | None:
    """Return what one report tells, `None` if it is of no known format or tells nothing."""
    sheet = _Sheet()
    start = text.lstrip()[:1]
    if start == "<":
        _read_xml(sheet, text, relative, exists)
    elif text.startswith("mode: "):
        _read_go(sheet, text, relative)
    elif re.search(r"^SF:", text, re.MULTILINE):
        _read_lcov(sheet, text, relative)
    return sheet.coverage()


def _read_xml(
    sheet: _Sheet, text: str, relative: Callable[[str], str], exists: Callable[[str], bool]
) -> None:
    try:
        root = ET.fromstring(text)  # noqa: S314 -- expat bounds entities, and the size is limited
    except ET.ParseError:
        return
    if root.tag == "report":
        _read_jacoco(sheet, root, exists)
    elif root.find("project") is not None:
        _read_clover(sheet, root, relative)
    elif root.tag == "coverage":
        _read_cobertura(sheet, root, relative)


def _read_cobertura(sheet: _Sheet, root: Element, relative: Callable[[str], str]) -> None:
    sheet.branches = _number(root, "branches-valid")
    sheet.covered_branches = _number(root, "branches-covered")
    sources = [source.text or "" for source in root.iter("source")]
    for cls in root.iter("class"):
        name = cls.get("filename") or ""
        joined = f"{sources[0].rstrip('/')}/{name}" if len(sources) == 1 and sources[0] else name
        path = relative(joined)
        for line in cls.iterfind("lines/line"):
            sheet.add(path, _number(line, "number"), _number(line, "hits"))


def _read_jacoco(sheet: _Sheet, root: Element, exists: Callable[[str], bool]) -> None:
    for counter in root.iterfind("counter[@type='BRANCH']"):
        sheet.covered_branches = _number(counter, "covered")
        sheet.branches = sheet.covered_branches + _number(counter, "missed")
    for package in root.iter("package"):
        for source in package.iterfind("sourcefile"):
            name = f"{package.get('name')}/{source.get('name')}"
            places = (prefix + name for prefix in _SOURCES)
            path = next((place for place in places if exists(place)), name)
            for line in source.iterfind("line"):
                sheet.add(path, _number(line, "nr"), _number(line, "ci"))


def _read_clover(sheet: _Sheet, root: Element, relative: Callable[[str], str]) -> None:
    for file in root.iter("file"):
        path = relative(file.get("path") or file.get("name") or "")
        for line in file.iterfind("line"):
            sheet.add(path, _number(line, "num"), _number(line, "count"))


def _read_lcov(sheet: _Sheet, text: str, relative: Callable[[str], str]) -> None:
    path = ""
    for row in text.splitlines():
        key, _, value = row.partition(":")
        match key:
            case "SF":
                path = relative(value.strip())
            case "DA":
                line, hits, *_ = (*value.split(","), "")
                if path and _NUMBER.fullmatch(line):
                    sheet.add(path, int(line), _int(hits))
            case "BRF":
                sheet.branches += _int(value)
            case "BRH":
                sheet.covered_branches += _int(value)


def _read_go(sheet: _Sheet, text: str, relative: Callable[[str], str]) -> None:
    blocks = [found for row in text.splitlines() if (found := _GO_LINE.match(row))]
    spans = [range(int(block["first"]), int(block["last"]) + 1) for block in blocks]
    if sum(map(len, spans)) > _MOST_LINES:
        return
    for block, lines in zip(blocks, spans, strict=True):
        path, hits = relative(block["path"]), _int(block["hits"])
        for line in lines:
            sheet.add(path, line, hits)


def _number(element: Element, name: str) -> int:
    return _int(element.get(name) or "0")


def _int(text: str) -> int:
    """Return a count, 0 for what is none; whoever writes a report may write anything."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _exists(files: TreeFiles, path: str) -> bool:
    try:
        return files.exists(path)
    except FileRefusedError:
        return False


def _file(path: str, hits: Mapping[int, int]) -> FileCoverage:
    return FileCoverage(
        path=path,
        covered=spans_of(line for line, count in hits.items() if count > 0),
        missed=spans_of(line for line, count in hits.items() if count == 0),
    )
