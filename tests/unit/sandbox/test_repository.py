"""The run's own repository: where its base comes from, and what is said when there is none."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import GitError, UsageError
from orchestrator.sandbox.remote import Remote
from orchestrator.sandbox.repository import RunRepository
from tests.builders_git import (
    commit_files,
    git,
    make_bare,
    make_repository,
    make_shallow,
    write_files,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> RunRepository:
    """Return an empty repository of a run."""
    return RunRepository(tmp_path / "state" / "run.git")


def test_repository__is_private(tmp_path: Path, repository: RunRepository) -> None:
    """Nobody else reads or writes the run's repository, and it can be opened again."""
    folder = tmp_path / "state" / "run.git"

    RunRepository(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list((folder / "hooks").glob("*")) == []


def test_take_base__is_the_branch_of_the_checkout(
    tmp_path: Path, repository: RunRepository
) -> None:
    """In an ordinary clone the run starts from the branch that is checked out."""
    checkout = make_repository(tmp_path / "checkout")

    base = repository.take_base(checkout=checkout, remote=None, branch=None)

    assert (base.branch, base.notices) == ("main", ())
    assert base.commit == git(checkout, "rev-parse", "HEAD")


def test_take_base__reads_a_bare_repository(tmp_path: Path, repository: RunRepository) -> None:
    """A local forge's repository has no work tree."""
    bare = make_bare(tmp_path / "bare", make_repository(tmp_path / "checkout"))

    base = repository.take_base(checkout=bare, remote=None, branch="main")

    assert base.commit == git(bare, "rev-parse", "main")


def test_take_base__never_uses_uncommitted_files(tmp_path: Path, repository: RunRepository) -> None:
    """A dirty checkout is no obstacle; its changes stay out, and the user is told."""
    checkout = make_repository(tmp_path / "checkout")
    write_files(checkout, {"README.md": "dirty\n", "new": ""})

    base = repository.take_base(checkout=checkout, remote=None, branch=None)

    assert repository.git.blob(base.commit, "README.md") == b"# Sample\n"
    assert base.notices == (
        "Files in the checkout that are not committed are not part of the run.",
    )
    assert git(checkout, "status", "--porcelain") != ""


def test_take_base__prefers_the_named_branch(tmp_path: Path, repository: RunRepository) -> None:
    """On another or a detached checkout the named branch counts, and the user is told."""
    checkout = make_repository(tmp_path / "checkout")
    commit = git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "--quiet", "-b", "other")
    other = repository.take_base(checkout=checkout, remote=None, branch="main")
    git(checkout, "checkout", "--quiet", "--detach")
    detached = repository.take_base(checkout=checkout, remote=None, branch="main")

    assert (other.commit, detached.commit) == (commit, commit)
    assert "is on 'other'" in other.notices[0]
    assert "is detached" in detached.notices[0]


def test_take_base__finds_branches_last_seen_on_the_remote(
    tmp_path: Path, repository: RunRepository
) -> None:
    """A full clone by a workflow has the base branch only as `origin/…`."""
    source = make_repository(tmp_path / "source")
    git(source, "checkout", "--quiet", "-b", "work")
    commit_files(source, {"a": "1"})
    clone = tmp_path / "clone"
    git(source, "clone", "--quiet", str(source), str(clone))

    base = repository.take_base(checkout=clone, remote=None, branch="main")

    assert base.commit == git(source, "rev-parse", "main")


def test_take_base__completes_a_shallow_clone_from_the_remote(
    tmp_path: Path, repository: RunRepository
) -> None:
    """What actions/checkout left out is fetched where it came from."""
    source = make_repository(tmp_path / "source")
    commit_files(source, {"a": "1"})
    clone = make_shallow(tmp_path / "clone", source)

    base = repository.take_base(checkout=clone, remote=Remote(url=str(source)), branch="main")

    assert len(repository.git.log(base.commit)) == 2
    assert "is shallow" in base.notices[0]


def _make_partial(folder: Path, source: Path, *options: str) -> Path:
    """Clone without the files of older commits, as actions/checkout does for sparse checkouts."""
    git(source, "config", "uploadpack.allowFilter", "true")
    words = ("clone", "--quiet", "--filter=blob:none", "--no-checkout", *options)
    git(source, *words, f"file://{source}", str(folder))
    return folder


@pytest.mark.parametrize("options", [(), ("--sparse",)], ids=["whole tree", "sparse"])
def test_take_base__completes_a_partial_clone_from_the_remote(
    tmp_path: Path, repository: RunRepository, options: tuple[str, ...]
) -> None:
    """What a filter left out is fetched where it came from."""
    source = make_repository(tmp_path / "source")
    commit_files(source, {"README.md": "new\n"})
    clone = _make_partial(tmp_path / "clone", source, *options)

    base = repository.take_base(checkout=clone, remote=Remote(url=str(source)), branch=None)

    newest, oldest = repository.git.log(base.commit)
    assert repository.git.blob(newest.id, "README.md") == b"new\n"
    assert repository.git.blob(oldest.id, "README.md") == b"# Sample\n"
    assert "is a partial clone" in base.notices[0]


def test_take_base__refuses_a_partial_clone_alone(
    tmp_path: Path, repository: RunRepository
) -> None:
    """Without a remote it is said which option of the clone was one too many."""
    clone = _make_partial(tmp_path / "clone", make_repository(tmp_path / "source"))

    with pytest.raises(UsageError, match="is partial") as caught:
        repository.take_base(checkout=clone, remote=None, branch=None)

    assert "without `filter`" in caught.value.hint


def test_take_base__refuses_a_shallow_clone_alone(
    tmp_path: Path, repository: RunRepository
) -> None:
    """Without a remote the fix is shown as the lines to paste."""
    source = make_repository(tmp_path / "source")
    commit_files(source, {"a": "1"})
    clone = make_shallow(tmp_path / "clone", source)

    with pytest.raises(UsageError, match="is shallow") as caught:
        repository.take_base(checkout=clone, remote=None, branch=None)

    assert "fetch-depth: 0" in caught.value.hint


def test_take_base__asks_the_remote_without_a_checkout(
    tmp_path: Path, repository: RunRepository
) -> None:
    """A URL alone is enough: its own default branch is the base."""
    bare = make_bare(tmp_path / "bare", make_repository(tmp_path / "checkout"))

    base = repository.take_base(checkout=None, remote=Remote(url=f"file://{bare}"), branch=None)

    assert (base.branch, base.commit) == ("main", git(bare, "rev-parse", "main"))


def test_take_base__refuses_an_empty_repository(tmp_path: Path, repository: RunRepository) -> None:
    """A repository without a commit is told apart from a missing branch."""
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet", "--initial-branch=main")
    remote = Remote(url=str(make_bare(tmp_path / "bare")))

    for checkout, elsewhere in ((empty, None), (None, remote), (empty, remote)):
        with pytest.raises(UsageError, match="no commit yet"):
            repository.take_base(checkout=checkout, remote=elsewhere, branch=None)


def test_take_base__names_the_branches_that_exist(
    tmp_path: Path, repository: RunRepository
) -> None:
    """A mistyped base branch is answered with those there are."""
    checkout = make_repository(tmp_path / "checkout")

    for remote in (None, Remote(url=str(checkout))):
        with pytest.raises(UsageError, match="has no branch 'mian'") as caught:
            repository.take_base(checkout=checkout, remote=remote, branch="mian")
        assert "'main'" in caught.value.hint


def test_take_base__asks_for_a_branch_when_detached(
    tmp_path: Path, repository: RunRepository
) -> None:
    """A detached checkout does not make the orchestrator guess."""
    checkout = make_repository(tmp_path / "checkout")
    git(checkout, "checkout", "--quiet", "--detach")

    with pytest.raises(UsageError, match="is detached"):
        repository.take_base(checkout=checkout, remote=None, branch=None)


def test_take_base__asks_for_a_branch_when_a_remote_names_none(
    tmp_path: Path, repository: RunRepository
) -> None:
    """A remote whose HEAD leads nowhere is called by its own name, not a detached checkout."""
    remote = make_repository(tmp_path / "remote")
    git(remote, "symbolic-ref", "HEAD", "refs/heads/gone")

    with pytest.raises(UsageError, match="names no default branch") as caught:
        repository.take_base(checkout=None, remote=Remote(url=str(remote)), branch=None)

    assert "'main'" in caught.value.hint


def test_take_base__refuses_a_folder_that_is_no_repository(
    tmp_path: Path, repository: RunRepository
) -> None:
    """The step that is missing in a workflow is named."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(UsageError, match="not a git repository") as caught:
        repository.take_base(checkout=tmp_path / "folder", remote=None, branch=None)

    assert "actions/checkout" in caught.value.hint


def test_take_base__refuses_nothing_at_all(repository: RunRepository) -> None:
    """Neither a clone nor a URL is a mistake of the caller's user."""
    with pytest.raises(UsageError, match="neither a checkout nor a remote"):
        repository.take_base(checkout=None, remote=None, branch=None)


def test_take_base__starts_nothing_of_the_checkout(
    tmp_path: Path, repository: RunRepository
) -> None:
    """Hooks and fsmonitor of somebody's checkout do not run."""
    checkout = make_repository(tmp_path / "checkout")
    trap = tmp_path / "sprung"
    git(checkout, "config", "core.fsmonitor", f"touch {trap}")
    git(checkout, "config", "uploadpack.packObjectsHook", f"touch {trap}; false")
    write_files(checkout, {"README.md": "dirty\n"})

    repository.take_base(checkout=checkout, remote=None, branch=None)

    assert not trap.exists()


def test_take_base__refuses_a_branch_that_is_an_option(
    tmp_path: Path, repository: RunRepository
) -> None:
    """A hostile name of a base branch never reaches git."""
    bare = make_bare(tmp_path / "bare", make_repository(tmp_path / "checkout"))

    with pytest.raises((UsageError, GitError)):
        repository.take_base(checkout=None, remote=Remote(url=str(bare)), branch="--upload-pack=x")
