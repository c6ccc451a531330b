"""`no_secrets`: what may never be in a change, whatever the configuration requires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.gate import GateVerdict
from orchestrator.domain.patch import parse_patch
from orchestrator.gates.secret_shapes import secrets_in
from orchestrator.gates.verdicts import listed, result, unread
from orchestrator.telemetry.credentials import credentials_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.gate import GateResult
    from orchestrator.domain.patch import FilePatch
    from orchestrator.gates.gates import Evidence
    from orchestrator.telemetry.redaction import Redactor

_PLACEHOLDER = re.compile(r"example|placeholder|your[_-]|dummy|redacted|(.)\1{7}", re.IGNORECASE)


class NoSecrets:
    """No registered secret, in whatever disguise, and nothing that looks like a credential."""

    name = "no_secrets"

    def __init__(self, redactor: Redactor) -> None:
        """Keep who knows this run's secrets."""
        self._redactor = redactor

    def judge(self, evidence: Evidence) -> GateResult:
        """Judge added lines, alone and joined, and the names of changed files."""
        change = evidence.change
        if blind := unread(self.name, evidence):
            return blind
        files = parse_patch(change.diff)
        gone = "\n".join(text for file in files for _, text in file.removed)
        found = [place for file in files for place in self._found(file, gone)]
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

    def _found(self, file: FilePatch, gone: str) -> Iterator[str]:
        """Yield what is found; what the change takes away elsewhere was only moved."""
        path = self._redactor.redact(file.path)
        text = file.added_text
        if self._redactor.knows_secret_in(text):
            lines = [line for line, added in file.added if self._redactor.knows_secret_in(added)]
            yield f"one of this run's own secrets ({path}:{lines[0] if lines else '?'})"
        for credential in credentials_in(text):
            value = text[credential.start : credential.end]
            if _is_new(value, gone):
                line = file.added[text.count("\n", 0, credential.start)][0]
                yield f"something like a {credential.name} ({path}:{line})"
        for line, added in file.added:
            kinds = {kind for kind, value in secrets_in(added) if _is_new(value, gone)}
            yield from (f"something like a {kind} ({path}:{line})" for kind in sorted(kinds))


def is_placeholder(value: str) -> bool:
    """Tell what stands for a secret in an example from one."""
    return _PLACEHOLDER.search(value) is not None


def _is_new(value: str, gone: str) -> bool:
    return value not in gone and not is_placeholder(value)
