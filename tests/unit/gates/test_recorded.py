"""Real test runners' output and reports, read: counts, ids and results are those they meant."""

from __future__ import annotations

import pytest
from inline_snapshot import external_file

from orchestrator.domain.check import CaseResult
from tests.unit.gates.recordings import FOLDER, read, told

_RUNNERS = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
_PAIRS = [
    ("jest-30.5.2/mixed.txt", "jest-30.5.2/mixed.json"),
    ("jest-30.5.2/mixed-verbose.txt", "jest-30.5.2/mixed.json"),
    ("jest-30.5.2/broken.txt", "jest-30.5.2/broken.json"),
    ("jest-30.5.2/empty.txt", "jest-30.5.2/empty.json"),
    ("jest-30.5.2/setup.txt", "jest-30.5.2/setup.json"),
    ("vitest-3.2.7/mixed.txt", "vitest-3.2.7/mixed.xml"),
    ("vitest-3.2.7/broken.txt", "vitest-3.2.7/broken.xml"),
    ("vitest-3.2.7/empty.txt", "vitest-3.2.7/empty.xml"),
    ("vitest-3.2.7/setup.txt", "vitest-3.2.7/setup.xml"),
    ("vitest-5.1.1/mixed.txt", "vitest-5.1.1/mixed.xml"),
    ("vitest-5.1.1/mixed-verbose.txt", "vitest-5.1.1/mixed.xml"),
    ("node-20.20.2/mixed.txt", "node-20.20.2/mixed.xml"),
    ("node-20.20.2/mixed-spec.txt", "node-20.20.2/mixed.xml"),
    ("go-1.24.4/mixed-verbose.txt", "go-1.24.4/mixed.events.txt"),
    ("cargo-nextest-0.9.148/mixed-junit.txt", "cargo-nextest-0.9.148/mixed.xml"),
    ("phpunit-11.5.19/mixed.txt", "phpunit-11.5.19/mixed.xml"),
    ("phpunit-11.5.19/skip.txt", "phpunit-11.5.19/skip.xml"),
    ("rspec-3.13.0/mixed.txt", "rspec-3.13.0/mixed.json"),
    ("rspec-3.13.0/broken.txt", "rspec-3.13.0/broken.json"),
    ("rspec-3.13.0/setup.txt", "rspec-3.13.0/setup.json"),
    ("rspec-3.13.0/suite.txt", "rspec-3.13.0/suite.json"),
    ("surefire-3.2.5/setup.txt", "surefire-3.2.5/setup.xml"),
]


@pytest.mark.parametrize("runner", _RUNNERS)
def test_recorded__as_it_was_meant(runner: str) -> None:
    """What a runner really printed or wrote says how many tests ran and what became of each."""
    names = sorted(file.name for file in (FOLDER / runner).iterdir())

    found = "\n\n".join(f"{name}\n{told(f'{runner}/{name}')}" for name in names)

    assert f"{found}\n" == external_file(f"recorded/{runner}.told.txt", format=".txt")


@pytest.mark.parametrize(("printed", "written"), _PAIRS)
def test_recorded__report_tells_what_the_output_tells(printed: str, written: str) -> None:
    """Neither an honest report nor its output gives cause for doubt about the other."""
    output, report = read(printed), read(written)

    assert output is not None
    assert report is not None
    assert output.tests_run == report.tests_run
    failed = [
        {case.id for case in found.cases if case.result is CaseResult.FAILED}
        for found in (output, report)
    ]
    assert failed[0] == failed[1]


@pytest.mark.parametrize(
    ("name", "case", "words"),
    [
        ("jest-30.5.2/broken.json", "test/load.test.js", "Cannot find module './nowhere'"),
        ("go-1.24.4/broken.events.txt", "example.com/m/a", "undefined: Nowhere"),
        ("go-1.24.4/setup.events.txt", "example.com/m/a", "no database"),
        ("rspec-3.13.0/broken.json", "./spec/load_spec.rb", "cannot load such file"),
        ("phpunit-11.5.19/broken.txt", "/w/tests/LoadTest.php", "Failed opening required"),
        ("phpunit-11.5.19/mixed.xml", "MathTest::testRaises", "RuntimeException: boom"),
        ("surefire-3.2.5/mixed.one.xml", "x.MathTest.bad", "AssertionFailedError: expected: <1>"),
        ("cargo-nextest-0.9.148/mixed.xml", "calc.tests::works", "assertion `left == right`"),
        ("vitest-5.1.1/mixed.xml", "test/math.test.mjs > math > sub > works", "AssertionError: "),
    ],
)
def test_recorded__why_it_failed(name: str, case: str, words: str) -> None:
    """A failure's message names the error, so that a wrong reason can be told from a right one."""
    found = read(name)

    assert found is not None
    (message,) = (each.message for each in found.cases if each.id == case)
    assert words in message
