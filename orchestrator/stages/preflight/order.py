"""The looks of pre-flight in their order: first what costs nothing, last the project's commands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError
from orchestrator.domain.event import PreflightLooked
from orchestrator.domain.event_work import PREFLIGHT
from orchestrator.stages.preflight.baseline import baseline, sandbox, setup
from orchestrator.stages.preflight.branch import own_branch, own_request
from orchestrator.stages.preflight.duplicates import duplicates
from orchestrator.stages.preflight.issue import answers, issue_quality
from orchestrator.stages.preflight.limits import limits
from orchestrator.stages.preflight.permissions import authority, permissions
from orchestrator.stages.preflight.scene import warned
from orchestrator.stages.preflight.service import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.outcome import Outcome
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.preflight.scene import Scene, Sight
    from orchestrator.stages.results import Results
    from orchestrator.telemetry.journal import Journal

STAGE = PREFLIGHT


@dataclass(frozen=True, slots=True)
class _Look:
    name: str
    see: Callable[[Scene], Sight]
    is_vital: bool = False
    """Whether a forge that does not say ends the run."""


_AROUND = (
    _Look("authority", authority),
    _Look("limits", limits),
    _Look("issue", issue_quality),
    _Look("answers", answers),
    _Look("branch", own_branch, is_vital=True),
    _Look("request", own_request, is_vital=True),
    _Look("duplicates", duplicates),
    _Look("permissions", permissions),
)
"""What needs neither a sandbox nor a model: a dry run looks at all of it."""

_INSIDE: tuple[tuple[str, Callable[[RunContext], Sight]], ...] = (
    ("service", service),
    ("sandbox", sandbox),
    ("setup", setup),
    ("baseline", baseline),
)


def preflight(context: RunContext, results: Results) -> Results:
    """Look at everything that can stop a run before it has cost anything."""
    stop = look_around(context.scene)
    for name, see in _INSIDE:
        if stop is None:
            stop = tell(context.journal, name, see(context))
    return replace(results, stop=stop)


def look_around(scene: Scene) -> Outcome | None:
    """Look at what needs no command of the project, and return how the run ends, if it does.

    Raises:
        ForgeError: The forge did not say what has to be known.
        GitError: The branch could not be read.
    """
    for look in _AROUND:
        try:
            sight = look.see(scene)
        except (ForgeError, NotAuthorisedError) as error:
            if look.is_vital:
                raise
            sight = warned(f"This could not be looked at: {error}", error.hint)
        stop = tell(scene.journal, look.name, sight)
        if stop is not None:
            return stop
    return None


def tell(journal: Journal, name: str, sight: Sight) -> Outcome | None:
    """Put a look on record and return how the run ends, if it does."""
    journal.write(
        PreflightLooked(look=name, verdict=sight.verdict, text=sight.text, hint=sight.hint)
    )
    return sight.stop
