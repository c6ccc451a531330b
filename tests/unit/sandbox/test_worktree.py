"""Worktrees: what an agent gets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import GitError, SandboxError
from orchestrator.sandbox.remote import Remote
from orchestrator.sandbox.worktree import open_worktree
from tests.builders_git import commit_files, git, make_repository, make_run
from tests.unit.sandbox.worktrees import FILES, make_worktree

if TYPE_CHECKING:
    from pathlib import Path


def test_worktree__is_a_copy_that_git_understands(tmp_path: Path) -> None:
    """An agent finds its files clean and can ask git about them."""
    worktree = make_worktree(tmp_path)

    assert git(worktree.root, "status", "--porcelain") == ""
    assert git(worktree.root, "log", "--format=%s") == "Begin"
    assert git(worktree.root, "remote") == ""


def test_worktree__knows_the_past_and_not_the_future(tmp_path: Path) -> None:
    """No commit, branch or tag beyond the task's own base can be found in the copy."""
    checkout = make_repository(tmp_path / "checkout", FILES)
    early = git(checkout, "rev-parse", "HEAD")
    late = commit_files(checkout, {"src/answer.py": "42\n"})
    git(checkout, "tag", "v1")
    repository, _ = make_run(tmp_path / "run")
    repository.fetch(Remote(url=str(checkout)), {"refs/heads/main": "refs/heads/future"})

    worktree = open_worktree(repository.git, commit=early, root=tmp_path / "tree")

    assert git(worktree.root, "for-each-ref", "--format=%(refname)") == "refs/heads/work"
    objects = git(worktree.root, "cat-file", "--batch-all-objects", "--batch-check")
    assert early in objects
    assert late not in objects


def test_worktree__history_is_as_long_as_asked(tmp_path: Path) -> None:
    """Agents can read what led here, without paying for all of it."""
    checkout = make_repository(tmp_path / "checkout")
    for number in range(4):
        commit_files(checkout, {"a": str(number)})
    from_checkout, base = make_run(tmp_path / "other")
    from_checkout.fetch(Remote(url=str(checkout)), {"refs/heads/main": "refs/heads/deep"})
    head = from_checkout.git.resolve("refs/heads/deep") or base.commit

    worktree = open_worktree(from_checkout.git, commit=head, root=tmp_path / "tree", history=3)

    assert git(worktree.root, "rev-list", "--count", "HEAD") == "3"


def test_worktree__files_are_byte_for_byte(tmp_path: Path) -> None:
    """Line ends and filters of the repository change nothing on the way in or out."""
    files = {".gitattributes": "*.txt eol=crlf\n*.bin filter=lfs ident\n", "a.txt": "1\n2\n"}
    worktree = make_worktree(tmp_path, {**files, "b.bin": "$Id$\n"})

    assert (worktree.root / "a.txt").read_bytes() == b"1\n2\n"
    report = worktree.snapshot(None)
    assert report.tree == worktree.git.tree_of(worktree.commit)


def test_worktree__is_made_once(tmp_path: Path) -> None:
    """A second attempt never starts on the leftovers of the first."""
    worktree = make_worktree(tmp_path)

    with pytest.raises(SandboxError, match="exists already"):
        open_worktree(worktree.git, commit=worktree.commit, root=worktree.root)


def test_worktree__of_an_unknown_commit_is_refused(tmp_path: Path) -> None:
    """A commit that is not in the run's repository ends in an error of git's."""
    repository, _ = make_run(tmp_path)

    with pytest.raises(GitError):
        open_worktree(repository.git, commit="1" * 40, root=tmp_path / "tree")


def test_remove__deletes_what_is_deep_locked_or_linked(tmp_path: Path) -> None:
    """Nothing an agent builds can keep its folder alive, and nothing outside is touched."""
    worktree = make_worktree(tmp_path)
    (tmp_path / "outside").mkdir()
    (worktree.root / "link").symlink_to(tmp_path / "outside")
    (worktree.root / "locked").mkdir()
    (worktree.root / "locked" / "file").write_text("")
    (worktree.root / "locked").chmod(0)
    here = os.open(worktree.root, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    worktree.remove()
    worktree.remove()

    assert not worktree.root.exists()
    assert (tmp_path / "outside").exists()
