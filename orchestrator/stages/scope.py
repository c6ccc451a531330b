"""The wall behind the tools' refusals: what a task really changed, path by path.

Tools refuse early and explain; commands can go round them. So the tree that an agent
leaves is compared with what its task may change, and every other path gets the value
back that it had before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.change import FileStatus
from orchestrator.sandbox.trees import read_entries

if TYPE_CHECKING:
    from orchestrator.sandbox.git import Git
    from orchestrator.tools.write_rules import WriteRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """A tree that holds only permitted changes."""

    tree: str
    violations: tuple[str, ...]
    """One sentence for each path that was put back."""


def within_scope(git: Git, *, start: str, tree: str, rules: WriteRules) -> Scoped:
    """Return `tree` with every path put back that the rules do not let the task change.

    Raises:
        GitError: A tree could not be read or written.
    """
    refused = {
        file.path: reason
        for file in git.diff(start, tree).files
        if (reason := rules.refusal(file.path, is_new=file.status is FileStatus.ADDED)) is not None
    }
    if not refused:
        return Scoped(tree=tree, violations=())
    before = {entry.path: entry for entry in read_entries(git.plumbing, git.bare, start)}
    after = {entry.path: entry for entry in read_entries(git.plumbing, git.bare, tree)}
    for path in refused:
        after.pop(path, None)
        if path in before:
            after[path] = before[path]
    return Scoped(
        tree=git.write_tree_from(after.values()),
        violations=tuple(
            f"`{path}` was changed and put back: {reason}" for path, reason in refused.items()
        ),
    )
