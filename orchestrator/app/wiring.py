"""One run's collaborators, built from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from orchestrator.agents.agent import Agent
from orchestrator.agents.ledger import Ledger, Limit, Reserve
from orchestrator.app.crew import read_crew
from orchestrator.app.loading import LoadingModel
from orchestrator.app.models import role_notices
from orchestrator.app.resuming import BOT
from orchestrator.app.stopping import StoppableModel
from orchestrator.domain.event import Noted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.gates.checks import CheckRunner
from orchestrator.sandbox.sandbox import Access
from orchestrator.scheduling.workers import Ahead, lock
from orchestrator.stages.branch import RunBranch
from orchestrator.stages.briefing import brief_once
from orchestrator.stages.commands import ProjectCommands
from orchestrator.stages.context import RunContext
from orchestrator.stages.decisions import read_decisions
from orchestrator.stages.estimating import Pricing
from orchestrator.stages.past_runs import past_runs
from orchestrator.stages.staff import GROUPS, House, Staff
from orchestrator.stages.workplace import Workplaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.agents.roster import Roster
    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.config.project import ProjectSettings
    from orchestrator.config.settings import Settings
    from orchestrator.domain.decision import DecisionRecord
    from orchestrator.domain.event import Event
    from orchestrator.domain.plan import Complexity
    from orchestrator.domain.usage import Usage
    from orchestrator.gates.gates import Gate
    from orchestrator.llm.llm import Model
    from orchestrator.llm.pricing import PriceList
    from orchestrator.rendering.templates import Templates
    from orchestrator.sandbox.repository import Base, RunRepository
    from orchestrator.sandbox.sandbox import Sandbox
    from orchestrator.scheduling.workers import CancelToken
    from orchestrator.stages.intake import Admitted
    from orchestrator.stages.preflight.scene import Scene
    from orchestrator.stages.reading import CommitFiles
    from orchestrator.stages.setup_secrets import SetupSecrets
    from orchestrator.telemetry.journal import Journal

_RESERVE = Decimal("0.02")
"""Share of the run's money, tokens and time that agents cannot use."""
_SETUP_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What `run` has gathered before any agent can start."""

    order: Order
    desk: Desk
    run_id: str
    settings: Settings
    admitted: Admitted
    repository_name: str
    repository: RunRepository
    base: Base
    files: CommitFiles
    journal: Journal
    templates: Templates
    model: Model
    service: Callable[[], str] | None
    """Asks the model's service whether it would answer."""
    prices: PriceList
    cancel: CancelToken
    """Set when the run has to stop."""
    sandbox: Sandbox | None
    setup_secrets: SetupSecrets
    head: str | None
    """Where an earlier run left off."""
    scene: Scene
    trees: Path
    """Where worktrees go; the sandbox can serve them only there."""


def wire(parts: Parts, show: Callable[[RunContext], None]) -> RunContext:
    """Build the run.

    Args:
        parts: Everything gathered.
        show: Brings the branch's head and the record to where people look.

    Raises:
        ConfigError: The agents of the repository cannot be used as they are written.
    """
    settings, journal = parts.settings, parts.journal
    git = parts.repository.git
    roster = _roster(parts)

    def emit(event: Event) -> None:
        journal.write(event)

    workplaces = Workplaces(git, folder=parts.trees, sandbox=parts.sandbox, emit=emit)
    service = None if parts.service is None else Ahead(parts.service)
    ledger = _ledger(parts)
    decisions = read_decisions(parts.files, settings.project.decisions)
    context = RunContext(
        run_id=parts.run_id,
        issue_number=parts.admitted.issue.number,
        requester=parts.order.trigger.actor,
        workflow=settings.workflow,
        constraints=settings.constraints,
        patterns=settings.project.patterns,
        mutants=settings.project.mutants,
        limits=settings.limits,
        review=settings.review,
        preflight=settings.preflight,
        memory=settings.memory,
        technologies=_technologies(settings.project),
        decisions=decisions,
        roster=roster,
        branch=RunBranch(
            git,
            base=parts.base.commit,
            identity=BOT,
            head=parts.head,
            at=datetime.fromisoformat(parts.desk.clock.now_iso()),
        ),
        workplaces=workplaces,
        staff=Staff(_house(parts, roster, decisions, ledger), workplaces),
        commands=_commands(parts, workplaces),
        service=service,
        gates=cache(lambda: _gates(parts)),
        journal=journal,
        redactor=parts.desk.redactor,
        pricing=_pricing(parts, roster, ledger),
        templates=parts.templates,
        cancel=parts.cancel,
        upstream=parts.scene.upstream,
        scene=parts.scene,
        show=lambda: show(context),
    )
    return context


def _ledger(parts: Parts) -> Ledger:
    limits = parts.settings.limits
    return Ledger(
        run=Limit(usd=limits.usd, tokens=limits.tokens, turns=limits.turns, agents=limits.agents),
        stages={name.value: Limit(**dict(stage)) for name, stage in limits.stage.items()},
        task=Limit(**dict(limits.task)),
        agent=Limit(usd=limits.agent.usd, tokens=limits.agent.tokens, minutes=limits.agent.minutes),
        reserve=Reserve(usd=limits.usd * _RESERVE, tokens=round(limits.tokens * _RESERVE)),
        now=parts.desk.clock.monotonic,
        lock=lock(),
    )


def _pricing(parts: Parts, roster: Roster, ledger: Ledger) -> Pricing:
    models = parts.settings.models

    def price(agent: str, complexity: Complexity, usage: Usage) -> Decimal:
        role = roster.get(agent)
        routed = models.of_group(GROUPS[role.kind]).route(model=role.model, complexity=complexity)
        return parts.prices.spend(usage, model=routed.model).usd

    return Pricing(
        price=price,
        past=lambda: past_runs(parts.scene.upstream, besides=parts.admitted.issue.number),
        spent=lambda: ledger.spend.usd,
        under_way=lambda: ledger.under_way.usd,
        kept_usd=parts.settings.limits.usd * _RESERVE,
    )


def _house(
    parts: Parts,
    roster: Roster,
    decisions: tuple[DecisionRecord, ...],
    ledger: Ledger,
) -> House:
    settings, clock = parts.settings, parts.desk.clock
    limits = settings.limits
    journal = parts.journal

    def emit(event: Event) -> None:
        journal.write(event)

    return House(
        agent=Agent(
            model=StoppableModel(LoadingModel(parts.model), parts.cancel),
            ledger=ledger,
            prices=parts.prices,
            clock=clock,
            emit=emit,
        ),
        templates=parts.templates,
        brief=brief_once(
            parts.templates,
            repository=parts.repository_name,
            files=parts.files,
            admitted=parts.admitted,
            project=settings.project,
            guidance=settings.orchestrator,
            decisions=decisions,
            protected_paths=settings.constraints.protected_paths,
            journal=journal,
        ),
        models=settings.models,
        limits=limits,
        searcher=roster.get("search-specialist"),
        clock=clock,
        emit=emit,
        record=lambda: journal.record,
        deadline_s=clock.monotonic() + limits.minutes * 60 * float(1 - _RESERVE),
    )


def _roster(parts: Parts) -> Roster:
    roster = read_crew(parts.settings, parts.files)
    about_models = role_notices(roster.roles.values(), parts.settings.models, parts.prices)
    for notice in about_models:
        parts.journal.write(Noted(level=NoteLevel.WARNING, text=notice))
    for notice in roster.notices:
        parts.journal.write(Noted(level=NoteLevel.NOTICE, text=notice))
    return roster


def _commands(parts: Parts, workplaces: Workplaces) -> ProjectCommands:
    return ProjectCommands(
        parts.settings.project.commands,
        runner=_runner(parts),
        installer=_installer(parts),
        workplaces=workplaces,
        secrets=parts.setup_secrets,
    )


def _runner(parts: Parts) -> CheckRunner | None:
    sandbox = parts.sandbox
    if sandbox is None:
        return None
    return CheckRunner(
        lambda tree: sandbox.open(tree, access=Access.WRITE), redactor=parts.desk.redactor
    )


def _installer(parts: Parts) -> CheckRunner | None:
    sandbox = parts.sandbox
    if sandbox is None:
        return None
    return CheckRunner(
        lambda tree: sandbox.open(tree, access=Access.WRITE, network=True),
        redactor=parts.desk.redactor,
        timeout_s=_SETUP_S,
        environment=parts.setup_secrets.environment(),
    )


def _gates(parts: Parts) -> tuple[Gate, ...]:
    from orchestrator.domain.path_classes import PathClass, classify
    from orchestrator.gates.registry import all_gates
    from orchestrator.gates.weakening import JudgingPaths

    tests = {PathClass.TEST, PathClass.SNAPSHOT}
    config = {PathClass.CI, PathClass.CHECK_CONFIG}
    paths = JudgingPaths(
        is_test=lambda path: classify(path) in tests,
        is_config=lambda path: classify(path) in config,
        is_manifest=lambda path: classify(path) is PathClass.MANIFEST,
    )
    return all_gates(redactor=parts.desk.redactor, paths=paths, lenses=parts.settings.review.order)


def _technologies(project: ProjectSettings) -> tuple[str, ...]:
    words = (project.language, project.test_framework, project.linter)
    return tuple(word.lower() for word in words if word)
