"""Pre-flight: what would make the run pointless is found before a token is spent."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.domain.check import CheckEnding, CheckKind
from orchestrator.domain.event import ChecksRun, Noted
from orchestrator.domain.outcome import Conclusion, FailureClass, NoteLevel, Outcome
from orchestrator.stages.setup import set_up

if TYPE_CHECKING:
    from orchestrator.domain.check import CheckReport
    from orchestrator.forge.forge import PullRequest
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.results import Results

STAGE = "preflight"
_SHOWN_COMMITS = 5
_TAIL_LINES = 15


def preflight(context: RunContext, results: Results) -> Results:
    """Look at the branch and run the project's commands on the base commit."""
    foreign = context.upstream.foreign_commits()
    if foreign:
        return replace(results, stop=_somebody_elses(context, foreign))
    other = _duplicate(context) if context.preflight.duplicates else None
    if other is not None:
        return replace(results, stop=_taken(context, other))
    stop = set_up(context)
    if stop is not None:
        return replace(results, stop=stop)
    reports = context.journal.record.base_checks
    if context.preflight.baseline and not reports:
        reports = context.commands.check(context.branch.base)
        context.journal.write(ChecksRun(where="base", reports=reports))
    broken = next((report for report in reports if _cannot_run(report)), None)
    if broken is not None:
        return replace(results, stop=_broken(broken))
    _note_gaps(context)
    return results


def _duplicate(context: RunContext) -> PullRequest | None:
    """Return a maintainer's open pull request that says it closes the issue.

    Anybody can write that; only people who may write here can keep a run from starting.
    """
    closes = re.compile(
        rf"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#{context.issue_number}\b"
    )
    return next(
        (
            request
            for request in context.forge.pull_requests()
            if request.head_branch != context.branch_name
            and closes.search(f"{request.title}\n{request.body}".lower())
            and context.forge.permission(request.author).can_write
        ),
        None,
    )


def _taken(context: RunContext, other: PullRequest) -> Outcome:
    return Outcome(
        conclusion=Conclusion.SKIPPED,
        summary=f"The open pull request #{other.number} by {other.author} closes issue "
        f"#{context.issue_number} already. Nothing was spent.",
        hint="Close it or take the closing word out of it, then run again; "
        "or set `preflight.duplicates: false`.",
    )


def _cannot_run(report: CheckReport) -> bool:
    return report.kind is CheckKind.TEST and report.ending is CheckEnding.NOT_STARTED


def _note_gaps(context: RunContext) -> None:
    kinds = {kind for kind, _ in context.commands.kinds}
    if not context.commands.can_run:
        text = "No sandbox is available here: agents run no commands and nothing can be tested."
        hint = "The pull request will stay a draft. See the notes on the sandbox above."
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))
    elif CheckKind.TEST not in kinds:
        text = "No test command is known, so no test result can stand behind the change."
        hint = "Set `project.commands.test` in .github/orchestrator.yml."
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))
    for report in context.journal.record.base_checks:
        if not report.is_green:
            text = f"The {report.kind} command is not green on the base commit: `{report.command}`."
            hint = "Only what newly fails will count."
            context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=hint))


def _broken(report: CheckReport) -> Outcome:
    tail = "\n".join(report.output_tail.strip().splitlines()[-_TAIL_LINES:])
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=FailureClass.ENVIRONMENT_BROKEN,
        summary=f"The test command `{report.command}` cannot be started here: {tail}",
        hint="Correct `project.commands.test` in .github/orchestrator.yml, or install the program "
        "it needs in a step before this action. Nothing was spent.",
        exit_code=Conclusion.BLOCKED.exit_code,
    )


def _somebody_elses(context: RunContext, foreign: tuple[str, ...]) -> Outcome:
    shown = "; ".join(foreign[:_SHOWN_COMMITS])
    return Outcome(
        conclusion=Conclusion.BLOCKED,
        failure_class=FailureClass.OTHER,
        summary=f"The branch for issue #{context.issue_number} has commits that no run made, "
        f"and they would be lost: {shown}.",
        hint="Merge, move or delete them, or set the input `branch-prefix`, then run again.",
        exit_code=Conclusion.BLOCKED.exit_code,
    )
