"""What reaches the forge: once, in order, and honest when it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from orchestrator.domain.errors import (
    ForgeRejectedError,
    ForgeUnavailableError,
    NotAuthorisedError,
)
from orchestrator.domain.event import BranchPushed, ProgressPublished
from orchestrator.forge.local_forge import LocalReader, LocalWriter
from orchestrator.stages.branch import Piece
from orchestrator.stages.implementation import move_head
from tests.builders_git import commit_files, git
from tests.end_to_end import project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.forge.forge import PullRequest, PullRequestText
    from tests.unit.stages.house import Furnish, House

DOWN = ForgeUnavailableError("The forge is out of reach.", hint="Wait.")
FORBIDDEN = NotAuthorisedError("Actions may not create pull requests.", hint="Tick the box.")
CREATE, DRAFT, COMMENT = "ensure_pull_request", "set_draft", "ensure_comment"


@dataclass
class Moody:
    """A `ForgeWriter` in front of a real one: some calls fail as long as a test wants."""

    real: LocalWriter
    moods: dict[str, Exception] = field(default_factory=dict)
    after: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens over there once a call is through, the first time."""
    calls: list[str] = field(default_factory=list)

    def ensure_pull_request(
        self, *, head: str, base: str, text: PullRequestText
    ) -> tuple[PullRequest, bool]:
        self._feel(CREATE)
        return self.real.ensure_pull_request(head=head, base=base, text=text)

    def set_draft(self, number: int, *, is_draft: bool) -> None:
        self._feel(DRAFT)
        self.real.set_draft(number, is_draft=is_draft)
        self.after.pop(DRAFT, lambda: None)()

    def ensure_comment(self, number: int, *, marker: str, body: str) -> tuple[int, str]:
        self._feel(COMMENT)
        return self.real.ensure_comment(number, marker=marker, body=body)

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        self.real.add_labels(number, labels)

    def remove_label(self, number: int, label: str) -> None:
        self.real.remove_label(number, label)

    def _feel(self, call: str) -> None:
        self.calls.append(call)
        if call in self.moods:
            raise self.moods[call]


def a_commit(house: House, text: str) -> str:
    """Let the branch's head move, as after a task."""
    branch = house.context.branch
    checkout = house.folder / "author"
    if not checkout.exists():
        git(house.folder, "clone", "--quiet", str(house.folder / "checkout"), str(checkout))
    (checkout / "note.txt").write_text(text)
    git(checkout, "add", "--all")
    tree = git(checkout, "write-tree")
    commit = git(checkout, "commit-tree", tree, "-p", "HEAD", "-m", text)
    git(checkout, "push", "--quiet", str(house.repository.git.bare), f"{commit}:refs/x/{commit}")
    message = f"{text}\n\nOrchestrator-Run: run-1\n"
    laid = branch.lay(
        branch.base, [Piece(task_id=1, start=branch.base, tree=tree, message=message)]
    )
    move_head(house.context, cast("str", laid))
    return branch.head


def _requests(house: House) -> Sequence[PullRequest]:
    return LocalReader(house.forge).pull_requests()


def _there(house: House) -> str:
    return git(house.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{project.BRANCH}")


def test_show__is_one_push_one_request_one_comment(furnish: Furnish) -> None:
    """However often it is called, the same head is published once."""
    house = furnish()
    publisher = house.publisher()
    publisher.announce()
    first = a_commit(house, "one")

    for _ in range(3):
        publisher.show(first)
    second = a_commit(house, "two")
    publisher.show(second)

    (request,) = _requests(house)
    assert (request.head_commit, request.is_draft) == (second, True)
    (comment,) = LocalReader(house.forge).comments(project.NUMBER)
    assert comment.body.startswith("<!-- orchestrator:issue-42 -->")
    record = house.journal.record
    assert record.pushed == BranchPushed(branch=project.BRANCH, commit=second)
    assert record.progress == ProgressPublished(comment_id=comment.id, url=comment.url)


def test_show__puts_a_commit_on_record_before_the_branch_shows_it(furnish: Furnish) -> None:
    """Killed in between, the next run finds a commit of ours too few, and never one too many."""
    house = furnish()
    commit = a_commit(house, "one")
    seen: list[tuple[str, str]] = []

    def push(_branch: str, pushed: str) -> None:
        kept = git(house.bare, "rev-list", f"refs/orchestrator/issue-{project.NUMBER}").split()
        seen.append((pushed, pushed if pushed in kept else "not kept"))

    house.publisher(push=push).deliver(commit)

    assert seen == [(commit, commit)]


def test_show__pushes_nothing_that_it_cannot_put_on_record(furnish: Furnish) -> None:
    """A branch whose commits nobody knows would be taken for somebody else's."""
    house = furnish()
    commit = a_commit(house, "one")

    def keep(_commit: str) -> None:
        raise DOWN

    house.publisher(keep=keep).show(commit)

    assert _there(house) == ""
    assert "A push had to wait" in house.notes()


def test_show__of_another_run_finds_what_is_there(furnish: Furnish) -> None:
    """A second run on the issue takes over request and comment."""
    house = furnish()
    house.publisher().show(a_commit(house, "one"))

    house.publisher().show(a_commit(house, "two"))

    assert len(_requests(house)) == 1
    assert len(LocalReader(house.forge).comments(project.NUMBER)) == 1


def test_settle__makes_ready_and_draft_again(furnish: Furnish) -> None:
    """The state follows the outcome in both directions, without a needless call."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge))
    publisher = house.publisher(writer)
    publisher.show(a_commit(house, "one"))

    publisher.settle(is_ready=True)
    assert [request.is_draft for request in _requests(house)] == [False]
    publisher.settle(is_ready=True)
    assert writer.calls.count(DRAFT) == 1

    publisher.settle(is_ready=False)
    assert [request.is_draft for request in _requests(house)] == [True]


def test_deliver__of_a_new_commit_makes_a_ready_request_a_draft(furnish: Furnish) -> None:
    """Ready was said of the commit before: a push takes it back at once, in a later run too."""
    house = furnish()
    first = house.publisher()
    first.show(a_commit(house, "one"))
    first.settle(is_ready=True)

    house.publisher().deliver(a_commit(house, "two"))

    (request,) = LocalReader(house.forge).pull_requests(head_branch=project.BRANCH)
    assert request.is_draft


def push_by_hand(house: House, subject: str = "By hand") -> str:
    """Let a person put a commit on top of the run's branch, and return it."""
    person = house.folder / "person"
    if not person.exists():
        git(house.folder, "clone", "--quiet", str(house.bare), str(person))
    git(person, "fetch", "--quiet", "origin", project.BRANCH)
    git(person, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    commit = commit_files(person, {"theirs.txt": subject}, message=subject)
    git(person, "push", "--quiet", "origin", f"HEAD:refs/heads/{project.BRANCH}")
    return commit


def test_settle__makes_nothing_ready_that_was_not_judged(furnish: Furnish) -> None:
    """A person's commit on the branch is not the one that the gates have seen."""
    house = furnish()
    publisher = house.publisher()
    publisher.show(a_commit(house, "one"))
    theirs = push_by_hand(house)

    publisher.settle(is_ready=True)

    (request,) = _requests(house)
    assert (request.head_commit, request.is_draft) == (theirs, True)
    assert theirs[:12] in publisher.doubt
    assert house.context.branch.head[:12] in publisher.doubt


@pytest.mark.parametrize("is_refused", [False, True])
def test_settle__takes_ready_back_when_somebody_was_faster(
    furnish: Furnish, *, is_refused: bool
) -> None:
    """A push between the last look and the mark is seen; what cannot be undone is not hidden."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge))

    def push() -> None:
        push_by_hand(house)
        if is_refused:
            writer.moods[DRAFT] = FORBIDDEN

    writer.after[DRAFT] = push
    publisher = house.publisher(writer)
    publisher.show(a_commit(house, "one"))

    publisher.settle(is_ready=True)

    (request,) = _requests(house)
    known = house.journal.record.pull_request
    assert known is not None
    assert request.is_draft is known.is_draft is not is_refused
    assert writer.calls.count(DRAFT) == 2
    assert "moved by somebody else" in publisher.doubt
    assert ("The draft state could not be changed" in house.notes()) is is_refused


def test_settle__makes_nothing_ready_when_the_branch_is_out_of_sight(furnish: Furnish) -> None:
    """Where nobody says what the branch holds, nothing is claimed of it."""
    house = furnish()
    house.publisher().show(a_commit(house, "one"))

    def there() -> str | None:
        raise DOWN

    publisher = house.publisher(there=there)
    publisher.take_over(house.context.branch.head)
    publisher.settle(is_ready=True)

    assert [request.is_draft for request in _requests(house)] == [True]
    assert "The forge is out of reach." in publisher.doubt


def test_settle__without_a_push_writes_the_comment_only(furnish: Furnish) -> None:
    """A run that ended early says so on the issue and opens nothing."""
    house = furnish()

    house.publisher().settle(is_ready=False)

    assert _requests(house) == ()
    assert len(LocalReader(house.forge).comments(project.NUMBER)) == 1


def test_show__keeps_the_branch_when_the_request_is_forbidden(furnish: Furnish) -> None:
    """The setting is named once, the branch stands, and nobody is asked again."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge), {CREATE: FORBIDDEN})
    publisher = house.publisher(writer)
    head = a_commit(house, "one")

    publisher.show(head)
    publisher.show(head)
    publisher.settle(is_ready=False)

    assert publisher.refusal is FORBIDDEN
    assert writer.calls.count(CREATE) == 1
    assert _there(house) == head
    assert [note.hint for note in house.journal.record.notes] == ["Tick the box."]


def test_show__tries_a_rejected_request_again(furnish: Furnish) -> None:
    """A request that the forge did not take is asked for at the next step, and then found."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge), {CREATE: ForgeRejectedError("422.", hint="Later.")})
    publisher = house.publisher(writer)
    head = a_commit(house, "one")

    publisher.show(head)
    publisher.show(head)
    assert publisher.rejection is writer.moods[CREATE]
    writer.moods.clear()
    publisher.show(head)

    assert publisher.rejection is None
    assert len(_requests(house)) == 1
    assert len(house.journal.record.notes) == 1


def test_announce__without_permission_is_said_once(furnish: Furnish) -> None:
    """A token that may not comment stops nothing and is not tried again."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge), {COMMENT: FORBIDDEN})
    publisher = house.publisher(writer)

    publisher.announce()
    publisher.show(a_commit(house, "one"))
    publisher.settle(is_ready=False)

    assert writer.calls.count(COMMENT) == 1
    assert len(_requests(house)) == 1


def test_settle__writes_the_comment_after_a_bad_hour(furnish: Furnish) -> None:
    """A forge that stumbled in the middle never leaves "in progress" on the issue."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge))
    publisher = house.publisher(writer)
    publisher.announce()
    writer.moods[COMMENT] = DOWN
    publisher.announce()
    publisher.announce()
    assert writer.calls.count(COMMENT) == 2

    writer.moods.clear()
    publisher.settle(is_ready=False)

    assert writer.calls.count(COMMENT) == 3


def test_show__waits_for_a_forge_out_of_reach(furnish: Furnish) -> None:
    """A push that fails for the moment is made up for by the next one, not the run's end."""
    house = furnish()
    answers: list[ForgeUnavailableError | None] = [DOWN, None]
    pushed: list[str] = []

    def push(branch: str, commit: str) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        pushed.append(commit)

    publisher = house.publisher(push=push)
    head = a_commit(house, "one")

    publisher.show(head)
    assert house.journal.record.pushed is None
    assert "A push had to wait: The forge is out of reach." in house.notes()
    publisher.show(head)
    publisher.show(head)

    assert pushed == [head]


def test_say__waits_for_a_forge_out_of_reach(furnish: Furnish) -> None:
    """A lease that cannot be renewed for the moment ends no run, and nothing is said meanwhile."""
    house, answers = furnish(), [DOWN]

    def hold() -> None:
        if answers:
            raise answers.pop()

    publisher = house.publisher(hold=hold)

    publisher.say()
    assert not LocalReader(house.forge).comments(project.NUMBER)
    assert "The progress comment had to wait: The forge is out of reach." in house.notes()
    publisher.say()

    assert len(LocalReader(house.forge).comments(project.NUMBER)) == 1


def test_deliver__does_not_hide_that_the_forge_is_out_of_reach(furnish: Furnish) -> None:
    """At the end a push that failed is an ending."""

    def push(branch: str, commit: str) -> None:
        raise DOWN

    house = furnish()

    with pytest.raises(ForgeUnavailableError):
        house.publisher(push=push).deliver(a_commit(house, "one"))


def test_settle__says_when_the_state_did_not_change(furnish: Furnish) -> None:
    """A draft that cannot be made ready stays one in the record too."""
    house = furnish()
    writer = Moody(LocalWriter(house.forge), {DRAFT: FORBIDDEN})
    publisher = house.publisher(writer)
    publisher.show(a_commit(house, "one"))

    publisher.settle(is_ready=True)

    request = house.journal.record.pull_request
    assert request is not None
    assert request.is_draft
    assert "The draft state could not be changed" in house.notes()
