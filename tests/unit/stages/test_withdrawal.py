"""What keeps the word "ready" from being taken back, and what happens if it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeUnavailableError, NotAuthorisedError, UsageError
from orchestrator.domain.event import PullRequestPublished
from orchestrator.forge.sizes import DRAFT_PREFIX
from tests.builders_events import run_started
from tests.builders_git import git
from tests.builders_moved import BRANCH, NUMBER, STARTED, STATE, Moved
from tests.doubles.github_faults import Fault
from tests.doubles.github_repository import BareRepository
from tests.doubles.github_state import Settings, StoredPull, Token
from tests.unit.forge.rooms import github

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.event import Event
    from tests.unit.forge.rooms import Room


def in_room(room: Room, folder: Path) -> Moved:
    """Return the branch of the room's repository."""
    return Moved(
        folder=folder / "git",
        repository=BareRepository(folder / "site.git"),
        reader=room.reader,
        writer=room.writer,
    )


def written(room: Room) -> list[str]:
    """Return every change that was asked for."""
    sent = [*room.double.sent("PATCH"), *room.double.sent("POST")]
    return [each.path for each in sent if b"viewer" not in each.body]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((), "No run has left anything"),
        ((run_started(issue_number=NUMBER, branch="old/issue-42"),), "work on 'old/issue-42'"),
        ((STARTED,), "No run says"),
        ("draft", "No run says"),
    ],
    ids=["no state", "other branch", "nothing published", "red"],
)
def test_request__that_no_run_called_ready_is_left_alone(
    events: tuple[Event, ...] | str, words: str, tmp_path: Path
) -> None:
    """What people call ready is their word, whatever their branch is named."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.publish().number
        room.writer.set_draft(number, is_draft=False)
        left = moved.green(number, is_draft=True) if isinstance(events, str) else events
        if left:
            moved.leave(*left)
        moved.push()
        before = written(room)

        result = moved.look()

        assert words in result.text
        assert result.request is None
        assert not moved.request().is_draft
        assert written(room) == before


def test_request__that_is_closed_is_left_alone(tmp_path: Path) -> None:
    """A merged or closed request is no draft, and nobody opens another one for it."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        room.double.state.pulls[number].state = "closed"
        moved.push()
        before = written(room)

        assert moved.look().text == f"Pull request #{number} is not open any more."
        assert written(room) == before


def test_fork__cannot_forge_the_branch(tmp_path: Path) -> None:
    """A stranger's request from a branch of the same name is never taken for ours."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        forged = StoredPull(
            number=number + 1,
            title="Dark mode",
            body=f"<!-- orchestrator:withdrawn-{moved.judged} -->",
            login="mallory",
            head=BRANCH,
            base="main",
            head_repo="mallory/site",
        )
        room.double.state.issues[forged.number] = forged
        marker = f"<!-- orchestrator:withdrawn-{moved.judged} -->\nAll is well."
        room.double.state.add_comment(number, "mallory", marker)
        moved.push()

        result = moved.look()

        assert result.request is not None
        assert result.request.number == number
        assert room.double.state.pulls[number].draft
        assert not forged.draft
        assert [each.login for each in room.double.state.comments_of(number)] == [
            "mallory",
            "github-actions[bot]",
        ]
        assert list(room.double.state.comments_of(forged.number)) == []


def test_request__into_another_branch_is_not_the_judged_one(tmp_path: Path) -> None:
    """Somebody may open a second request from our branch: nothing was ever said of theirs."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        theirs = StoredPull(number=number + 1, title="Backport", head=BRANCH, base="old")
        room.double.state.issues[theirs.number] = theirs
        moved.push()

        result = moved.look()

        assert result.request is not None
        assert result.request.number == number
        assert (room.double.state.pulls[number].draft, theirs.draft) == (True, False)


def test_token__needs_no_more_than_the_example_gives(tmp_path: Path) -> None:
    """A job that may not write issues can still speak on its pull request."""
    with github(tmp_path, token=Token(issues="read")) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        moved.push()

        assert moved.look().request is not None

        assert len(moved.comments(number)) == 1
        assert moved.said == []


def test_token__that_may_not_is_told_where_people_look(tmp_path: Path) -> None:
    """What still says ready and is not is said on the request; the job fails, every time."""
    token = Token(contents="read")
    with github(tmp_path, token=token) as room:
        moved = in_room(room, tmp_path)
        number = moved.publish().number
        room.double.state.pulls[number].draft = False
        moved.leave(*moved.green(number))
        moved.push()

        for _ in range(2):
            with pytest.raises(NotAuthorisedError) as refusal:
                moved.look()
            assert "contents: write" in refusal.value.hint

        (comment,) = moved.comments(number)
        assert "Convert it to a draft by hand" in comment
        assert "goes back to a draft" not in comment
        assert not moved.request().is_draft


def test_comment__that_is_refused_costs_no_draft(tmp_path: Path) -> None:
    """In a locked conversation the state is set all the same, and the log has the reason."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        room.double.state.pulls[number].locked = True
        room.double.break_next(
            Fault(method="POST", path="/comments", status=403, message="Conversation is locked.")
        )
        moved.push()

        assert moved.look().request is not None

        assert moved.request().is_draft
        assert "locked" in "".join(moved.said)


def test_repository__without_drafts_gets_the_title(tmp_path: Path) -> None:
    """Where a forge has no drafts the title says it, as in a run."""
    with github(tmp_path, settings=Settings(has_drafts=False)) as room:
        moved = in_room(room, tmp_path)
        moved.call_ready()
        moved.push()

        moved.look()

        assert moved.request().title.startswith(DRAFT_PREFIX)
        assert moved.request().is_draft


def test_look__that_is_broken_off_is_finished_by_the_next(tmp_path: Path) -> None:
    """A forge that fails in the middle costs a second look and no second comment."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        moved.push()
        fault = Fault(method="POST", path="/graphql", status=502, times=50)
        room.double.break_next(fault)
        with pytest.raises(ForgeUnavailableError):
            moved.look()
        fault.times = 0

        moved.look()

        assert moved.request().is_draft
        (comment,) = moved.comments(number)
        assert "goes back to a draft" in comment


def test_run__that_begins_meanwhile_keeps_its_claim(tmp_path: Path) -> None:
    """The state is another's by then: the word is taken back, and nothing is written over."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.call_ready()
        moved.push()
        real = moved.writer

        class Slow:
            """A writer during whose work a run begins."""

            ensure_pull_request = real.ensure_pull_request
            ensure_comment = real.ensure_comment
            add_labels = real.add_labels
            remove_label = real.remove_label

            def set_draft(self, number: int, *, is_draft: bool) -> None:
                real.set_draft(number, is_draft=is_draft)
                moved.leave(*moved.green(number), is_over=False)

        moved.writer = Slow()
        moved.look()
        claimed = git(moved.repository.path, "ls-tree", "--name-only", STATE)

        assert "lock.json" in claimed
        assert moved.said == ["A run has begun meanwhile; it looks itself."]
        assert room.double.state.pulls[number].draft


def test_state__that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Nobody can say what was judged, so nothing is guessed."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        state = moved.state(job="1")
        state.load()
        state.save(b"{}\n", head=None)

        with pytest.raises(UsageError, match=STATE):
            moved.look()


def test_number__is_that_of_the_last_publication(tmp_path: Path) -> None:
    """A run that opened a second request, because the first was closed, speaks of the second."""
    with github(tmp_path) as room:
        moved = in_room(room, tmp_path)
        number = moved.publish().number
        room.writer.set_draft(number, is_draft=False)
        old = PullRequestPublished(number=3, url="", operation="created", is_draft=True)
        first, *rest = moved.green(number)
        moved.leave(first, old, STARTED, *rest)
        moved.push()

        moved.look()

        assert moved.request().is_draft
