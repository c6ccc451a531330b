"""Measuring the finished change: from the run's own repository, never in a tree of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import ChangeMeasured
from orchestrator.domain.measures import Measures
from orchestrator.domain.patch import parse_patch
from orchestrator.metrics.complexity import FileText, touched_functions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.change import Change
    from orchestrator.sandbox.git import Git
    from orchestrator.stages.context import RunContext

LONGEST_DIFF = 300_000
"""Characters of the diff that go on record, for the report's reader."""
MOST_FILES = 200
"""A change of more files is measured by its size only."""


def measure(context: RunContext) -> None:
    """Put the change's diff and what can be counted in it on record."""
    measures = measures_of(context.branch.git, context.branch.change())
    context.journal.write(ChangeMeasured(measures=measures))


def measures_of(git: Git, change: Change) -> Measures:
    """Return what can be counted in a change of the run's repository."""
    functions = None
    if len(change.files) <= MOST_FILES:
        functions = touched_functions(_texts(git, change))
    return Measures(
        commit=change.head,
        diff=change.diff[:LONGEST_DIFF],
        diff_characters=len(change.diff),
        functions=functions,
    )


def _texts(git: Git, change: Change) -> Iterator[FileText]:
    for patch in parse_patch(change.diff):
        yield FileText(
            patch=patch,
            before=_text(git, change.base, patch.path),
            after=_text(git, change.head, patch.path),
        )


def _text(git: Git, commit: str, path: str) -> str | None:
    """Return a file's text, `None` if it is not there, a link or binary."""
    content = git.blob(commit, path)
    if content is None or b"\0" in content:
        return None
    return content.decode(errors="replace")
