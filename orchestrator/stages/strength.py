"""How strong the tests are on what changed: small errors are made, and a test should notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult, CheckEnding, CheckKind, CheckReport
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.event import MutantsTried, Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.domain.patch import parse_patch
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.domain.strength import Mutant, MutantEnding, MutationSample
from orchestrator.gates.mutants import mutations, sample

if TYPE_CHECKING:
    from orchestrator.stages.context import RunContext

_MOST_S = 300.0
"""Seconds in the test command after which no further mutant is begun."""


def try_mutants(context: RunContext) -> None:
    """Put a sample on record; survivors are told to people, and block nothing."""
    if context.mutants == 0 or context.branch.is_empty:
        return
    head = context.branch.head
    runs = [
        report
        for report in context.journal.record.head_checks
        if report.commit == head and report.kind is CheckKind.TEST
    ]
    if not runs or runs[-1].ending is not CheckEnding.FINISHED or not runs[-1].tests_run:
        why = "No test was seen to run on this commit."
        found = MutationSample(commit=head, mutants=(), possible=0, why_none=why)
    else:
        found = _sampled(context, head, runs[-1])
    context.journal.write(MutantsTried(sample=found))


def _sampled(context: RunContext, head: str, before: CheckReport) -> MutationSample:
    git, change = context.branch.git, context.branch.change()
    diff = [
        file
        for file in parse_patch(change.diff)
        if classify(file.path) is PathClass.SOURCE and not file.is_deleted
    ]
    read = {file.path: git.blob(head, file.path) for file in diff}
    texts = {path: text for path, text in read.items() if text is not None}
    possible, problem = mutations(diff, texts)
    tried: list[Mutant] = []
    spent_s, cut_short = 0.0, False
    for item in sample(possible, context.mutants, seed=head):
        cut_short = spent_s > _MOST_S
        content = item.applied(texts[item.path])
        report = None if cut_short else _run(context, item.path, content)
        if isinstance(report, str):
            problem = "" if tried else report
        if not isinstance(report, CheckReport):
            break
        spent_s += report.duration_s
        tried.append(
            Mutant(
                path=item.path,
                line=item.line,
                before=item.before,
                after=item.after,
                ending=ending_of(before, report),
            )
        )
    return MutationSample(
        commit=head,
        mutants=tuple(tried),
        possible=len(possible),
        cut_short=cut_short,
        why_none=problem or ("" if possible else "No changed line can be given a small error."),
    )


def _run(context: RunContext, path: str, content: bytes) -> CheckReport | str | None:
    """Return what the tests say to a small error; a sandbox that fails costs no finished change."""
    try:
        return context.commands.mutated(context.branch.head, path, content)
    except SandboxError as error:
        text = f"Not all small errors could be tried: {error}"
        context.journal.write(Noted(level=NoteLevel.WARNING, text=text, hint=error.hint))
        return text


def ending_of(before: CheckReport, after: CheckReport) -> MutantEnding:
    """Return what became of a mutant, from the tests without and with it."""
    if after.ending is CheckEnding.NOT_STARTED:
        return MutantEnding.UNVIABLE
    if after.ending is not CheckEnding.FINISHED:
        return MutantEnding.KILLED
    if before.tests_run and not after.tests_run:
        return MutantEnding.UNVIABLE
    if after.is_green:
        return MutantEnding.SURVIVED
    if before.is_green or _failed(after) - _failed(before):
        return MutantEnding.KILLED
    return MutantEnding.SURVIVED


def _failed(report: CheckReport) -> frozenset[str]:
    return frozenset(case.id for case in report.cases or () if case.result is CaseResult.FAILED)
