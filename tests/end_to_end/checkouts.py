"""What actions/checkout leaves behind, and what people do to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.builders_git import git
from tests.end_to_end import project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.github import GithubDouble


def full(double: GithubDouble, workspace: Path) -> None:
    """Check out the default branch with its history."""
    git(workspace.parent, "clone", "--quiet", double.clone_url, str(workspace))
    _give_to_runner(workspace)


def shallow(double: GithubDouble, workspace: Path) -> None:
    """Check out one commit, as actions/checkout does by itself."""
    git(workspace.parent, "clone", "--quiet", "--depth=1", double.clone_url, str(workspace))
    _give_to_runner(workspace)


def detached(double: GithubDouble, workspace: Path) -> None:
    """Check out a commit and no branch."""
    git(workspace.parent, "clone", "--quiet", double.clone_url, str(workspace))
    git(workspace, "checkout", "--quiet", "--detach")
    _give_to_runner(workspace)


def dirty(double: GithubDouble, workspace: Path) -> None:
    """Check out, then change a file and add another."""
    full(double, workspace)
    (workspace / project.SOURCE).write_text("def greet(): ...\n")
    (workspace / "scratch.txt").write_text("mine\n")


def _give_to_runner(workspace: Path) -> None:
    """Let the checkout belong to the runner's user, which is not the container's."""
    if os.geteuid() != 0:
        return
    for path in (workspace, *workspace.rglob("*")):
        os.chown(path, 1001, 1001, follow_symlinks=False)


def state_of(workspace: Path) -> tuple[str, frozenset[tuple[str, int, int]]]:
    """Return what git says about the workspace, and every path with its owner and size."""
    status = git(workspace, "-c", "safe.directory=*", "status", "--porcelain")
    paths = frozenset(
        (str(path.relative_to(workspace)), path.lstat().st_uid, path.lstat().st_size)
        for path in workspace.rglob("*")
    )
    return status, paths
