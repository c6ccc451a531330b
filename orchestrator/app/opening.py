"""Everything that is known before a run may begin; nothing here is spent or published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.app.places import open_place, open_repository, seed, take_base
from orchestrator.app.resuming import look_back
from orchestrator.app.setup_secrets import take_setup_secrets
from orchestrator.config.loading import load_settings
from orchestrator.forge.asked import changed_since
from orchestrator.stages.intake import admit
from orchestrator.stages.reading import CommitFiles

if TYPE_CHECKING:
    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.app.places import Place
    from orchestrator.app.resuming import Past
    from orchestrator.config.loading import Loaded
    from orchestrator.domain.event import Event
    from orchestrator.sandbox.repository import Base, RunRepository
    from orchestrator.stages.intake import Admitted
    from orchestrator.stages.setup_secrets import SetupSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An order that may be carried out."""

    order: Order
    desk: Desk
    place: Place
    repository: RunRepository
    base: Base
    files: CommitFiles
    loaded: Loaded
    admitted: Admitted
    setup_secrets: SetupSecrets
    past: Past | None
    """`None` when the run will leave nothing: a dry run, or a plan alone."""
    early: list[Event]
    """What happened before there was a journal."""

    @property
    def branch(self) -> str:
        """Where the run's work goes."""
        return f"{self.order.inputs.branch_prefix}issue-{self.admitted.issue.number}"


def open_run(order: Order, desk: Desk) -> Opened:
    """Look at the forge, who asked for which issue, base, configuration and past, in this order.

    Raises:
        OrchestratorError: The run may not begin.
    """
    early: list[Event] = []
    place = open_place(order, desk, early.append)
    admitted = admit(
        place.reader,
        order.trigger,
        allowed_bots=order.inputs.allowed_bots,
        changed_since=changed_since,
        phrase=order.inputs.trigger_phrase,
    )
    repository = open_repository(order.output / "repository.git", desk)
    base = take_base(order, place, repository)
    if not order.inputs.dry_run:
        seed(place, repository, base)
    files = CommitFiles(git=repository.git, commit=base.commit)
    loaded = load_settings(
        files,
        tracked_paths=files.paths(),
        inputs=order.inputs,
        home=order.home,
        fetch=place.fetch,
    )
    setup_secrets = take_setup_secrets(desk, loaded.settings.project.setup_secrets)
    past = None
    if not order.inputs.dry_run and not order.plan_only:
        past = look_back(
            order,
            desk,
            place,
            repository,
            base=base,
            settings=loaded.settings,
            admitted=admitted,
        )
    return Opened(
        order=order,
        desk=desk,
        place=place,
        repository=repository,
        base=base,
        files=files,
        loaded=loaded,
        admitted=admitted,
        setup_secrets=setup_secrets,
        past=past,
        early=early,
    )
