"""The repository's pattern rules, from the base commit, tried on the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import PatternsTried
from orchestrator.domain.patch import parse_patch
from orchestrator.gates.patterns import Texts, read_rules, try_patterns
from orchestrator.stages.reading import CommitFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.sandbox.git import Git
    from orchestrator.stages.context import RunContext

_LARGEST_BYTES = 1_000_000
MOST_FILES = 500


def try_rules(context: RunContext) -> None:
    """Put on record which rules the changed lines break; without any rule nothing is written."""
    git, settings = context.branch.git, context.patterns
    change = context.branch.change()
    files = CommitFiles(git=git, commit=change.base)
    name = settings.ast_grep
    rules = read_rules(name, files.paths(), files.read) if name is not None else None
    if rules is None and not settings.forbid:
        return
    diff = parse_patch(change.diff)
    paths = [file.path for file in diff][:MOST_FILES]
    texts = Texts(base=_texts(git, change.base, paths), head=_texts(git, change.head, paths))
    report = try_patterns(change.head, diff, texts, settings, rules)
    if len(diff) > MOST_FILES and not report.problem:
        problem = f"The change has more than {MOST_FILES} files: not all of them were looked at."
        report = report.model_copy(update={"problem": problem})
    context.journal.write(PatternsTried(report=report))


def _texts(git: Git, commit: str, paths: Iterable[str]) -> Mapping[str, bytes]:
    found = ((path, git.blob(commit, path)) for path in paths)
    return {
        path: content
        for path, content in found
        if content is not None and len(content) <= _LARGEST_BYTES and b"\0" not in content
    }
