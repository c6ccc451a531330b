"""What stands on the forge, and that nothing there is written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import UsageError
from orchestrator.sandbox.git import Identity
from orchestrator.sandbox.remote import Remote
from orchestrator.sandbox.repository import RunRepository
from orchestrator.stages.lease import Owner
from orchestrator.stages.state import StateRef
from orchestrator.stages.upstream import BranchPush, Upstream
from tests.builders_git import commit_files, git, make_bare, make_repository
from tests.doubles.clock import SteppingClock
from tests.end_to_end import project

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.sandbox.repository import Base

BRANCH = project.BRANCH
OURS = "Work\n\nOrchestrator-Task: 1\nOrchestrator-Run: run-0\n"


class World:
    """A forge with a base, and a run that began on it."""

    def __init__(self, folder: Path) -> None:
        self.checkout = make_repository(folder / "checkout", {"a.txt": "a\n", "b.txt": "b\n"})
        self.bare = make_bare(folder / "forge.git", self.checkout)
        self.repository = RunRepository(folder / "run.git")
        self.remote = Remote(url=str(self.bare))
        self.base: Base = self.repository.take_base(
            checkout=self.checkout, remote=None, branch=None
        )
        self.upstream = Upstream(
            self.repository, self.remote, base=self.base, branch=BRANCH, issue_number=project.NUMBER
        )
        self.state = StateRef(
            self.repository,
            self.remote,
            issue_number=project.NUMBER,
            owner=Owner(run="run-0"),
            identity=Identity(name="bot", email="bot@example.org"),
            clock=SteppingClock(),
        )

    def push(self, files: dict[str, str], message: str, *, to: str, on: str = "main") -> str:
        """Let somebody push a commit on top of `on` to the branch `to`."""
        git(self.checkout, "checkout", "--quiet", "--detach", on)
        commit = commit_files(self.checkout, files, message=message)
        git(self.checkout, "push", "--quiet", "--force", str(self.bare), f"HEAD:refs/heads/{to}")
        return commit

    def ours(self, files: dict[str, str]) -> str:
        """Return a commit of the run's own repository."""
        git(self.checkout, "checkout", "--quiet", "--detach", "main")
        commit = commit_files(self.checkout, files, message=OURS)
        git(
            self.checkout,
            "push",
            "--quiet",
            str(self.repository.git.bare),
            f"{commit}:refs/x/{commit}",
        )
        return commit

    def keep(self, commit: str) -> str:
        """Let a run put a commit on record that somebody has pushed, and return it."""
        self.repository.fetch(self.remote, {f"refs/heads/{BRANCH}": f"refs/orchestrator/{commit}"})
        self.state.save(b"", head=commit)
        return commit

    def there(self, branch: str) -> str:
        """Return where a branch stands on the forge; nothing where there is none."""
        return git(self.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def delete(self, branch: str) -> None:
        """Let somebody delete a branch over there."""
        git(self.bare, "update-ref", "-d", f"refs/heads/{branch}")


def test_foreign_commits__are_those_on_no_record(tmp_path: Path) -> None:
    """The newest foreign commit comes first, with its author; a run's own are not named."""
    world = World(tmp_path)
    assert world.upstream.foreign_commits() == ()

    first = world.keep(world.push({"a.txt": "1\n"}, "One", to=BRANCH))
    ours = world.keep(world.push({"a.txt": "2\n"}, "Two", to=BRANCH))
    assert world.upstream.foreign_commits() == ()

    git(world.bare, "update-ref", f"refs/heads/{BRANCH}", first)
    assert world.upstream.foreign_commits() == ()

    theirs = world.push({"a.txt": "3\n"}, "By hand", to=BRANCH, on=ours)
    world.push({"a.txt": "4\n"}, "By hand again", to=BRANCH, on=theirs)
    assert world.upstream.foreign_commits() == ("By hand again (Ada)", "By hand (Ada)")


@pytest.mark.parametrize("is_known", [True, False])
def test_foreign_commits__believe_no_message(tmp_path: Path, *, is_known: bool) -> None:
    """Whoever copies our words, or amends our commit and keeps them, has made it theirs."""
    world = World(tmp_path)
    ours = world.push({"a.txt": "1\n"}, OURS, to=BRANCH)
    if is_known:
        world.keep(ours)

    world.push({"a.txt": "by hand\n"}, OURS, to=BRANCH)

    assert world.upstream.foreign_commits() == ("Work (Ada)",)


def test_foreign_commits__of_a_forgotten_issue_are_all(tmp_path: Path) -> None:
    """Where the record is gone nobody can say whose a commit is, so none is written over."""
    world = World(tmp_path)
    world.keep(world.push({"a.txt": "1\n"}, OURS, to=BRANCH))
    assert world.upstream.foreign_commits() == ()

    git(world.bare, "update-ref", "-d", f"refs/orchestrator/issue-{project.NUMBER}")

    assert world.upstream.foreign_commits() == ("Work (Ada)",)


def test_foreign_commits__do_not_count_the_base(tmp_path: Path) -> None:
    """A branch that only stands at its base, or behind it, belongs to nobody."""
    world = World(tmp_path)
    git(world.checkout, "push", "--quiet", str(world.bare), f"main:refs/heads/{BRANCH}")

    assert world.upstream.foreign_commits() == ()


@pytest.mark.parametrize(
    ("theirs", "conflicts"),
    [
        ({}, ()),
        ({"b.txt": "theirs\n"}, ()),
        ({"a.txt": "theirs\n"}, ("a.txt",)),
    ],
)
def test_conflicts__are_with_the_base_as_it_is_now(
    tmp_path: Path, theirs: dict[str, str], conflicts: tuple[str, ...]
) -> None:
    """A base that moved on during the run counts as it stands at the end."""
    world = World(tmp_path)
    if theirs:
        world.push(theirs, "Meanwhile", to="main")

    assert world.upstream.conflicts(world.ours({"a.txt": "ours\n"})) == conflicts


def test_conflicts__cannot_be_known_without_the_base(tmp_path: Path) -> None:
    """A base that was rewritten, deleted or is out of reach is no evidence, and no crash."""
    world = World(tmp_path)
    head = world.ours({"a.txt": "ours\n"})
    git(world.checkout, "checkout", "--quiet", "--orphan", "other")
    commit_files(world.checkout, {"a.txt": "x\n"}, message="Rewritten")
    git(world.checkout, "push", "--quiet", "--force", str(world.bare), "HEAD:refs/heads/main")

    assert world.upstream.conflicts(head) is None

    git(world.bare, "update-ref", "-d", "refs/heads/main")
    assert world.upstream.conflicts(head) is None

    world.bare.rename(tmp_path / "gone.git")
    assert world.upstream.conflicts(head) is None


def test_push__goes_from_one_of_our_commits_to_another(tmp_path: Path) -> None:
    """A new run replaces the branch of an earlier one, and its own, also backwards."""
    world = World(tmp_path)
    world.keep(world.push({"a.txt": "earlier\n"}, "Earlier", to=BRANCH))
    push = BranchPush(world.repository, world.remote, world.upstream)
    first, second = world.ours({"a.txt": "1\n"}), world.ours({"a.txt": "2\n"})

    for commit in (first, second, first, first):
        push(BRANCH, commit)
        assert world.there(BRANCH) == commit


def test_push__never_goes_over_an_amended_commit(tmp_path: Path) -> None:
    """A person's change under our message is a person's change: the first push finds it."""
    world = World(tmp_path)
    world.keep(world.push({"a.txt": "1\n"}, OURS, to=BRANCH))
    theirs = world.push({"a.txt": "by hand\n"}, OURS, to=BRANCH)
    push = BranchPush(world.repository, world.remote, world.upstream)

    with pytest.raises(UsageError, match="no run made"):
        push(BRANCH, world.ours({"a.txt": "2\n"}))

    assert world.there(BRANCH) == theirs


def test_push__never_writes_over_what_came_in_between(tmp_path: Path) -> None:
    """Somebody's commit during the run stays; the run ends and says whose turn it is."""
    world = World(tmp_path)
    push = BranchPush(world.repository, world.remote, world.upstream)
    push(BRANCH, world.ours({"a.txt": "1\n"}))
    theirs = world.push({"a.txt": "by hand\n"}, "By hand", to=BRANCH)

    # The ending of a run that was refused pushes once more.
    for text in ("2\n", "2\n", "3\n"):
        with pytest.raises(UsageError, match="Somebody moved or deleted") as refusal:
            push(BRANCH, world.ours({"a.txt": text}))

        assert world.there(BRANCH) == theirs
        assert "branch-prefix" in refusal.value.hint


def test_push__does_not_bring_back_what_was_deleted_in_between(tmp_path: Path) -> None:
    """Who deletes the branch during the run has decided; it is not made anew, however often."""
    world = World(tmp_path)
    push = BranchPush(world.repository, world.remote, world.upstream)
    push(BRANCH, world.ours({"a.txt": "1\n"}))
    world.delete(BRANCH)

    for text in ("2\n", "3\n"):
        with pytest.raises(UsageError, match="Somebody moved or deleted"):
            push(BRANCH, world.ours({"a.txt": text}))

    assert world.there(BRANCH) == ""
