"""What is said of a change equals what a person counts in small real repositories."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.coverage import Coverage, FileCoverage
from orchestrator.domain.record import RunRecord
from orchestrator.domain.strength import (
    Mutant,
    MutantEnding,
    MutationSample,
    PatternBreach,
    PatternReport,
)
from orchestrator.metrics import change_metrics
from orchestrator.stages.measuring import measures_of
from tests.unit.metrics.golden import ONE_BRANCH, TWO_BRANCHES, golden

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BASE = "b" * 40
_COVERED = CheckReport(
    kind=CheckKind.COVERAGE,
    command="coverage",
    commit="",
    ending=CheckEnding.FINISHED,
    exit_code=0,
    duration_s=1.0,
    output_tail="",
)


def _record(
    tmp_path: Path, before: Mapping[str, str | bytes], after: Mapping[str, str | bytes | None]
) -> RunRecord:
    one = golden(tmp_path, before, after)
    measures = measures_of(one.git, one.change)
    change = one.change.model_copy(update={"diff": ""})
    return RunRecord(head=one.change.head, change=change, measures=measures)


def _covering(record: RunRecord, head: Coverage, base: Coverage | None = None) -> RunRecord:
    """Let the coverage command have reported on the head, and perhaps on base."""
    at_head = _COVERED.model_copy(update={"commit": record.head, "coverage": head})
    at_base = _COVERED.model_copy(update={"commit": _BASE, "coverage": base})
    return replace(record, head_checks=(at_head,), base_checks=(at_base,) if base else ())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # two lines more, none less, in one source file
        pytest.param(
            {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES}, (1, 2, 0, 0, 0, 0, 0, 0, 2), id="one file"
        ),
        # a new package: 1 line of the manifest and 3 of the lock file, which nobody reads
        pytest.param(
            {"package.json": "{}\n", "package-lock.json": "{}\n"},
            {"package.json": '{"a": 1}\n', "package-lock.json": "{\n1\n}\n"},
            (2, 4, 2, 1, 4, 0, 0, 0, 2),
            id="a lock file",
        ),
        # the whole file counts on both sides: 4 lines out, 4 lines in
        pytest.param(
            {"a.py": ONE_BRANCH},
            {"a.py": None, "b.py": ONE_BRANCH},
            (2, 4, 4, 0, 0, 0, 0, 0, 8),
            id="a renamed file",
        ),
        pytest.param(
            {"a.bin": b"\0\1"}, {"a.bin": b"\0\2"}, (1, 0, 0, 0, 0, 0, 0, 0, 0), id="a binary file"
        ),
        # nothing before the first commit: 4 lines in, and a carriage return ends none
        pytest.param(
            {},
            {"a.py": ONE_BRANCH.replace("\n", "\r\n")},
            (1, 4, 0, 0, 0, 0, 0, 0, 4),
            id="first commit",
        ),
        # 2 lines of a bundle and 1 that a person wrote
        pytest.param(
            {"a.js": "1\n"},
            {"a.js": "2\n", "dist/a.min.js": "1\n2\n"},
            (2, 3, 1, 0, 0, 1, 2, 0, 2),
            id="a generated file",
        ),
        # a lock file among generated files is left out of the reading once
        pytest.param(
            {"a.js": "1\n"},
            {"a.js": "2\n", "node_modules/b/yarn.lock": "1\n2\n"},
            (2, 3, 1, 1, 2, 1, 2, 0, 2),
            id="a generated lock file",
        ),
        # a test of one line and a source of one line
        pytest.param(
            {"x.py": "x = 1\n"},
            {"y.py": "y = 1\n", "tests/test_y.py": "import y\n"},
            (2, 2, 0, 0, 0, 0, 0, 1, 2),
            id="with a test",
        ),
    ],
)
def test_size__counted_by_hand(
    tmp_path: Path,
    before: Mapping[str, str | bytes],
    after: Mapping[str, str | bytes | None],
    expected: tuple[int, ...],
) -> None:
    """(files, added, removed, lock files and lines, generated ones, test lines, lines to read)."""
    found = change_metrics.size(_record(tmp_path, before, after))

    assert found is not None
    assert tuple(found.model_dump().values()) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # shout: 2 → 3
        pytest.param(
            {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES}, (1, 1, 1, 3, 0, 0, 0), id="a branch more"
        ),
        # shout: 3 → 2; loud is new with 2
        pytest.param(
            {"a.py": TWO_BRANCHES},
            {"a.py": ONE_BRANCH + "\n\ndef loud(a):\n    return a or 1\n"},
            (1, -1, 0, 2, 1, 2, 0),
            id="simpler, and a new one",
        ),
        pytest.param(
            {"a.py": ONE_BRANCH}, {"a.py": ""}, (0, 0, 0, 0, 0, 0, 1), id="a removed function"
        ),
    ],
)
def test_complexity__counted_by_hand(
    tmp_path: Path,
    before: Mapping[str, str | bytes],
    after: Mapping[str, str | bytes | None],
    expected: tuple[int, ...],
) -> None:
    """(kept functions, growth, largest growth, highest, new ones, their total, removed ones)."""
    found = change_metrics.complexity(_record(tmp_path, before, after))

    assert found is not None
    assert tuple(found.model_dump().values()) == expected


def test_complexity__unknown_without_code(tmp_path: Path) -> None:
    """Prose has no complexity, which is not one of zero."""
    assert change_metrics.complexity(_record(tmp_path, {"a.md": "x\n"}, {"a.md": "y\n"})) is None


def test_complexity__of_an_earlier_head_is_unknown(tmp_path: Path) -> None:
    """What was measured before the last fix says nothing about the change as it is."""
    record = _record(tmp_path, {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES})

    assert change_metrics.complexity(replace(record, head="c" * 40)) is None


def test_patch_coverage__is_of_changed_lines_outside_tests(tmp_path: Path) -> None:
    """Lines 3 and 4 are new: 3 ran, 4 did not; the test's own line counts for nothing."""
    record = _record(
        tmp_path, {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES, "tests/test_a.py": "import a\n"}
    )
    files = (
        FileCoverage(path="a.py", covered="1-3,5", missed="4,6"),
        FileCoverage(path="tests/test_a.py", covered="1", missed=""),
    )
    head = Coverage(covered_lines=5, coverable_lines=7, files=files)

    found = change_metrics.patch_coverage(_covering(record, head))

    assert found is not None
    assert (found.covered, found.coverable, found.percent) == (1, 2, 50.0)


def test_patch_coverage__of_lines_that_cannot_run_is_unknown(tmp_path: Path) -> None:
    """A change of comments is neither covered nor uncovered."""
    record = _record(tmp_path, {"a.py": "x = 1\n"}, {"a.py": "# why\nx = 1\n"})
    head = Coverage(
        covered_lines=1,
        coverable_lines=1,
        files=(FileCoverage(path="a.py", covered="2", missed=""),),
    )

    found = change_metrics.patch_coverage(_covering(record, head))

    assert found is not None
    assert (found.coverable, found.percent) == (0, None)


def test_patch_coverage__wants_one_commit_and_the_whole_diff(tmp_path: Path) -> None:
    """A report on another commit, a cut diff and no report are no evidence."""
    record = _record(tmp_path, {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES})
    covering = _covering(record, Coverage(covered_lines=1, coverable_lines=2))
    assert covering.measures is not None
    cut = covering.measures.model_copy(update={"diff_characters": 10**6})
    elsewhere = covering.measures.model_copy(update={"commit": _BASE})

    assert change_metrics.patch_coverage(record) is None
    assert change_metrics.patch_coverage(replace(covering, head="c" * 40)) is None
    assert change_metrics.patch_coverage(replace(covering, measures=cut)) is None
    assert change_metrics.patch_coverage(replace(covering, measures=elsewhere)) is None


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        # 6 of 8 → 8 of 10
        pytest.param(
            (6, 8, None, None), (8, 10, None, None), ("lines", 75.0, 80.0, 5.0), id="lines"
        ),
        # 1 of 4 → 3 of 4, although fewer lines are covered
        pytest.param((9, 10, 1, 4), (8, 10, 3, 4), ("branches", 25.0, 75.0, 50.0), id="branches"),
        # branches on one side only
        pytest.param((9, 10, None, None), (8, 10, 3, 4), ("lines", 90.0, 80.0, -10.0), id="mixed"),
        # 1 of 3 → 2 of 3: not the difference of two roundings, which is 33.34
        pytest.param(
            (1, 3, None, None), (2, 3, None, None), ("lines", 33.33, 66.67, 33.33), id="thirds"
        ),
        pytest.param(None, (1, 3, None, None), ("lines", None, 33.33, None), id="no base"),
    ],
)
def test_coverage__compares_like_with_like(
    tmp_path: Path,
    base: tuple[int, int, int | None, int | None] | None,
    head: tuple[int, int, int | None, int | None],
    expected: tuple[str, float | None, float, float | None],
) -> None:
    """Branches where both sides count them, else lines; without base there is no delta."""
    record = _record(tmp_path, {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES})
    before, after = (
        None
        if one is None
        else Coverage(
            covered_lines=one[0],
            coverable_lines=one[1],
            covered_branches=one[2],
            coverable_branches=one[3],
        )
        for one in (base, head)
    )
    assert after is not None

    found = change_metrics.coverage(_covering(record, after, before))

    assert found is not None
    assert tuple(found.model_dump().values()) == expected


def test_coverage__of_nothing_runnable_is_unknown(tmp_path: Path) -> None:
    """A report without a line is no coverage of zero, nor is a failed command's."""
    record = _record(tmp_path, {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES})
    empty = _covering(record, Coverage(covered_lines=0, coverable_lines=0))
    failed = _COVERED.model_copy(
        update={
            "commit": record.head,
            "exit_code": 1,
            "coverage": Coverage(covered_lines=1, coverable_lines=1),
        }
    )

    assert change_metrics.coverage(empty) is None
    assert change_metrics.coverage(replace(record, head_checks=(failed,))) is None


def test_patterns__share_of_added_lines(tmp_path: Path) -> None:
    """Two rules speak against one of four added lines; lock files are not asked."""
    record = _record(
        tmp_path,
        {"a.py": "x = 1\n"},
        {"a.py": "x = 1\na = 1\nb = 2\nc = 3\nd = 4\n", "uv.lock": "1\n2\n3\n"},
    )
    breaches = tuple(PatternBreach(rule=rule, path="a.py", line=3, text="b") for rule in "pq")
    report = PatternReport(commit=str(record.head), rules=2, files=1, breaches=breaches)

    found = change_metrics.patterns(replace(record, patterns=report))

    assert found is not None
    assert (found.breaches, found.breaching_lines, found.added_lines, found.compliance) == (
        2,
        1,
        4,
        75.0,
    )


@pytest.mark.parametrize(
    "update", [{"rules": 0}, {"problem": "too many files"}, {"commit": _BASE}], ids=str
)
def test_patterns__untried_are_unknown(tmp_path: Path, update: dict[str, object]) -> None:
    """No rule, a rule that could not be tried, or another commit's verdict is no compliance."""
    record = _record(tmp_path, {"a.py": ONE_BRANCH}, {"a.py": TWO_BRANCHES})
    report = PatternReport(commit=str(record.head), rules=1, files=1).model_copy(update=update)

    assert change_metrics.patterns(record) is None
    assert change_metrics.patterns(replace(record, patterns=report)) is None


def test_strength__leaves_unviable_mutants_out() -> None:
    """Of two that the tests could run on, one was noticed."""
    mutants = tuple(
        Mutant(path="a.py", line=1, before="<", after="<=", ending=ending)
        for ending in MutantEnding
    )
    sample = MutationSample(commit="c", mutants=mutants, possible=9)

    found = change_metrics.strength(RunRecord(head="c", mutation=sample))

    assert found is not None
    assert (found.killed, found.viable, found.possible, found.percent) == (1, 2, 9, 50.0)
    assert change_metrics.strength(RunRecord(head="d", mutation=sample)) is None


def test_new_warnings__are_counted_one_by_one() -> None:
    """The same warning once more is a new one; an old one is not; no linter is no zero."""
    lint = _COVERED.model_copy(update={"kind": CheckKind.LINT})
    base = lint.model_copy(update={"warnings": ("a: long", "b: old")})
    head = lint.model_copy(update={"warnings": ("a: long", "a: long", "c: new")})

    record = RunRecord(head="", base_checks=(base,), head_checks=(head,))

    assert change_metrics.new_warnings(record) == 2
    assert change_metrics.new_warnings(replace(record, base_checks=(lint,))) is None
    assert change_metrics.new_warnings(replace(record, head="later")) is None
