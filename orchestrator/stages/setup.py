"""The project's setup: once, on the base commit, before any agent reads a word of the issue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport
    from orchestrator.sandbox.preparation import Preparation
    from orchestrator.stages.context import RunContext

_TAIL_LINES = 30
_SHOWN_PATHS = 5
_VERSIONS = re.compile(
    r"ERESOLVE|ETARGET|EBADENGINE|E404|No matching version|unable to resolve dependency tree"
    r"|can only install packages when your package.json|frozen-lockfile|OUTDATED_LOCKFILE"
    r"|No matching distribution|Could not find a version|ResolutionImpossible|conflicting depend"
    r"|Requires-Python|No solution found|version solving failed|lock ?file .{0,40}(?:up[- ]to[- ]"
    r"date|out of date|needs to be updated)"
    r"|failed to select a version|the lock file .{0,200} needs to be updated"
    r"|missing go\.sum entry|unknown revision|updates to go\.mod needed"
    r"|Could not resolve dependencies|Could not find artifact"
    r"|Could not find compatible versions|Could not find gem",
    re.IGNORECASE | re.DOTALL,
)


def set_up(context: RunContext) -> Outcome | None:
    """Run the setup command and return how the run ends when it fails."""
    prepared = context.commands.set_up(context.branch.base)
    if prepared is None:
        return None
    if prepared.left is None:
        return ending_of(prepared.report)
    _note(context, prepared.report, prepared.left)
    return None


def _note(context: RunContext, report: CheckReport, left: Preparation) -> None:
    text = (
        f"Setup `{report.command}` took {report.duration_s:.1f} s; every task begins with "
        f"{_listed(left.ignored)}."
    )
    context.journal.write(Noted(level=NoteLevel.NOTICE, text=text))
    if left.new:
        text = f"Setup leaves files that git does not ignore: {_listed(left.new)}."
        hint = "Tasks do not get them: they would look like a change. Add them to .gitignore."
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))


def _listed(paths: tuple[str, ...]) -> str:
    if not paths:
        return "nothing in its tree"
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN_PATHS])
    return shown + (f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else "")


def ending_of(report: CheckReport) -> Outcome:
    """Return how the run ends whose setup failed."""
    tail = "\n".join(report.output_tail.strip().splitlines()[-_TAIL_LINES:])
    is_version = _VERSIONS.search(report.output_tail) is not None
    advice = (
        "The dependencies do not fit together any more: update the lock file on the base branch"
        if is_version
        else "Make this command work on a clean checkout, or set `project.commands.setup` "
        "(`null` for none) in .github/orchestrator.yml"
    )
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=FailureClass.DEPENDENCY_VERSION_ISSUES
        if is_version
        else FailureClass.ENVIRONMENT_BROKEN,
        summary=f"The setup command `{report.command}` failed "
        f"({report.ending}, exit code {report.exit_code}):\n{tail}",
        hint=f"{advice}. Try it with `python -m orchestrator sandbox`. Nothing was spent.",
        exit_code=Conclusion.BLOCKED.exit_code,
    )
