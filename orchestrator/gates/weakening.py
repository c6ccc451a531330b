"""Ways in which a change weakens what judges it, found in the diff alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.domain.globs import has_wildcard
from orchestrator.gates import spellings as words
from orchestrator.gates.marks import Marks, shows, squeezed
from orchestrator.gates.sheltered import returns_early, sheltered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orchestrator.domain.patch import FilePatch, Hunk

_LOADED_FIRST = re.compile(r"(?:^|/)(?:sitecustomize|usercustomize)\.py$|\.pth$")
_OVERRIDES = re.compile(
    r"(?:^|/)(?:\.?pytest\.(?:ini|toml)|tox\.ini|(?:jest|vitest)\.config\.\w+|\.mocharc[^/]*)$"
)
"""A new file of these takes the place of settings that stood elsewhere."""
_INNER_TESTS = re.compile(r"^\s*(?:mod tests?\b|#\[(?:cfg\(test\)|(?:\w+::)?test\b))")
"""How Rust's tests begin beside what they test; git shows the module's line above a hunk."""
_COLLECTED = (
    re.compile(r"(?:^|/)test_[^/]*\.py$|_test\.py$"),
    re.compile(r"\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|/)__tests__/"),
    re.compile(r"_test\.go$"),
    re.compile(r"_spec\.rb$|_test\.rb$"),
)
"""Names by which runners find their files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingPaths:
    """Which paths judge the work."""

    is_test: Callable[[str], bool]
    """Tests and recorded expectations."""
    is_config: Callable[[str], bool]
    """Workflows and the configuration of linters, coverage and test runners."""
    is_manifest: Callable[[str], bool] = lambda _: False
    """Package manifests and lock files."""


def weakenings(files: Sequence[FilePatch], paths: JudgingPaths) -> Iterator[str]:
    """Yield each weakening with its place, as the end of a sentence."""
    tests = [*_tests_in(files, paths)]
    yield from _lost_tests(tests)
    yield from _lost_assertions(tests)
    # One mark for a skip looks like the other: only a file that went takes its own along.
    gone = Marks(file for file in files if file.is_deleted)
    for file in tests:
        yield from _marked(file, words.SKIP, "skips or singles out a test", gone)
        if not file.is_new:
            yield from sheltered(file)
            if paths.is_test(file.path):
                yield from returns_early(file)
    moved = Marks(files)
    for file in files:
        if words.PROSE.search(file.path):
            yield from _marked(file, words.UNCHECKED_PROSE, "switches a check off", moved)
        else:
            yield from _switched_off(file, paths, moved)


def _switched_off(file: FilePatch, paths: JudgingPaths, moved: Marks) -> Iterator[str]:
    is_test, is_config = paths.is_test(file.path), paths.is_config(file.path)
    yield from _marked(file, words.SUPPRESSION, "switches a check off", moved)
    yield from _marked(file, words.RUNNER_HOOK, "hooks into the test runner", moved)
    yield from _marked(file, words.FUTILE_STEP, "lets a step fail unseen", moved)
    if words.CODE_FILE.search(file.path):
        yield from _marked(file, words.HIDDEN, "hides code behind a carriage return", moved)
    yield from _fooled(file, moved, is_test=is_test, is_judge=is_test or is_config)
    if is_config or _is_manifest(file.path):
        yield from _loosened(file)
    if words.ALWAYS_EQUAL.search(file.added_text):
        yield f"{file.path} defines an equality that is always true"


def _tests_in(files: Sequence[FilePatch], paths: JudgingPaths) -> Iterator[FilePatch]:
    """Yield the files of tests, and of Rust's source those hunks that stand in its tests."""
    for file in files:
        if paths.is_test(file.path):
            yield file
        elif file.path.endswith(".rs"):
            inner = tuple(hunk for hunk in file.hunks if _is_in_tests(hunk))
            if inner:
                yield replace(file, hunks=inner)


def _is_in_tests(hunk: Hunk) -> bool:
    rows = (hunk.heading, *(line.text for line in hunk.lines))
    return any(_INNER_TESTS.search(row) for row in rows)


def _fooled(file: FilePatch, moved: Marks, *, is_test: bool, is_judge: bool) -> Iterator[str]:
    """Yield what makes a test run show something else than what the code does."""
    if is_judge:
        yield from _marked(file, words.EARLY_EXIT, "ends the test process early", moved)
        yield from _marked(file, words.FORGED_REPORT, "writes a test report of its own", moved)
    else:
        yield from _marked(file, words.SUDDEN_END, "ends the process that tests run in", moved)
        yield from _marked(file, words.TEST_AWARE, "behaves differently under test", moved)
    if not is_test:
        yield from _marked(file, words.PATCHED, "replaces the clock, chance or assertions", moved)
    if _LOADED_FIRST.search(file.path) and file.added:
        yield f"{file.path} is run before every test by Python itself"


def outside_plan(
    files: Sequence[FilePatch], paths: JudgingPaths, planned: Sequence[str]
) -> Iterator[str]:
    """Yield what judges the work, and manifests, that no task of the plan names as such."""
    named = {glob for glob in planned if not has_wildcard(glob)}
    for file in files:
        if file.path in named:
            continue
        if paths.is_config(file.path):
            yield f"{file.path} configures what checks the work, and the plan does not name it"
        elif paths.is_manifest(file.path):
            yield f"{file.path} is a manifest, lock or build file that the plan does not name"


def _lost_tests(tests: Sequence[FilePatch]) -> Iterator[str]:
    """Yield tests that were removed and came back nowhere; moving and editing is not losing."""
    uncollected = _uncollected(tests)
    kept = Counter(
        name
        for file in tests
        if file.path not in uncollected
        for _, text in file.added
        if (name := _test_name(text))
    )
    for file in tests:
        lost: list[str] = []
        for _, text in file.removed:
            name = _test_name(text)
            if name and kept[name] > 0:
                kept[name] -= 1
            elif name:
                lost.append(name)
        attributes = _attributes(file.removed) - _attributes(file.added)
        if attributes > len(lost):
            yield f"{file.path} loses {attributes} tests"
        elif lost:
            yield f"{file.path} loses {_count(lost, 'test')}: {', '.join(lost[:3])}"
        elif file.is_deleted and not _came_back(file, tests):
            yield f"{file.path} is deleted"


def _uncollected(tests: Sequence[FilePatch]) -> frozenset[str]:
    """Return new files whose names no runner looks for, where tests were found by name before."""
    by_name = [
        pattern
        for pattern in _COLLECTED
        if any(file.is_deleted and pattern.search(file.path) for file in tests)
    ]
    return frozenset(
        file.path
        for file in tests
        if file.is_new and by_name and not any(each.search(file.path) for each in by_name)
    )


def _attributes(lines: Sequence[tuple[int, str]]) -> int:
    return sum(bool(words.ATTRIBUTE.search(text)) for _, text in lines)


def _came_back(file: FilePatch, tests: Sequence[FilePatch]) -> bool:
    lines = Counter(text.strip() for _, text in file.removed)
    return any(
        not lines - Counter(text.strip() for _, text in other.added)
        for other in tests
        if other is not file
    )


def _lost_assertions(tests: Sequence[FilePatch]) -> Iterator[str]:
    kept = Counter(squeezed(text) for file in tests for _, text in file.added)
    for file in tests:
        for line, text in file.removed:
            if not words.ASSERTION.search(text):
                continue
            if kept[squeezed(text)] > 0:
                kept[squeezed(text)] -= 1
            else:
                yield f"{file.path}:{line} loses or changes the assertion {text.strip()[:80]!r}"


def _marked(file: FilePatch, pattern: re.Pattern[str], what: str, marks: Marks) -> Iterator[str]:
    """Yield the first added line that shows the pattern and did not stand elsewhere before."""
    for line in marks.new(file, partial(shows, pattern), kind=pattern):
        yield f"{file.path}:{line} {what}"
        return


def _loosened(file: FilePatch) -> Iterator[str]:
    """Yield the first line on thresholds, scopes or scripts that differs from before."""
    if file.is_deleted and not _is_manifest(file.path):
        yield f"{file.path} is deleted"
        return
    if file.is_new and not _OVERRIDES.search(file.path):
        return
    added = {squeezed(text).rstrip(",") for _, text in file.added}
    removed = {squeezed(text).rstrip(",") for _, text in file.removed}
    for line, text in (*file.removed, *file.added):
        is_same = squeezed(text).rstrip(",") in (added & removed)
        if not is_same and _decides(file.path, text, is_old=(line, text) in file.removed):
            yield f"{file.path}:{line} changes what is checked: {text.strip()[:80]!r}"
            return


def _decides(path: str, text: str, *, is_old: bool) -> bool:
    """Tell whether a line decides what is checked; a new script beside the old ones does not."""
    is_package = path.endswith("package.json")
    return bool(
        words.THRESHOLD.search(text)
        or (is_old and words.SCRIPT.search(text))
        or (not is_package and words.SCOPE.search(text))
    )


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] in {"package.json", "pyproject.toml", "setup.cfg", "Makefile"}


def _test_name(text: str) -> str:
    match = words.DEFINITION.search(text)
    if match is None:
        return ""
    groups = match.groupdict()
    return next(
        (value for key, value in groups.items() if value and key not in {"q", "q2"}), ""
    ).strip()


def _count(names: Sequence[str], word: str) -> str:
    return f"{len(names)} {word}{'' if len(names) == 1 else 's'}"
