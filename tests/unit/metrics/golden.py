"""Small repositories with one change each, so small that every number is counted by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.sandbox.repository import RunRepository
from tests.builders_git import commit_files, git, make_repository, write_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.domain.change import Change
    from orchestrator.sandbox.git import Git

ONE_BRANCH = "def shout(text):\n    if text:\n        return text.upper()\n    return ''\n"
TWO_BRANCHES = (
    "def shout(text):\n    if text:\n        if text == 'a':\n            return 'A!'\n"
    "        return text.upper()\n    return ''\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A repository and the change from its first commit to its second."""

    git: Git
    change: Change


def golden(
    folder: Path,
    before: Mapping[str, str | bytes],
    after: Mapping[str, str | bytes | None],
) -> Golden:
    """Commit `before`, then `after` on top; `None` deletes a file."""
    checkout = make_repository(folder / "checkout", before)
    git(checkout, "config", "core.autocrlf", "false")
    write_files(checkout, {path: text for path, text in after.items() if text is not None})
    for path in (path for path, text in after.items() if text is None):
        (checkout / path).unlink()
    head = commit_files(checkout, {})
    repository = RunRepository(folder / "run.git")
    base = repository.take_base(checkout=checkout, remote=None, branch=None)
    assert base.commit == head
    parent = git(checkout, "rev-parse", "HEAD~1")
    return Golden(git=repository.git, change=repository.git.diff(parent, head))
