"""Before a run begins: is somebody at work, and what is there to build on?"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.sandbox.git import Identity
from orchestrator.scheduling.workers import lock
from orchestrator.stages.asking import still_open
from orchestrator.stages.state import Owner, StateRef, why_afresh

if TYPE_CHECKING:
    from orchestrator.app.desk import Desk
    from orchestrator.app.order import Order
    from orchestrator.app.places import Place
    from orchestrator.config.settings import Settings
    from orchestrator.domain.event import QuestionsAsked
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
    runner = desk.runner
    state = StateRef(
        repository,
        place.remote,
        issue_number=admitted.issue.number,
        owner=Owner(
            run=runner.run_url or order.run_id,
            job=runner.run_id or "",
            attempt=int(runner.run_attempt or 1),
            host=platform.node(),
            pid=os.getpid(),
        ),
        identity=BOT,
        clock=desk.clock,
        guard=lock(),
    )
    saved = state.load()
    busy = state.holder(saved, is_alive=_is_alive)
    if saved is None or busy is not None:
        return Past(state=state, busy=busy)
    reason = why_afresh(
        saved.record,
        base=base.commit,
        config=work_digest(settings),
        issue=issue_digest(admitted),
    )
    if reason is not None:
        return Past(
            state=state,
            note=f"An earlier run is not resumed: {reason}.",
            asked=still_open(saved.record, admitted.issue),
            answers=saved.record.answers,
        )
    done = sum(task.status == "done" for task in saved.record.tasks.values())
    spent = saved.record.spend.usd
    note = f"An earlier run is resumed: {done} tasks are done, {spent:.2f} USD were spent on it."
    return Past(state=state, saved=saved, note=note, asked=still_open(saved.record, admitted.issue))


def work_digest(settings: Settings) -> str:
    """Return a fingerprint of the settings that finished work depends on.

    Limits are not among them: who raises one goes on where the run met it.
    """
    effective = settings.model_dump(mode="json", exclude={"limits"})
    return hashlib.sha256(json.dumps(effective, sort_keys=True).encode()).hexdigest()


def issue_digest(admitted: Admitted) -> str:
    """Return a fingerprint of every word that agents are shown of the issue."""
    parts = [admitted.issue.title, admitted.issue.body]
    parts += [f"{comment.author.login}: {comment.body}" for comment in admitted.comments]
    return hashlib.sha256("\x00".join(parts).encode(errors="replace")).hexdigest()[:16]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
