"""Before a run begins: is somebody at work, and what is there to build on?"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.app.fingerprints import changed_settings, issue_digest, settings_digests
from orchestrator.domain.work_loss import Lost
from orchestrator.sandbox.git import Identity
from orchestrator.scheduling.workers import lock
from orchestrator.stages.laying_anew import all_dropped
from orchestrator.stages.lease import Owner
from orchestrator.stages.losing import NO_LOSS, Loss, Now, weigh
from orchestrator.stages.questions import still_open
from orchestrator.stages.state import StateRef

if TYPE_CHECKING:
    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.app.places import Place
    from orchestrator.config.settings import Settings
    from orchestrator.domain.check import CheckReport
    from orchestrator.domain.event import QuestionsAsked, WorkDropped
    from orchestrator.domain.record import RunRecord
    from orchestrator.domain.requirements import Answer
    from orchestrator.sandbox.repository import Base, RunRepository
    from orchestrator.stages.intake import Admitted
    from orchestrator.stages.state import Saved

BOT = Identity(name="orchestrator", email="orchestrator@users.noreply.github.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier runs on the issue mean for this one."""

    state: StateRef
    saved: Saved | None = None
    """What this run goes on from; `None` when it starts afresh."""
    busy: Owner | None = None
    """Another run that is at work right now."""
    note: str = ""
    """For people: what is resumed, or why it is not."""
    loss: Loss = NO_LOSS
    """What of the saved work cannot be built on."""
    dropped: WorkDropped | None = None
    """That nothing of an earlier run is built on."""
    base_checks: tuple[CheckReport, ...] = ()
    """What the commands said on this very base, when the run starts afresh all the same."""
    asked: QuestionsAsked | None = None
    """Questions about these very words of the issue that wait for an answer."""
    answers: tuple[Answer, ...] = ()
    """What was answered before; nothing is asked again."""


def look_back(
    order: Order,
    desk: Desk,
    place: Place,
    repository: RunRepository,
    *,
    base: Base,
    settings: Settings,
    admitted: Admitted,
) -> Past:
    """Read the issue's state ref.

    Raises:
        UsageError: The state is there and cannot be read.
        ForgeError: The repository did not answer.
    """
    state = StateRef(
        repository,
        place.remote,
        issue_number=admitted.issue.number,
        owner=owner_here(desk, run=order.run_id),
        identity=BOT,
        clock=desk.clock,
        guard=lock(),
    )
    saved = state.load()
    busy = state.holder(saved, is_alive=is_alive)
    if saved is None or busy is not None:
        return Past(state=state, busy=busy)
    asked = still_open(saved.record, admitted.issue)
    loss = weigh(saved.record, _now(saved.record, base, settings, admitted), repository.git)
    if loss.is_total:
        dropped = all_dropped(saved.record, loss)
        return Past(
            state=state,
            note=dropped.summary,
            dropped=dropped,
            asked=asked,
            answers=saved.record.answers,
            base_checks=() if Lost.CHECKS in loss.lost else saved.record.base_checks,
        )
    done = sum(task.status == "done" for task in saved.record.tasks.values())
    spent = saved.record.spend.usd
    note = f"An earlier run is resumed: {done} tasks are done, {spent:.2f} USD were spent on it."
    return Past(state=state, saved=saved, note=note, loss=loss, asked=asked)


def owner_here(desk: Desk, *, run: str) -> Owner:
    """Return who this process is; `run` names it where there is no page to name."""
    runner = desk.runner
    return Owner(
        run=runner.run_url or run,
        job=runner.run_id or "",
        attempt=int(runner.run_attempt or 1),
        host=platform.node(),
        pid=os.getpid(),
    )


def _now(record: RunRecord, base: Base, settings: Settings, admitted: Admitted) -> Now:
    before = record.started.settings_digests if record.started is not None else {}
    return Now(
        base=base,
        issue_digest=issue_digest(admitted),
        settings=changed_settings(before, settings_digests(settings)),
        rules=(*settings.project.conventions, *settings.project.decisions),
    )


def is_alive(pid: int) -> bool:
    """Tell whether a process of this machine is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
