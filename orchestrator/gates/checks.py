"""Running the target project's own commands and reading what they showed."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.errors import CommandUnavailableError
from orchestrator.gates import junit
from orchestrator.gates.case_reading import Desk, read_cases
from orchestrator.gates.coverage_reports import coverage_files, read_coverage
from orchestrator.gates.futile import why_futile
from orchestrator.gates.lint_parsers import parse_warnings
from orchestrator.gates.reporters import reporter_for, script_of
from orchestrator.gates.steady import steady_environment
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.sandbox import Command, CommandResult, LimitKind
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.gates.case_reading import CasesRead
    from orchestrator.sandbox.sandbox import Cell
    from orchestrator.telemetry.redaction import Redactor

TAIL_CHARS = 8000
_LONGEST_PATH = 4096
_CANNOT_START = frozenset({126, 127})


class CheckRunner:
    """Runs one command at a time, each in a fresh cell."""

    def __init__(
        self,
        open_cell: Callable[[Path], Cell],
        *,
        redactor: Redactor,
        timeout_s: float = 900.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Keep how to open a cell.

        Args:
            open_cell: Gives a writable cell around a tree; it is closed after the command.
            redactor: Passed by every text that is kept.
            timeout_s: For each command.
            environment: What each command is told beside what its sandbox tells it.
        """
        self._open_cell = open_cell
        self._redactor = redactor
        self._timeout_s = timeout_s
        self._environment = environment or {}

    def run(self, kind: CheckKind, command: str, *, commit: str, tree: Path) -> CheckReport:
        """Run a command of the project in a clean checkout of a commit and read its output.

        Args:
            kind: Decides how the output is read.
            command: Shell text, from configuration or detection, never from an agent.
            commit: What is checked out in `tree`; the report is bound to it.
            tree: A checkout that nothing else uses; the command may change it.

        Raises:
            SandboxError: The sandbox failed; nothing is known about the project.
        """
        files = TreeFiles(tree, file_bytes=20_000_000)
        match kind:
            case CheckKind.TEST:
                return self._test(command, commit, tree, files)
            case CheckKind.LINT:
                blank, output = self._run(kind, command, commit, tree)
                return self._with_warnings(blank, output, files)
            case CheckKind.COVERAGE:
                before = coverage_files(files)
                blank, _ = self._run(kind, command, commit, tree)
                found = read_coverage(files, before, relative=_relative_to(files))
                return blank.model_copy(update={"coverage": found})
            case _:
                return self._run(kind, command, commit, tree)[0]

    def _run(
        self, kind: CheckKind, command: str, commit: str, tree: Path, *, shell: str = ""
    ) -> tuple[CheckReport, str]:
        """Run a command, or the shell text in its place, and return its report and output."""
        cell = self._open_cell(tree)
        argv = ("bash", "-c", shell or command)
        chance = steady_environment(command) if kind is CheckKind.TEST else {}
        environment = {**chance, **self._environment}
        try:
            result = cell.run(
                Command(argv=argv, timeout_s=self._timeout_s, environment=environment)
            )
        except CommandUnavailableError as error:
            result = CommandResult(
                exit_code=None, output=f"{error} {error.hint}", limit=None, duration_s=0.0
            )
            return self._blank(kind, command, commit, result, CheckEnding.NOT_STARTED), ""
        finally:
            cell.close()
        return self._blank(kind, command, commit, result, _ending(result)), result.output

    def _test(self, command: str, commit: str, tree: Path, files: TreeFiles) -> CheckReport:
        scripts = _scripts(files)
        name = f".report-{secrets.token_hex(8)}"
        reporter = reporter_for(command, scripts, file=name)
        desk = Desk(
            files=files,
            before=junit.report_files(files),
            report=name,
            relative=_relative_to(files),
        )
        shell = reporter.shell if reporter else ""
        blank, output = self._run(CheckKind.TEST, command, commit, tree, shell=shell)
        found = read_cases(output, desk, reporter)
        if reporter and _is_red(blank) and not found.has_failure:
            # What was added may be what it stumbled over: only its own way is held against it.
            spent_s = blank.duration_s
            blank, output = self._run(CheckKind.TEST, command, commit, tree)
            blank = blank.model_copy(update={"duration_s": spent_s + blank.duration_s})
            found = read_cases(output, desk, None)
        return self._with_cases(blank, found, script_of(command, scripts))

    def _blank(
        self,
        kind: CheckKind,
        command: str,
        commit: str,
        result: CommandResult,
        ending: CheckEnding,
    ) -> CheckReport:
        return CheckReport(
            kind=kind,
            command=command,
            commit=commit,
            ending=ending,
            exit_code=result.exit_code,
            duration_s=result.duration_s,
            output_tail=self._tail(result.output),
        )

    def _with_cases(self, blank: CheckReport, found: CasesRead, script: str | None) -> CheckReport:
        futile = why_futile(script) if script is not None else None
        if futile:
            note = f"\nThe package's script cannot fail: {futile}. It counts as no test."
            tail = self._tail(found.text + note)
            return blank.model_copy(update={"tests_run": 0, "output_tail": tail})
        told = blank.model_copy(
            update={"doubts": found.doubts, "output_tail": self._tail(found.text)}
        )
        if found.parsed is None:
            return told if found.text else blank
        cases = tuple(
            case.model_copy(
                update={
                    "id": self._redactor.redact(case.id),
                    "message": self._redactor.redact(case.message),
                }
            )
            for case in found.parsed.cases
        )
        return told.model_copy(
            update={
                "cases": cases or None,
                "tests_run": found.parsed.tests_run,
                "read_from": found.read_from,
            }
        )

    def _with_warnings(self, blank: CheckReport, output: str, files: TreeFiles) -> CheckReport:
        found = parse_warnings(output, relative=_relative_to(files))
        if not found and not blank.is_green:
            return blank
        warnings = tuple(self._redactor.redact(entry) for entry in found)
        return blank.model_copy(update={"warnings": warnings})

    def _tail(self, output: str) -> str:
        return self._redactor.redact(output)[-TAIL_CHARS:]


def _ending(result: CommandResult) -> CheckEnding:
    if result.limit is LimitKind.TIME:
        return CheckEnding.TIMED_OUT
    if result.limit is not None or result.exit_code is None:
        return CheckEnding.LIMIT_MET
    if result.exit_code in _CANNOT_START:
        return CheckEnding.NOT_STARTED
    return CheckEnding.FINISHED


def _relative_to(files: TreeFiles) -> Callable[[str], str]:
    known: dict[str, str] = {}

    def relative(path: str) -> str:
        if path not in known:
            known[path] = _longest_ending(path, files)
        return known[path]

    return relative


def _longest_ending(path: str, files: TreeFiles) -> str:
    """Return the longest end of a printed path that is in the tree: the cell names its own root."""
    parts = [part for part in path[:_LONGEST_PATH].split("/") if part]
    for start in range(len(parts)):
        candidate = "/".join(parts[start:])
        try:
            if files.exists(candidate):
                return candidate
        except FileRefusedError:
            continue
    return path


def _is_red(report: CheckReport) -> bool:
    return report.ending is CheckEnding.FINISHED and report.exit_code != 0


def _scripts(files: TreeFiles) -> Mapping[str, str]:
    """Return the scripts of the package, none when there is no package that can be read."""
    try:
        package = json.loads(files.read("package.json"))
    except (FileRefusedError, ValueError, RecursionError):
        return {}
    scripts = package.get("scripts") if isinstance(package, dict) else None
    named = scripts.items() if isinstance(scripts, dict) else ()
    return {name: text for name, text in named if isinstance(text, str)}
