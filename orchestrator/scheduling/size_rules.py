"""Rules on how finely a plan may be cut: a hand-off costs more than it brings on small work.

Teams of agents spend several times the tokens of one, and lose on sequential work.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from orchestrator.domain.globs import has_wildcard
from orchestrator.domain.plan import Complexity, StageName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.domain.plan import Task

MAX_TASKS: Final[Mapping[Complexity, int]] = {
    Complexity.SIMPLE: 4,
    Complexity.MEDIUM: 8,
    Complexity.COMPLEX: 12,
}
"""By what the planner itself says of the issue."""
FEW_FILES: Final = 2
"""So few files are one agent's work."""


def too_many(complexity: Complexity, tasks: Sequence[Task]) -> Iterator[str]:
    """Yield the reason when there are more tasks than the plan's own `complexity` earns."""
    most = MAX_TASKS[complexity]
    if len(tasks) > most:
        yield (
            f"The plan has {len(tasks)} tasks; a {complexity} plan has at most {most}, "
            f"any plan at most {max(MAX_TASKS.values())}, and one to six are advised: join tasks "
            "that one agent can do in one go."
        )


def problems(complexity: Complexity, tasks: Sequence[Task]) -> Iterator[str]:
    """Yield where small work is cut into pieces, one sentence each."""
    if complexity is Complexity.SIMPLE:
        counts = Counter(task.stage for task in tasks)
        for stage, count in counts.items():
            if count > 1:
                yield (
                    f"A simple plan has one task of the stage {stage.value!r}, not {count}: "
                    "join them, or say why it is not simple by another `complexity`."
                )
        return
    yield from _few_files([task for task in tasks if task.stage is StageName.IMPLEMENTATION])


def _few_files(tasks: Sequence[Task]) -> Iterator[str]:
    files = {path for task in tasks for path in task.files}
    agents = Counter(task.agent for task in tasks)
    agent, count = agents.most_common(1)[0] if agents else ("", 0)
    if count < 2 or len(files) > FEW_FILES or any(map(_is_wide, files)):  # noqa: PLR2004 -- a pair
        return
    ids = ", ".join(str(task.id) for task in tasks if task.agent == agent)
    yield (
        f"Tasks {ids} give {agent!r} {len(files)} {'file' if len(files) == 1 else 'files'} in "
        f"{count} pieces: join them into one task, so that one agent sees the whole change."
    )


def _is_wide(path: str) -> bool:
    return has_wildcard(path) or path.endswith("/")
