"""Worktrees for tests: a small repository, opened for one task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.sandbox.worktree import open_worktree
from tests.builders_git import make_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.sandbox.worktree import Worktree

FILES: Mapping[str, str | bytes] = {
    "README.md": "# Sample\n",
    "src/app.py": "print()\n",
    "src/run.sh": "#!/bin/sh\n",
    "src/old.py": "",
    ".gitignore": "*.log\nnode_modules/\n",
}


def make_worktree(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Worktree:
    """Return a worktree of a new repository, opened for a first task."""
    repository, base = make_run(folder, files or FILES)
    return open_worktree(repository.git, commit=base.commit, root=folder / "trees" / "task-1")
