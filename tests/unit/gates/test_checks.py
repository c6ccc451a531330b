"""The project's commands are really run, each in a cell of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind, CheckReport
from orchestrator.domain.errors import CommandUnavailableError
from orchestrator.gates.checks import TAIL_CHARS, CheckRunner
from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.sandbox import Access, Cell, Command, CommandResult, LimitKind
from orchestrator.sandbox.unconfined import Unconfined
from tests.unit.gates.evidence import HEAD, REDACTOR, SECRET

if TYPE_CHECKING:
    from pathlib import Path

_JUNIT = """\
<testsuites><testsuite name="s">
<testcase classname="m" name="adds"/>
<testcase classname="m" name="bad"><failure message="3 != 4"/></testcase>
<testsuite name="inner"><testcase classname="m" name="later"><skipped/></testcase></testsuite>
</testsuite></testsuites>"""


def _run(
    folder: Path, command: str, kind: CheckKind = CheckKind.TEST, *, timeout_s: float = 60
) -> CheckReport:
    sandbox = Unconfined(folder / "cells", toolchain=Toolchain())
    runner = CheckRunner(
        lambda tree: sandbox.open(tree, access=Access.WRITE),
        redactor=REDACTOR,
        timeout_s=timeout_s,
    )
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    return runner.run(kind, command, commit=HEAD, tree=tree)


def test_run__green(tmp_path: Path) -> None:
    """A command that ends well is green, bound to its commit, with its tests counted."""
    found = _run(tmp_path, "printf '1..1\\nok 1 - adds\\n'; exit 0 && x")

    assert found.is_green
    assert (found.commit, found.tests_run) == (HEAD, 1)
    assert found.cases is not None
    assert [case.id for case in found.cases] == ["adds"]


def test_run__red(tmp_path: Path) -> None:
    """A red command keeps its exit code and the end of its output."""
    found = _run(tmp_path, "echo boom >&2; exit 3")

    assert (found.ending, found.exit_code) == (CheckEnding.FINISHED, 3)
    assert found.output_tail == "boom\n"
    assert found.cases is None


def test_run__missing_program(tmp_path: Path) -> None:
    """A command that is not installed never started."""
    found = _run(tmp_path, "no-such-program-anywhere --run")

    assert found.ending is CheckEnding.NOT_STARTED
    assert "no-such-program-anywhere" in found.output_tail


def test_run__hangs(tmp_path: Path) -> None:
    """A hanging command is ended by the clock and recorded so."""
    found = _run(tmp_path, "sleep 600", timeout_s=0.2)

    assert (found.ending, found.exit_code) == (CheckEnding.TIMED_OUT, None)


def test_run__redacted_tail(tmp_path: Path) -> None:
    """The kept output is short and holds no secret, not even at the place where it was cut."""
    command = f"printf '%s' {SECRET}; head -c 20000 /dev/zero | tr '\\0' x; printf {SECRET}"

    found = _run(tmp_path, command)

    assert len(found.output_tail) == TAIL_CHARS
    assert found.output_tail.endswith("x***")


def test_run__fresh_junit(tmp_path: Path) -> None:
    """A JUnit report that the command wrote is read; its ids win over the output's."""
    (tmp_path / "junit.xml").write_text(_JUNIT)

    found = _run(tmp_path, "mkdir -p app/test-results; cp ../junit.xml app/test-results/; exit 1")

    assert found.cases is not None
    assert [(case.id, case.result, case.message) for case in found.cases] == [
        ("m.adds", CaseResult.PASSED, ""),
        ("m.bad", CaseResult.FAILED, "3 != 4"),
        ("m.later", CaseResult.SKIPPED, ""),
    ]
    assert found.tests_run == 2


def test_run__forged_junit(tmp_path: Path) -> None:
    """A report that lay there before the run proves nothing about it."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "junit.xml").write_text(_JUNIT)

    assert _run(tmp_path, "exit 0; x").cases is None


@pytest.mark.parametrize("text", ["<broken", "<html/>", ""])
def test_run__unreadable_junit(tmp_path: Path, text: str) -> None:
    """XML that is no test report is left aside."""
    (tmp_path / "x.xml").write_text(text)

    assert _run(tmp_path, "cp ../x.xml .; exit 1").cases is None


def test_run__junit_behind_a_link(tmp_path: Path) -> None:
    """A link to a report elsewhere is not followed."""
    (tmp_path / "junit.xml").write_text(_JUNIT)

    found = _run(tmp_path, "ln -s ../junit.xml junit.xml; ln -s / reports; exit 1")

    assert found.cases is None


@pytest.mark.parametrize(
    ("command", "script", "count"),
    [
        ("npm test", "exit 0", 0),
        ("npm t", "echo no tests", 0),
        ("npm run test", "true", 0),
        ("npm test", "node --test", None),
    ],
)
def test_run__script_that_cannot_fail(
    tmp_path: Path, command: str, script: str, count: int | None
) -> None:
    """A package script that cannot fail counts as no test, whoever hides behind it."""
    (tmp_path / "tree").mkdir()
    package = {"scripts": {"test": script}}
    (tmp_path / "tree" / "package.json").write_text(json.dumps(package))

    found = _run_with(_Answering(CommandResult(exit_code=0, output="", limit=None, duration_s=1)),
                      tmp_path, command)  # fmt: skip

    assert found.tests_run == count


@pytest.mark.parametrize("package", ["[]", "{}", "{broken", '{"scripts": {"test": 1}}', None])
def test_run__odd_package(tmp_path: Path, package: str | None) -> None:
    """A manifest that says nothing about the script is left aside."""
    (tmp_path / "tree").mkdir()
    if package is not None:
        (tmp_path / "tree" / "package.json").write_text(package)
    answer = CommandResult(exit_code=0, output="", limit=None, duration_s=1)

    assert _run_with(_Answering(answer), tmp_path, "npm test").tests_run is None


def test_run__lint_paths_relative(tmp_path: Path) -> None:
    """Paths that a linter prints absolutely are the tree's own, so that commits compare."""
    (tmp_path / "tree" / "src").mkdir(parents=True)
    (tmp_path / "tree" / "src" / "a.js").touch()

    found = _run(
        tmp_path,
        "printf '%s/src/a.js:1:2: x\\nother/b.js:1:1: y\\n../c.js:1:1: z\\n' \"$PWD\"; exit 1",
        CheckKind.LINT,
    )

    assert found.warnings == ("src/a.js: x", "other/b.js: y", "../c.js: z")


@pytest.mark.parametrize(("code", "warnings"), [(0, ()), (2, None)])
def test_run__lint_without_entries(
    tmp_path: Path, code: int, warnings: tuple[str, ...] | None
) -> None:
    """A green linter has no warnings; a red one that cannot be read has unknown ones."""
    assert _run(tmp_path, f"exit {code}; x", CheckKind.LINT).warnings == warnings


def test_run__setup(tmp_path: Path) -> None:
    """Other commands are only run."""
    found = _run(tmp_path, "echo 1..1; exit 0; x", CheckKind.SETUP)

    assert (found.cases, found.warnings, found.tests_run) == (None, None, None)


class _Answering:
    """A cell that answers one thing, for endings that a test cannot bring about."""

    def __init__(self, answer: CommandResult | CommandUnavailableError) -> None:
        self._answer = answer
        self.is_closed = False

    def run(self, command: Command) -> CommandResult:
        if isinstance(self._answer, CommandUnavailableError):
            raise self._answer
        return self._answer

    def close(self) -> None:
        self.is_closed = True


def _run_with(cell: Cell, folder: Path, command: str) -> CheckReport:
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    runner = CheckRunner(lambda _: cell, redactor=REDACTOR)
    return runner.run(CheckKind.TEST, command, commit=HEAD, tree=tree)


def test_run__no_shell(tmp_path: Path) -> None:
    """Without a shell nothing started, and the cell is closed all the same."""
    cell = _Answering(CommandUnavailableError("No bash.", hint="Install it."))

    found = _run_with(cell, tmp_path, "npm test")

    assert found.ending is CheckEnding.NOT_STARTED
    assert found.output_tail == "No bash. Install it."
    assert cell.is_closed


def test_run__memory_limit(tmp_path: Path) -> None:
    """A command that met another limit than time is told apart."""
    answer = CommandResult(exit_code=None, output="", limit=LimitKind.MEMORY, duration_s=1)

    assert _run_with(_Answering(answer), tmp_path, "npm test").ending is CheckEnding.LIMIT_MET
