"""What models' words name is looked up in the repository before the words are published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.event import MentionsResolved
from orchestrator.rendering.mentions import Kind
from orchestrator.rendering.vetting import open_mentions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.rendering.mentions import Mention
    from orchestrator.stages.context import RunContext

MOST_COMMITS = 2_000
_MOST_FILES = 200
"""Changed files that are searched for the names of tests."""


def resolve_mentions(context: RunContext) -> None:
    """Put on record which files, tests and commits that models name are in the repository.

    A file counts that the base or the head has, a commit that leads to the head, a test whose
    name stands in a changed file.
    """
    before = context.journal.record.mentions
    named = open_mentions(context.journal.record)
    known = tuple(sorted(_known(context, named))) if named else ()
    if known != (before.known if before else ()):
        context.journal.write(MentionsResolved(commit=context.branch.head, known=known))


def _known(context: RunContext, named: Sequence[Mention]) -> Iterator[str]:
    git, branch = context.branch.git, context.branch
    kinds = {mention.kind for mention in named}
    paths: set[str] = set()
    if Kind.FILE in kinds:
        commits = dict.fromkeys((branch.base, branch.head))
        paths = {entry.path for commit in commits for entry in git.list_paths(commit)}
    history = git.log(branch.head, limit=MOST_COMMITS) if Kind.COMMIT in kinds else ()
    changed = _changed(context) if Kind.TEST in kinds else ""
    for mention in named:
        is_there = {
            Kind.FILE: mention.is_in(paths) or not mention.is_about(paths),
            Kind.COMMIT: any(one.id.startswith(mention.text) for one in history),
            Kind.TEST: _names_a_test(mention.text, changed),
        }
        if is_there[mention.kind]:
            yield mention.text


def _names_a_test(text: str, changed: str) -> bool:
    """Tell whether the test stands in the changed files; its parameters and parts need not."""
    name = text if " " in text else text.partition("[")[0].rpartition("::")[2].partition("/")[0]
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", changed) is not None


def _changed(context: RunContext) -> str:
    """Return the changed files' text as the head has it."""
    change = context.journal.record.change
    files = change.files[:_MOST_FILES] if change is not None else ()
    contents = (context.branch.git.blob(context.branch.head, file.path) for file in files)
    return "\n".join((content or b"").decode("utf-8", "replace") for content in contents)
