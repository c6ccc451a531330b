"""Asking reviewers about a change, and somebody else about what they found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from orchestrator.agents.endings import Exited, Failed, Submitted
from orchestrator.agents.roles import FINDING_VERIFIER
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.review import ReviewReport, Verdict, Verification
from orchestrator.domain.role import RoleKind
from orchestrator.domain.strength import TestWorth
from orchestrator.rendering.review_contexts import VerifyTask
from orchestrator.review.material import excerpt_around, hunk_around
from orchestrator.sandbox.sandbox import Access
from orchestrator.scheduling.workers import map_parallel
from orchestrator.stages.staff import Job
from orchestrator.tools.outfit import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orchestrator.domain.change import Change
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.plan import Task
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.review import Lens, Remark
    from orchestrator.domain.role import Role
    from orchestrator.rendering.review_contexts import ReviewedChange, ReviewTask
    from orchestrator.stages.context import RunContext

CODE_REVIEWER: Final = "code-reviewer"
_SHOWN: Final = {
    TestWorth.PROVES: "fail on the base commit as predicted and pass here",
    TestWorth.GUARDS: "pass on the base commit and here",
    TestWorth.RED_ON_HEAD: "fail here",
    TestWorth.UNKNOWN: "cannot be told apart in what the command prints",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one change: what all questions about it have in common."""

    name: str
    """Begins the conversations' names."""
    stage: str
    lens: Lens
    change: Change
    task_id: int | None
    """Whose account pays."""
    answers: tuple[str, ...] = ()


def reviewer_of(context: RunContext, tasks: Iterable[Task]) -> Role:
    """Return the reviewer that the plan names, else the built-in one; nobody else may review."""
    for task in tasks:
        role = context.roster.get(task.agent)
        if role.kind is RoleKind.REVIEWER:
            return role
    return context.roster.get(CODE_REVIEWER)


def ask_reviewer(
    context: RunContext,
    role: Role,
    look: Look,
    form: ReviewTask,
    change: ReviewedChange,
    *,
    accept: Callable[[ReviewReport], str | None],
) -> ReviewReport | Exited | Failed:
    """Have a change reviewed by somebody who has seen nothing else of this run."""
    with context.workplaces.open(look.change.head, access=Access.READ) as place:
        ending = context.staff.do(
            Job(
                name=look.name,
                role=role,
                stage=look.stage,
                form=form,
                wanted=Wanted(shape=ReviewReport, accept=accept),
                commit=look.change.head,
                change=change,
                has_colleagues=form.task is None and len(context.review.order) > 1,
                place=place,
                task_id=look.task_id,
            )
        )
    return ending.result if isinstance(ending, Submitted) else ending


def what_ran(record: RunRecord) -> tuple[str, ...]:
    """Return what the program's own runs show of the head, one line each."""
    verdicts = [each for told in record.verdicts.values() for each in told if not each.is_dropped]
    counts = Counter(_SHOWN.get(each.worth, "prove nothing") for each in verdicts)
    shown = ", ".join(f"{count} {words}" for words, count in counts.items())
    lines = [_line(report) for report in record.head_checks]
    return (*lines, f"new tests, run on both: {shown}") if shown else tuple(lines)


def _line(report: CheckReport) -> str:
    ended = report.ending if report.exit_code is None else f"exit code {report.exit_code}"
    tests = "" if report.tests_run is None else f", {report.tests_run} tests"
    return f"{report.kind}: `{report.command}` on {report.commit[:12]}: {ended}{tests}"


def says_something(report: ReviewReport) -> str | None:
    """Return why a report says nothing, for its author to mend at once."""
    if not report.checked and not report.findings:
        return "say in `checked` what you looked at and how; an empty review approves nothing"
    if report.verdict is Verdict.CHANGES and not report.findings:
        return "`changes` needs a finding that says what has to change; else approve"
    return None


def verify_each(
    context: RunContext, look: Look, remarks: Sequence[Remark]
) -> tuple[Verification | Exited | Failed, ...]:
    """Have somebody try to refute each remark, every one in a conversation of its own."""
    calls = [partial(_verify, context, look, remark) for remark in remarks]
    return map_parallel(calls, context.limits.parallel)


def _verify(context: RunContext, look: Look, remark: Remark) -> Verification | Exited | Failed:
    content = context.branch.git.blob(look.change.head, remark.path)
    with context.workplaces.open(look.change.head, access=Access.READ) as place:
        ending = context.staff.do(
            Job(
                name=f"{look.name}/verify",
                role=context.roster.get(FINDING_VERIFIER),
                stage=look.stage,
                form=VerifyTask(
                    lens=look.lens,
                    finding=remark,
                    hunk=hunk_around(look.change.diff, remark),
                    excerpt=excerpt_around(content, remark),
                    answers=look.answers,
                ),
                wanted=Wanted(shape=Verification),
                commit=look.change.head,
                place=place,
                task_id=look.task_id,
            )
        )
    if isinstance(ending, Submitted):
        return ending.result
    why = ending.text if isinstance(ending, Failed) else ending.exit.reason
    text = f"The finding at {remark.path}:{remark.line} was not verified, so it is advice: {why}"
    context.journal.write(Noted(level=NoteLevel.WARNING, text=text))
    return ending
