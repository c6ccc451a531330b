"""`no_secrets` and `protected_paths`: what may never be in a change, required or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.globs import matches
from orchestrator.gates.diff_text import parse_diff
from orchestrator.gates.verdicts import listed, result
from orchestrator.telemetry.credentials import credentials_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.gate import GateResult
    from orchestrator.gates.diff_text import FileDiff
    from orchestrator.gates.gates import Evidence
    from orchestrator.telemetry.redaction import Redactor

_PLACEHOLDER = re.compile(r"example|placeholder|your[_-]|dummy|redacted|(.)\1{7}", re.IGNORECASE)
_ODD_MODE = re.compile(
    r"^(?:new file mode|new mode) (120000|160000)$|^index \S+ 160000$", re.MULTILINE
)
_ODD_WORDS = {"120000": "a symbolic link"}


class NoSecrets:
    """No registered secret, in whatever disguise, and nothing that looks like a credential."""

    name = "no_secrets"

    def __init__(self, redactor: Redactor) -> None:
        """Keep who knows this run's secrets."""
        self._redactor = redactor

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge added lines, alone and joined, and the names of changed files."""
        change = evidence.change
        files = parse_diff(change.diff)
        if files is None or (not files and any(file.added_lines for file in change.files)):
            reason = "The diff could not be read, so it could not be searched."
            return result(self.name, evidence, GateVerdict.NO_EVIDENCE, reason)
        found = [place for file in files for place in self._found(file)]
        found += [
            "a file's name"
            for file in change.files
            if self._redactor.redact(file.path) != file.path
        ]
        if found:
            reason = f"The change contains {listed(found)}: remove it and replace the secret."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        reason = "No added line or file name looks like a secret."
        return result(self.name, evidence, GateVerdict.PASSED, reason)

    def _found(self, file: FileDiff) -> Iterator[str]:
        path = self._redactor.redact(file.path)
        text = file.added_text
        if self._redactor.knows_secret_in(text):
            lines = [line for line, added in file.added if self._redactor.knows_secret_in(added)]
            yield f"one of this run's own secrets ({path}:{lines[0] if lines else '?'})"
        for credential in credentials_in(text):
            if not _PLACEHOLDER.search(text[credential.start : credential.end]):
                line = file.added[text.count("\n", 0, credential.start)][0]
                yield f"something like a {credential.name} ({path}:{line})"


class ProtectedPaths:
    """Nothing changes that the repository protects, and nothing leads around the protection."""

    name = "protected_paths"

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge every changed path, whatever its letter case, and new links and submodules."""
        change = evidence.change
        touched = [
            file.path
            for file in change.files
            if matches(file.path, evidence.protected_paths, fold_case=True)
        ]
        if touched:
            reason = f"The change touches protected paths: {listed(touched)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        odd = [
            f"{file.path} is {_ODD_WORDS.get(mode, 'a submodule')}"
            for file in parse_diff(change.diff) or ()
            for mode in _ODD_MODE.findall(file.header)
        ]
        if odd:
            reason = f"The change adds what could lead around the protection: {listed(odd)}."
            return result(self.name, evidence, GateVerdict.FAILED, reason)
        return result(self.name, evidence, GateVerdict.PASSED, "No protected path was changed.")
