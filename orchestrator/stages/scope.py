"""The wall behind the tools' refusals: what a task really changed, path by path.

Tools refuse early and explain; commands can go round them. So the tree that an agent
leaves is compared with what its task may change, and every other path gets the value
back that it had before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from orchestrator.sandbox.trees import read_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.sandbox.git import Git
    from orchestrator.sandbox.trees import TreeEntry
    from orchestrator.tools.write_rules import WriteRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """A tree that holds only permitted changes."""

    tree: str
    violations: tuple[str, ...]
    """One sentence for each path that was put back."""


def within_scope(git: Git, *, start: str, tree: str, rules: WriteRules) -> Scoped:
    """Return `tree` with every path put back that the rules do not let the task change.

    A permitted path that stands in the way of one that is put back (a file where its folder
    was, or the other way round) has to go, and is reported like the others.

    Raises:
        GitError: A tree could not be read or written.
    """
    before = _by_path(read_entries(git.plumbing, git.bare, start))
    after = _by_path(read_entries(git.plumbing, git.bare, tree))
    refused = {
        path: reason
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
        and (reason := rules.refusal(path, is_new=path not in before)) is not None
    }
    if not refused:
        return Scoped(tree=tree, violations=())
    restored = {path: before[path] for path in refused if path in before}
    in_the_way = _in_the_way(after.keys() - refused.keys(), restored)
    kept = {
        path: entry
        for path, entry in after.items()
        if path not in refused and path not in in_the_way
    }
    return Scoped(
        tree=git.write_tree_from((kept | restored).values()),
        violations=tuple(
            f"`{_printable(path)}` was changed and put back: {_printable(reason)}"
            for path, reason in (refused | in_the_way).items()
        ),
    )


def _in_the_way(kept: Iterable[str], restored: Iterable[str]) -> dict[str, str]:
    """Return kept paths that cannot stand beside a restored one, each with the reason."""
    restored = frozenset(restored)
    below = {folder: path for path in sorted(restored) for folder in _folders(path)}
    found = {}
    for path in sorted(kept):
        above = next((folder for folder in _folders(path) if folder in restored), None)
        other = above or below.get(path)
        if other is not None:
            found[path] = f"it stands in the way of `{other}`, which the task may not change."
    return found


def _folders(path: str) -> Iterator[str]:
    """Yield every folder that the path is in, the outermost first."""
    names = path.split("/")[:-1]
    return accumulate(names, "{}/{}".format)


def _by_path(entries: Iterable[TreeEntry]) -> dict[str, TreeEntry]:
    return {entry.path: entry for entry in entries}


def _printable(text: str) -> str:
    """Return the text with what is not UTF-8 in it replaced."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
