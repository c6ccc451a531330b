"""Trusted git: typed questions and changes on real repositories."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.change import FileStatus
from orchestrator.domain.errors import GitError
from orchestrator.sandbox.git import Git, Identity
from orchestrator.sandbox.plumbing import Plumbing, find_git, version_of
from orchestrator.sandbox.trees import TreeEntry
from tests.builders_git import commit_files, git, make_repository, make_run, write_files

if TYPE_CHECKING:
    from pathlib import Path

_ADA = Identity(name="Ada <x>\n", email="ada@example.com")
_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_MISSING = "1" * 40


def _git_of(checkout: Path) -> Git:
    return Git(checkout / ".git")


def test_resolve__knows_refs_and_ids(tmp_path: Path) -> None:
    """A branch and a commit resolve to the commit; what is not there to nothing."""
    repository = _git_of(make_repository(tmp_path))
    commit = git(tmp_path, "rev-parse", "HEAD")

    assert repository.resolve("refs/heads/main") == commit
    assert repository.resolve(commit) == commit
    assert repository.resolve("refs/heads/absent") is None
    assert repository.resolve(_MISSING) is None


def test_plumbing__gives_a_transfer_more_time_than_a_question(tmp_path: Path) -> None:
    """Gigabytes of history are no reason to end; a question that takes as long is one."""
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nsleep 1\n")
    slow.chmod(0o755)
    plumbing = Plumbing(program=slow, timeout_s=0.2, transfer_s=30.0)

    for verb in ("fetch", "push"):
        assert plumbing.call(verb).exit_code == 0
    with pytest.raises(GitError, match="`git log` was stopped at its time limit"):
        plumbing.call("log")


def test_blob__returns_regular_files_only(tmp_path: Path) -> None:
    """A link in the base commit is not followed, whatever it points to."""
    make_repository(tmp_path, {"a/b.txt": b"\xff\x00raw", "[x]*.txt": "odd"})
    (tmp_path / "CLAUDE.md").symlink_to("/etc/passwd")
    repository, commit = _git_of(tmp_path), commit_files(tmp_path, {})

    assert repository.blob(commit, "a/b.txt") == b"\xff\x00raw"
    assert repository.blob(commit, "[x]*.txt") == b"odd"
    assert repository.blob(commit, "CLAUDE.md") is None
    assert repository.blob(commit, "a") is None
    assert repository.blob(commit, "absent") is None


def test_list_paths__leaves_out_names_nobody_can_write_down(tmp_path: Path) -> None:
    """Every listed path is text; modes come along."""
    make_repository(tmp_path, {"ok.txt": "", "ü.txt": ""})
    (tmp_path / "ok.txt").chmod(0o755)
    (tmp_path / "bad\udcff.txt").write_text("")
    repository, commit = _git_of(tmp_path), commit_files(tmp_path, {})

    found = {entry.path: entry.mode for entry in repository.list_paths(commit)}

    assert found == {"ok.txt": "100755", "ü.txt": "100644"}


def test_diff__tells_every_kind_of_change(tmp_path: Path) -> None:
    """Added, modified, deleted, mode and binary changes each count as what they are."""
    files: dict[str, str | bytes] = {
        "gone": "1\n2\n",
        "mode": "x\n",
        "text": "1\n2\n3\n",
        "bin": b"\0a",
        "type": "t\n",
    }
    make_repository(tmp_path, files)
    base = git(tmp_path, "rev-parse", "HEAD")
    for path in ("gone", "type"):
        (tmp_path / path).unlink()
    (tmp_path / "mode").chmod(0o755)
    (tmp_path / "type").symlink_to("text")
    head = commit_files(tmp_path, {"text": "1\n3\n4\n", "bin": b"\0b", "naïve\tname": "new\n"})

    change = _git_of(tmp_path).diff(base, head)

    facts = {
        file.path: (file.status.value, file.added_lines, file.removed_lines, file.is_binary)
        for file in change.files
    }
    assert facts == {
        "bin": ("modified", 0, 0, True),
        "gone": ("deleted", 0, 2, False),
        "mode": ("mode_changed", 0, 0, False),
        "naïve\tname": ("added", 1, 0, False),
        "text": ("modified", 1, 1, False),
        "type": ("modified", 1, 1, False),
    }
    assert "+4" in change.diff
    assert change.tree == git(tmp_path, "rev-parse", "HEAD^{tree}")


def test_diff__shows_nothing_between_equal_commits(tmp_path: Path) -> None:
    """No change is an empty change."""
    make_repository(tmp_path)
    commit = git(tmp_path, "rev-parse", "HEAD")

    change = _git_of(tmp_path).diff(commit, commit)

    assert (change.files, change.diff) == ((), "")


def test_diff__shows_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Latin-1 source does not break a diff."""
    base_folder = make_repository(tmp_path, {"a.txt": b"caf\xe9\n"})
    base = git(base_folder, "rev-parse", "HEAD")
    head = commit_files(tmp_path, {"a.txt": b"th\xe9\n"})

    assert "+th\ufffd" in _git_of(tmp_path).diff(base, head).diff


def test_commit_tree__writes_names_that_are_harmless(tmp_path: Path) -> None:
    """Nobody's display name breaks a commit, and trailers arrive as written."""
    repository, base = make_run(tmp_path)
    tree = repository.git.tree_of(base.commit)
    message = "Add x\n\nOrchestrator-Task: 1\n"

    commit = repository.git.commit_tree(
        tree, parents=[base.commit], message=message, author=_ADA, committer=_ADA, at=_AT
    )

    (entry,) = repository.git.log(commit, since=base.commit)
    assert entry.author == Identity(name="Ada x", email="ada@example.com")
    assert (entry.subject, entry.message) == ("Add x", message.strip())
    assert (entry.parents, entry.committed_at) == ((base.commit,), "2026-01-02T03:04:05+00:00")


def test_log__keeps_fields_apart_whatever_a_name_holds(tmp_path: Path) -> None:
    """No name that a stranger gave a merged commit moves its date or its message."""
    checkout = make_repository(tmp_path)
    author = "--author=x\x01y\x01z <a\x01b@example.com>"
    git(checkout, "commit", "--quiet", "--allow-empty", author, "--message", "Add x\n\nMore.")

    (newest, oldest) = _git_of(checkout).log(git(checkout, "rev-parse", "HEAD"))

    assert newest.author == Identity(name="x\x01y\x01z", email="a\x01b@example.com")
    assert (datetime.fromisoformat(newest.committed_at), newest.message) == (_AT, "Add x\n\nMore.")
    assert (newest.parents, oldest.parents) == ((oldest.id,), ())


def test_commit_tree__refuses_an_invisible_name(tmp_path: Path) -> None:
    """A commit always says who it is from."""
    repository, base = make_run(tmp_path)
    nobody = Identity(name="\u200b<>", email="x@example.com")

    with pytest.raises(GitError, match="cannot stand as a name"):
        repository.git.commit_tree(
            repository.git.tree_of(base.commit),
            parents=[],
            message="x",
            author=nobody,
            committer=nobody,
            at=_AT,
        )


def test_is_ancestor__follows_history(tmp_path: Path) -> None:
    """Whether a commit is in another's past is answered both ways."""
    make_repository(tmp_path)
    older = git(tmp_path, "rev-parse", "HEAD")
    newer = commit_files(tmp_path, {"a": "1"})

    assert _git_of(tmp_path).is_ancestor(older, newer)
    assert not _git_of(tmp_path).is_ancestor(newer, older)


@pytest.mark.parametrize("path", [".git/config", "a/../b", ".GIT/hooks/x", "git~1/config", "/abs"])
def test_write_tree__is_refused_for_hostile_paths(tmp_path: Path, path: str) -> None:
    """Git itself is the second wall against paths that would harm whoever checks them out."""
    repository, _ = make_run(tmp_path)
    blob = repository.git.write_blob(b"evil")

    with pytest.raises(GitError):
        repository.git.write_tree_from([TreeEntry(mode="100644", object_id=blob, path=path)])


def _three_sides(
    folder: Path, *, ours: dict[str, str | bytes], theirs: dict[str, str | bytes]
) -> tuple[Git, str, str, str]:
    make_repository(folder, {"a": "1\n2\n3\n4\n5\n", "b": "b\n"})
    base = git(folder, "rev-parse", "HEAD")
    left = commit_files(folder, ours)
    git(folder, "checkout", "--quiet", "-b", "theirs", base)
    right = commit_files(folder, theirs)
    return _git_of(folder), base, left, right


def test_merge__joins_changes_that_fit(tmp_path: Path) -> None:
    """Changes of two tasks in different places become one tree."""
    repository, base, ours, theirs = _three_sides(
        tmp_path, ours={"a": "0\n2\n3\n4\n5\n"}, theirs={"a": "1\n2\n3\n4\n6\n", "c": "c\n"}
    )

    result = repository.merge(base=base, ours=ours, theirs=theirs)

    assert result.is_clean
    commit = repository.commit_tree(
        result.tree, parents=[], message="m", author=_ADA, committer=_ADA, at=_AT
    )
    assert repository.blob(commit, "a") == b"0\n2\n3\n4\n6\n"
    assert repository.blob(commit, "c") == b"c\n"


def test_merge__shows_both_sides_of_a_conflict(tmp_path: Path) -> None:
    """Whoever resolves a conflict sees what each side wanted."""
    repository, base, ours, theirs = _three_sides(
        tmp_path, ours={"a": "left\n", "n": "l\n"}, theirs={"a": "right\n", "n": "r\n"}
    )

    result = repository.merge(base=base, ours=ours, theirs=theirs)

    assert not result.is_clean
    first, second = result.conflicts
    assert (first.path, first.ours, first.theirs) == ("a", b"left\n", b"right\n")
    assert first.base == b"1\n2\n3\n4\n5\n"
    assert first.merged is not None
    assert b"<<<<<<<" in first.merged
    assert (second.path, second.base, second.ours) == ("n", None, b"l\n")


def test_merge__uses_the_base_it_is_given(tmp_path: Path) -> None:
    """The named base decides, not what git would find in the history."""
    repository, base, ours, theirs = _three_sides(
        tmp_path, ours={"a": "left\n"}, theirs={"a": "right\n"}
    )

    assert repository.merge(base=ours, ours=ours, theirs=theirs).is_clean
    assert not repository.merge(base=base, ours=ours, theirs=theirs).is_clean


def test_merge__reports_a_deletion_against_a_change(tmp_path: Path) -> None:
    """A file that one side deleted and the other changed is a conflict."""
    make_repository(tmp_path, {"a": "1\n", "b": "b\n"})
    base = git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "rm", "--quiet", "a")
    ours = commit_files(tmp_path, {})
    git(tmp_path, "checkout", "--quiet", "-b", "theirs", base)
    theirs = commit_files(tmp_path, {"a": "2\n"})

    (conflict,) = _git_of(tmp_path).merge(base=base, ours=ours, theirs=theirs).conflicts

    assert (conflict.path, conflict.ours, conflict.theirs) == ("a", None, b"2\n")


def test_merge__reports_a_file_that_became_a_submodule(tmp_path: Path) -> None:
    """The other repository's commit is not here to be shown; the conflict is one all the same."""
    make_repository(tmp_path, {"lib": "1\n", "b": "b\n"})
    base = git(tmp_path, "rev-parse", "HEAD")
    ours = commit_files(tmp_path, {"lib": "2\n"})
    git(tmp_path, "checkout", "--quiet", "-b", "theirs", base)
    git(tmp_path, "rm", "--quiet", "lib")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{_MISSING},lib")
    git(tmp_path, "commit", "--quiet", "--message", "Make it a submodule")
    theirs = git(tmp_path, "rev-parse", "HEAD")

    result = _git_of(tmp_path).merge(base=base, ours=ours, theirs=theirs)

    assert not result.is_clean
    shown = [side for found in result.conflicts for side in (found.base, found.ours, found.theirs)]
    assert sorted(filter(None, shown)) == [b"1\n", b"2\n"]


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("push", "--receive-pack=evil"),
        ("fetch", "--upload-pack=evil"),
        ("ls-remote", "-c"),
        ("cat-file", "--filters"),
        ("commit-tree", "-S"),
    ],
)
def test_plumbing__passes_no_unknown_option(verb: str, argument: str) -> None:
    """No value becomes an option: each verb has its own short list."""
    with pytest.raises(GitError, match="is not an option"):
        find_git().call(verb, argument)


def test_plumbing__knows_no_other_verb() -> None:
    """What is not on the list cannot be asked of git, with options or without."""
    with pytest.raises(GitError, match="`git gc` is not"):
        find_git().call("gc")


def test_git__reads_files_whose_names_look_like_options(tmp_path: Path) -> None:
    """An agent cannot end a run by what it calls a file."""
    make_repository(tmp_path, {"--upload-pack=evil": "text\n", "-rf": "more\n"})
    repository = _git_of(tmp_path)
    head = git(tmp_path, "rev-parse", "HEAD")

    assert repository.blob(head, "--upload-pack=evil") == b"text\n"
    assert repository.blob(head, "-rf") == b"more\n"


def test_plumbing__believes_no_configuration_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables, global configuration and a repository's hooks do not change what git does."""
    repository, base = make_run(tmp_path / "run")
    write_files(tmp_path / "home", {".gitconfig": "[core]\n\tbare = nonsense\n"})
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "home" / ".gitconfig"))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")

    assert repository.git.list_paths(base.commit)


@pytest.mark.parametrize(
    ("text", "version"),
    [("git version 2.39.5", (2, 39)), ("git version 2.47.1 (Apple Git-1)", (2, 47)), ("?", (0, 0))],
)
def test_version_of__reads_what_git_says(text: str, version: tuple[int, int]) -> None:
    """Distributions write versions in many ways."""
    assert version_of(text) == version


def test_file_status__has_no_renames(tmp_path: Path) -> None:
    """A rename is a deletion and an addition, so that scopes are checked on both paths."""
    make_repository(tmp_path, {"old.txt": "same\ncontent\n"})
    base = git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "mv", "old.txt", "new.txt")
    head = commit_files(tmp_path, {})

    statuses = {file.path: file.status for file in _git_of(tmp_path).diff(base, head).files}

    assert statuses == {"old.txt": FileStatus.DELETED, "new.txt": FileStatus.ADDED}
