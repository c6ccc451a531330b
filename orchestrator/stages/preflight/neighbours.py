"""After the plan: who else changes the files it names, and has the base moved into them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import ForgeError, NotAuthorisedError
from orchestrator.domain.globs import matches
from orchestrator.stages.preflight.order import tell
from orchestrator.stages.preflight.scene import passed, warned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.domain.plan import Plan
    from orchestrator.forge.forge import PullRequest
    from orchestrator.stages.context import RunContext
    from orchestrator.stages.preflight.scene import Scene, Sight

_MOST_REQUESTS = 20
_SHOWN_PATHS = 5


def look_beside(context: RunContext, plan: Plan) -> None:
    """Tell what else moves in the files of the plan; nothing is stopped by it."""
    globs = tuple(glob for task in plan.tasks for glob in task.files)
    tell(context.journal, "neighbours", _requests(context.scene, globs))
    tell(context.journal, "base", _base(context.scene, globs))


def _requests(scene: Scene, globs: Sequence[str]) -> Sight:
    try:
        found = list(_touching(scene, globs))
    except (ForgeError, NotAuthorisedError) as error:
        return warned(f"Open pull requests could not be looked at: {error}", error.hint)
    if not found:
        return passed("No open pull request changes a file of the plan.")
    return warned(
        f"Open pull requests change files of the plan: {'; '.join(found)}.",
        "Whichever is merged first, the other has to be brought up to date. Merge or close them "
        "before this one, if you can.",
    )


def _touching(scene: Scene, globs: Sequence[str]) -> Iterator[str]:
    others = (item for item in scene.forge.pull_requests() if _is_beside(scene, item))
    for request, _ in zip(others, range(_MOST_REQUESTS), strict=False):
        shared = _shared(scene.survey.changed_paths(request), globs)
        if shared:
            yield f"#{request.number} by {request.author} ({_listed(shared)})"


def _is_beside(scene: Scene, request: PullRequest) -> bool:
    return request.head_branch != scene.branch and request.base_branch == scene.base.branch


def _base(scene: Scene, globs: Sequence[str]) -> Sight:
    branch = scene.base.branch
    news = scene.upstream.news()
    if news is None:
        return warned(
            f"Nobody can tell what `{branch}` has gained since the run began: it is out of reach, "
            "gone or rewritten.",
            "Look at it; whether the change still fits is tried again at the end.",
        )
    if not news.files:
        return passed(f"`{branch}` stands where the run began.")
    shared = _shared((file.path for file in news.files), globs)
    if not shared:
        return passed(f"`{branch}` has moved since the run began, in other files than the plan's.")
    return warned(
        f"`{branch}` has moved since the run began, in files of the plan: {_listed(shared)}.",
        "Whether the change still fits is tried before the pull request is made ready.",
    )


def _shared(paths: Iterable[str], globs: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if matches(path, globs))


def _listed(paths: Sequence[str]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN_PATHS])
    return shown + (f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else "")
