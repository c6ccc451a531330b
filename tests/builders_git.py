"""Real git repositories for tests: made on the spot, the same commit ids in every run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from orchestrator.sandbox.repository import RunRepository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.sandbox.repository import Base

_PERSON = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it printed; a failure fails the test."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={**os.environ, **_PERSON},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder, with the folders they need."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit_files(
    folder: Path, files: Mapping[str, str | bytes], *, message: str = "Change files"
) -> str:
    """Write files, commit everything in the folder, and return the commit."""
    write_files(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def make_repository(
    folder: Path, files: Mapping[str, str | bytes] | None = None, *, branch: str = "main"
) -> Path:
    """Make a repository with one commit and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", f"--initial-branch={branch}")
    commit_files(folder, files or {"README.md": "# Sample\n"}, message="Begin")
    return folder


def make_bare(folder: Path, source: Path | None = None) -> Path:
    """Make a bare repository, a copy of `source` if there is one, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
    if source is not None:
        git(source, "push", "--quiet", str(folder), "refs/heads/*:refs/heads/*")
    return folder


def make_shallow(folder: Path, source: Path) -> Path:
    """Clone only the newest commit, as actions/checkout does, and return the folder."""
    git(source, "clone", "--quiet", "--depth=1", f"file://{source}", str(folder))
    return folder


def make_run(
    folder: Path, files: Mapping[str, str | bytes] | None = None
) -> tuple[RunRepository, Base]:
    """Make a repository and a run's own repository on its base commit."""
    checkout = make_repository(folder / "checkout", files)
    repository = RunRepository(folder / "run.git")
    return repository, repository.take_base(checkout=checkout, remote=None, branch=None)
