"""The brief: what every agent of a run is told about the repository, byte for byte the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.rendering.contexts import Page, ProvenCommand
from orchestrator.rendering.prompts import brief_of, render_brief
from orchestrator.stages.reading import read_conventions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.config.agents import OrchestratorSettings
    from orchestrator.config.project import ProjectSettings
    from orchestrator.domain.check import CheckReport
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
            commands=[_proven(report) for report in journal.record.base_checks],
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


def _proven(report: CheckReport) -> ProvenCommand:
    count = "" if report.tests_run is None else f", {report.tests_run} tests ran"
    ended = report.ending.value if report.exit_code is None else f"exit code {report.exit_code}"
    return ProvenCommand(
        kind=report.kind, command=report.command, observed=f"{ended}{count}, on the base commit"
    )
