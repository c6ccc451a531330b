"""Whether the code of the head knows the inputs of its tests, read from git."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.domain.patch import parse_patch, unshown
from orchestrator.domain.path_classes import PathClass, classify
from orchestrator.gates.special_cases import special_cases, suspects
from orchestrator.stages.reading import CommitFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.change import Change
    from orchestrator.sandbox.git import Git
    from orchestrator.stages.context import RunContext

_MOST_FILES = 3000


def look_for_special_cases(context: RunContext, change: Change) -> tuple[str, ...] | None:
    """Return what looks like a case made for a test, `None` if the change could not be read."""
    issue, record = context.scene.issue, context.journal.record
    made_of_it = (record.requirements, record.plan)
    agreed = "\n".join(part.model_dump_json() for part in made_of_it if part is not None)
    return _found(context.branch.git, change, f"{issue.title}\n{issue.body}", agreed)


@lru_cache(maxsize=4)
def _found(git: Git, change: Change, asked: str, agreed: str) -> tuple[str, ...] | None:
    """Look once for each head: gates are asked about one head more than once."""
    if unshown(change):
        return None
    found = suspects(parse_patch(change.diff), asked)
    if not found:
        return ()
    tests = dict(_texts(CommitFiles(git=git, commit=change.head), are_tests=True))
    own = (text for _, text in _texts(CommitFiles(git=git, commit=change.base), are_tests=False))
    return special_cases(found, tests, (agreed, *own))


def _texts(files: CommitFiles, *, are_tests: bool) -> Iterator[tuple[str, str]]:
    wanted = (
        path
        for path in files.paths()
        if (classify(path) in {PathClass.TEST, PathClass.SNAPSHOT}) is are_tests
    )
    for _, path in zip(range(_MOST_FILES), wanted, strict=False):
        text = files.text(path)
        if text is not None:
            yield path, text
