"""What an opened run says of itself, what pre-flight is shown, and what earlier runs asked."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from orchestrator import __version__
from orchestrator.app.fingerprints import issue_digest, settings_digests
from orchestrator.app.least import least
from orchestrator.app.models import price_list
from orchestrator.domain.event import ChecksRun, Noted, QuestionsSettled, RunStarted
from orchestrator.domain.outcome import NoteLevel
from orchestrator.llm.pricing import AS_OF
from orchestrator.stages.laying_anew import lay_anew
from orchestrator.stages.preflight.scene import Scene
from orchestrator.stages.questions import settled, takes_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app.opening import Opened
    from orchestrator.domain.event import Event
    from orchestrator.domain.record import RunRecord
    from orchestrator.stages.upstream import Upstream
    from orchestrator.telemetry.journal import Journal

_MEASURING: Final = ("anthropic", "ast-grep-cli", "detect-secrets", "junitparser", "lizard")
"""Distributions whose words end up in a record; git's is the machine's."""


def scene_of(opened: Opened, journal: Journal, upstream: Upstream) -> Scene:
    """Return everything around the run that pre-flight looks at."""
    settings, trigger = opened.loaded.settings, opened.order.trigger
    return Scene(
        issue=opened.admitted.issue,
        requester=trigger.actor,
        trigger=trigger.kind,
        phrase=opened.order.inputs.trigger_phrase,
        branch=opened.branch,
        is_published=not opened.order.plan_only,
        base=opened.base,
        git=opened.repository.git,
        settings=settings.preflight,
        limits=settings.limits,
        least=least(settings, price_list(settings.models)),
        forge=opened.place.reader,
        survey=opened.place.survey,
        upstream=upstream,
        journal=journal,
    )


def started(opened: Opened) -> RunStarted:
    """Return the journal's first word: who asked for what, where, under which settings."""
    order, loaded, issue = opened.order, opened.loaded, opened.admitted.issue
    stages = loaded.settings.workflow.stages
    return RunStarted(
        run_id=order.run_id,
        version=__version__,
        issue_number=issue.number,
        issue_title=issue.title,
        issue_url=issue.url,
        actor=order.trigger.actor.login,
        trigger=order.trigger.kind,
        repository=opened.place.facts.full_name,
        base_branch=opened.base.branch,
        base_commit=opened.base.commit,
        branch=opened.branch,
        stages=tuple(stage.name for stage in stages),
        outputs={stage.name: stage.output for stage in stages},
        config_digest=loaded.digest,
        settings_digests=settings_digests(loaded.settings),
        issue_digest=issue_digest(opened.admitted),
        tools=tool_versions(),
        prices_as_of=AS_OF.isoformat(),
        dry_run=order.inputs.dry_run,
        run_url=opened.desk.runner.run_url or "",
        triggered_at=order.trigger.at,
    )


def tool_versions() -> dict[str, str]:
    """Return the versions of what a run measures and judges with."""
    packages = {name: version(name) for name in _MEASURING}
    return {"python": platform.python_version(), **packages}


def asked_before(opened: Opened) -> Iterator[Event]:
    """Yield what earlier runs asked people, and what they have said to it since.

    A journal that goes on knows what was asked; one that begins afresh has to be told.
    """
    past = opened.past
    if past is None:
        return
    is_afresh = past.saved is None
    if is_afresh and past.answers:
        yield QuestionsSettled(answers=past.answers)
    if past.asked is None:
        return
    if is_afresh:
        yield past.asked
    found = settled(
        past.asked,
        opened.admitted.comments,
        takes_defaults=takes_defaults(
            opened.order.trigger, phrase=opened.order.inputs.trigger_phrase
        ),
    )
    if found is not None:
        yield found


def taken_over(opened: Opened, record: RunRecord) -> Iterator[Event]:
    """Yield what becomes of earlier work whose grounds have changed.

    Args:
        opened: The run.
        record: The earlier run's, resumed; empty when this one starts afresh.
    """
    past = opened.past
    if past is None:
        return
    if past.note:
        yield Noted(level=NoteLevel.NOTICE, text=past.note)
    if past.dropped is not None:
        yield past.dropped
        if past.base_checks:
            yield ChecksRun(where="base", reports=past.base_checks)
    elif past.saved is not None and past.loss:
        dropped = lay_anew(record, past.loss, opened.repository.git, base=opened.base.commit)
        yield dropped
        yield Noted(level=NoteLevel.NOTICE, text=dropped.summary)
