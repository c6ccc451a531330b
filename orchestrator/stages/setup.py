"""The project's setup: once, on the base commit, before any agent reads a word of the issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome
from orchestrator.stages.causes import Cause, cause_of

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport
    from orchestrator.sandbox.preparation import Preparation
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.setup_secrets import Leak

_TAIL_LINES = 30
_SHOWN_PATHS = 5


def set_up(context: RunContext) -> Outcome | str:
    """Run the setup command and return how it went, or how the run ends when it fails."""
    prepared = context.commands.set_up(context.branch.base)
    if prepared is None:
        return "No setup command is known."
    if prepared.leak is not None:
        return ending_of_leak(prepared.report, prepared.leak)
    if prepared.left is None:
        return ending_of(prepared.report)
    _warn_of_new(context, prepared.left)
    report, names = prepared.report, context.commands.setup_secrets
    alone = f" It alone had {', '.join(names)}; no trace of it was found." if names else ""
    return (
        f"Setup `{report.command}` took {report.duration_s:.1f} s.{alone} Every task begins with "
        f"{_listed(prepared.left.ignored)}."
    )


def _warn_of_new(context: RunContext, left: Preparation) -> None:
    if left.new:
        text = f"Setup leaves files that git does not ignore: {_listed(left.new)}."
        hint = "Tasks do not get them: they would look like a change. Add them to .gitignore."
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))


def _listed(paths: tuple[str, ...]) -> str:
    if not paths:
        return "nothing in its tree"
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN_PATHS])
    return shown + (f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else "")


def ending_of_leak(report: CheckReport, leak: Leak) -> Outcome:
    """Return how the run ends whose setup left a credential where agents could read it."""
    what, advice = f"the value of `{leak.name}`", f"such as `${{{leak.name}}}` in an .npmrc"
    if leak.is_guess:
        what = f"something like a {leak.name}"
        advice = "and list that in `project.setup_secrets`"
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=FailureClass.ENVIRONMENT_BROKEN,
        summary=f"The setup command `{report.command}` left {what} in "
        f"`{leak.path}`, where every agent could read it.",
        hint=f"Let that file name the variable, {advice}, or let "
        "the command delete the file in the end. If a script of a dependency wrote it, take the "
        "credential back. Nothing was spent.",
    )


def ending_of(report: CheckReport) -> Outcome:
    """Return how the run ends whose setup failed."""
    tail = "\n".join(report.output_tail.strip().splitlines()[-_TAIL_LINES:])
    found = cause_of(report)
    because = "" if found.cause is Cause.UNKNOWN else f", {found.cause}: {found.line}"
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=found.failure_class,
        summary=f"The setup command `{report.command}` failed "
        f"({report.ending}, exit code {report.exit_code}{because}):\n{tail}",
        hint=f"{found.advice}. Try it with `python -m orchestrator sandbox`. Nothing was spent.",
    )
