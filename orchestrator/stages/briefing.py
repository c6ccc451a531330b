"""The brief: what every agent of a run is told about the repository, byte for byte the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from orchestrator.domain.check import CaseResult
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.rendering.contexts import Page, ProvenCommand
from orchestrator.rendering.prompts import brief_of, render_brief
from orchestrator.stages.reading import read_conventions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.config.agents import OrchestratorSettings
    from orchestrator.config.project import ProjectSettings
    from orchestrator.domain.check import CheckKind, CheckReport
    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.rendering.templates import Templates
    from orchestrator.stages.intake import Admitted
    from orchestrator.stages.reading import CommitFiles
    from orchestrator.telemetry.journal import Journal


def brief_once(
    templates: Templates,
    *,
    repository: str,
    files: CommitFiles,
    admitted: Admitted,
    project: ProjectSettings,
    guidance: OrchestratorSettings,
    decisions: tuple[DecisionRecord, ...],
    protected_paths: tuple[str, ...],
    journal: Journal,
) -> Callable[[], str]:
    """Return the brief as something to be asked for after the commands ran on the base."""

    @cache
    def brief() -> str:
        context = brief_of(
            repository=repository,
            paths=files.paths(),
            issue=admitted.issue,
            comments=admitted.comments,
            answers=journal.record.answers,
            commands=_proven(journal.record.base_checks),
            failing=_failing(journal.record.base_checks),
            setup=(project.commands.setup or "") if journal.record.base_checks else "",
            conventions=(
                *_guidance(guidance),
                *read_conventions(files, project.conventions),
            ),
            decisions=decisions,
            protected_paths=protected_paths,
        )
        if context.removed:
            journal.write(Noted(level=NoteLevel.NOTICE, text=_unseen(context.removed)))
        return render_brief(templates, context)

    return brief


def _unseen(removed: Mapping[str, int]) -> str:
    kinds = ", ".join(f"{count} × {kind}" for kind, count in removed.items())
    return f"The issue holds text that its page does not show; no agent was shown it: {kinds}."


def _guidance(settings: OrchestratorSettings) -> tuple[Page, ...]:
    """Return what the configuration expects of the orchestrator, as one more page of rules."""
    parts = (("do", settings.responsibilities), ("leave alone", settings.constraints))
    lines = [f"- {word}: {item}" for word, items in parts for item in items]
    if not lines:
        return ()
    return (Page(path="configuration: orchestrator", text="\n".join(lines)),)


def _proven(reports: Sequence[CheckReport]) -> tuple[ProvenCommand, ...]:
    """Return each command once, also when it ran twice to tell flaky from broken."""
    runs: dict[tuple[CheckKind, str], list[CheckReport]] = {}
    for report in reports:
        runs.setdefault((report.kind, report.command), []).append(report)
    return tuple(
        ProvenCommand(
            kind=kind,
            command=command,
            observed=", then ".join(dict.fromkeys(map(_observed, same))),
            minutes=round(max(report.duration_s for report in same) / 60),
        )
        for (kind, command), same in runs.items()
    )


def _observed(report: CheckReport) -> str:
    count = "" if report.tests_run is None else f", {report.tests_run} tests ran"
    ended = report.ending.value if report.exit_code is None else f"exit code {report.exit_code}"
    return f"{ended}{count}"


def _failing(reports: Sequence[CheckReport]) -> tuple[str, ...]:
    cases = (case for report in reports for case in report.cases or ())
    failed = (case.id for case in cases if case.result is CaseResult.FAILED)
    return tuple(dict.fromkeys(failed))
