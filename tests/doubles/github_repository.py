"""Small bare repositories for the GitHub stand-in and the local forge."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}


def run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git as Alice, without anybody's configuration; the caller looks at the exit code."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=_IDENTITY, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True, slots=True)
class BareRepository:
    """A bare repository, and the branches that a local forge asks for."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> BareRepository:
        """Make one with `main` holding one commit."""
        path.mkdir(parents=True)
        run_git(path, "init", "--quiet", "--bare", "--initial-branch=main")
        repository = cls(path)
        repository.add_branch("main", text="first", parent=None)
        return repository

    def add_branch(self, branch: str, *, text: str, parent: str | None = "main") -> str:
        """Put one commit on top of a branch, or of nothing, under a new branch's name."""
        blob = self._feed(text, "hash-object", "-w", "--stdin")
        tree = self._feed(f"100644 blob {blob}\tpage.txt\n", "mktree")
        parents = () if parent is None else ("-p", parent)
        commit = self._feed(text, "commit-tree", tree, *parents)
        run_git(self.path, "update-ref", f"refs/heads/{branch}", commit)
        return commit

    def commit(self, branch: str) -> str | None:
        """Return the commit at the branch's end."""
        done = run_git(self.path, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        return done.stdout.strip() or None

    def changed(self, base: str, head: str) -> tuple[str, ...]:
        """Return the paths that differ between where two branches parted and the second."""
        span = f"refs/heads/{base}...refs/heads/{head}"
        return tuple(run_git(self.path, "diff", "--name-only", span).stdout.splitlines())

    def _feed(self, text: str, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=_IDENTITY,
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()
