"""Running the target project's own commands and reading what they showed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.errors import CommandUnavailableError
from orchestrator.gates import junit
from orchestrator.gates.case_parsers import parse_cases
from orchestrator.gates.futile import why_futile
from orchestrator.gates.lint_parsers import parse_warnings
from orchestrator.sandbox.files import TreeFiles
from orchestrator.sandbox.sandbox import Command, CommandResult, LimitKind
from orchestrator.sandbox.tree_paths import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.sandbox.files import FileFacts
    from orchestrator.sandbox.sandbox import Cell
    from orchestrator.telemetry.redaction import Redactor

TAIL_CHARS = 8000
_CANNOT_START = frozenset({126, 127})
_PACKAGE_SCRIPT = re.compile(r"^\s*(?:npm|pnpm|yarn)\s+(?:run\s+)?(?P<name>[\w:-]+)\s*$")
_NPM_WORDS = {"t": "test", "tst": "test"}


class CheckRunner:
    """Runs one command at a time, each in a fresh cell."""

    def __init__(
        self, open_cell: Callable[[Path], Cell], *, redactor: Redactor, timeout_s: float = 900.0
    ) -> None:
        """Keep how to open a cell.

        Args:
            open_cell: Gives a writable cell around a tree; it is closed after the command.
            redactor: Passed by every text that is kept.
            timeout_s: For each command.
        """
        self._open_cell = open_cell
        self._redactor = redactor
        self._timeout_s = timeout_s

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
        before = junit.report_files(files) if kind is CheckKind.TEST else {}
        cell = self._open_cell(tree)
        try:
            result = cell.run(Command(argv=("bash", "-c", command), timeout_s=self._timeout_s))
        except CommandUnavailableError as error:
            result = CommandResult(
                exit_code=None, output=f"{error} {error.hint}", limit=None, duration_s=0.0
            )
            return self._blank(kind, command, commit, result, CheckEnding.NOT_STARTED)
        finally:
            cell.close()
        blank = self._blank(kind, command, commit, result, _ending(result))
        match kind:
            case CheckKind.TEST:
                return self._with_cases(blank, result.output, files, before)
            case CheckKind.LINT:
                return self._with_warnings(blank, result.output, files)
            case _:
                return blank

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

    def _with_cases(
        self, blank: CheckReport, output: str, files: TreeFiles, before: Mapping[str, FileFacts]
    ) -> CheckReport:
        futile = _why_script_is_futile(blank.command, files)
        if futile:
            note = f"\nThe package's script cannot fail: {futile}. It counts as no test."
            return blank.model_copy(
                update={"tests_run": 0, "output_tail": self._tail(output + note)}
            )
        parsed = junit.parse_fresh(files, before) or parse_cases(output)
        if parsed is None:
            return blank
        cases = tuple(
            case.model_copy(
                update={
                    "id": self._redactor.redact(case.id),
                    "message": self._redactor.redact(case.message),
                }
            )
            for case in parsed.cases
        )
        return blank.model_copy(update={"cases": cases or None, "tests_run": parsed.tests_run})

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
    parts = [part for part in path.split("/") if part]
    for start in range(len(parts)):
        candidate = "/".join(parts[start:])
        try:
            if files.exists(candidate):
                return candidate
        except FileRefusedError:
            continue
    return path


def _why_script_is_futile(command: str, files: TreeFiles) -> str | None:
    match = _PACKAGE_SCRIPT.match(command)
    if match is None:
        return None
    try:
        package = json.loads(files.read("package.json"))
    except (FileRefusedError, ValueError):
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    name = _NPM_WORDS.get(match["name"], match["name"])
    script = scripts.get(name) if isinstance(scripts, dict) else None
    return why_futile(script) if isinstance(script, str) else None
