"""Why a command of the project failed, as far as its output tells.

Logs of installers say more than one thing: a lost connection also leaves packages "not
found". So the words are weighed, not only looked for: what only a conflict of versions says
counts first, then lost connections, then refused access, and only then what each of them
may say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckEnding
from orchestrator.domain.outcome import FailureClass
from orchestrator.stages.cause_words import WORDS, CauseWords
from orchestrator.stages.missing_programs import where_from

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport

_LONGEST_LINE = 300


class Cause(StrEnum):
    """What stands behind a failed command."""

    VERSIONS = "versions do not fit together"
    NETWORK = "the network failed"
    ACCESS = "a registry refused access"
    PROGRAM = "a program is missing"
    PACKAGES = "packages are not installed"
    LIMIT = "a limit was met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A cause, and the line that gives it away."""

    cause: Cause
    line: str = ""

    @property
    def failure_class(self) -> FailureClass:
        """The class of a run that ends by it."""
        return _CLASSES.get(self.cause, FailureClass.ENVIRONMENT_BROKEN)

    @property
    def advice(self) -> str:
        """What a person can do about it."""
        if self.cause is Cause.PROGRAM:
            return where_from(self.line)
        return _ADVICE[self.cause]


def cause_of(report: CheckReport) -> Found:
    """Return why a command that was not green failed."""
    told = cause_in(report.output_tail)
    if told.cause is not Cause.UNKNOWN:
        return told
    if report.ending is CheckEnding.NOT_STARTED:
        lines = report.output_tail.strip().splitlines()
        return Found(cause=Cause.PROGRAM, line=lines[-1] if lines else report.command)
    if report.ending in {CheckEnding.TIMED_OUT, CheckEnding.LIMIT_MET}:
        return Found(cause=Cause.LIMIT, line=f"{report.ending} after {report.duration_s:.0f} s")
    return told


def cause_in(text: str) -> Found:
    """Return the cause that a piece of output gives away, whoever quotes it."""
    for words in WORDS:
        line = _line_with(words, text)
        if line is not None:
            return Found(cause=Cause[words.cause], line=line)
    return Found(cause=Cause.UNKNOWN)


def _line_with(words: CauseWords, output: str) -> str | None:
    found = re.search(words.pattern, output, re.IGNORECASE)
    if found is None:
        return None
    begin = output.rfind("\n", 0, found.start()) + 1
    end = output.find("\n", found.end())
    line = output[begin : end if end >= 0 else len(output)]
    return " ".join(line.split())[:_LONGEST_LINE]


_CLASSES = {
    Cause.VERSIONS: FailureClass.DEPENDENCY_VERSION_ISSUES,
    Cause.ACCESS: FailureClass.PERMISSION_MISSING,
}
_ADVICE = {
    Cause.VERSIONS: "Pin versions that fit together: update the manifest or the lock file on the "
    "base branch, or set up the version of the language that the project asks for in a step "
    "before this action",
    Cause.NETWORK: "The package index could not be reached. Run again; if it happens each time, "
    "look for a proxy or firewall around the runner: only setup has a network",
    Cause.ACCESS: "The registry wants credentials. Name the variable that holds them in "
    "`project.setup_secrets` and give it to the step that uses the action, see "
    "docs/private-registries.md in its repository",
    Cause.PACKAGES: "Set `project.commands.setup` to the command that installs what the project "
    "needs: it runs once, before anything else",
    Cause.LIMIT: "Make the command shorter or lighter, for example with a part of the tests in "
    "`project.commands.test`",
    Cause.UNKNOWN: "Make this command work on a clean checkout, or set it under "
    "`project.commands` (`null` for none) in .github/orchestrator.yml",
}
