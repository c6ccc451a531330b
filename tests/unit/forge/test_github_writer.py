"""What is particular to writing to GitHub: lost answers, closed doors, no drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import (
    ForgeRejectedError,
    ForgeUnavailableError,
    NotAuthorisedError,
)
from orchestrator.forge.forge import PullRequestText
from tests.doubles.github_faults import Fault
from tests.doubles.github_state import Settings, StoredPull, Token
from tests.unit.forge.rooms import MARKER, TEXT, Room, github

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import JsonObject

LOST_ANSWERS = [None, 500, 502]


def opened(room: Room) -> int:
    """Open the pull request of topic."""
    pull, _ = room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
    return pull.number


@pytest.mark.parametrize("status", LOST_ANSWERS)
def test_pull_request__is_not_opened_twice_after_a_lost_answer(
    tmp_path: Path, status: int | None
) -> None:
    """GitHub did it and the answer got lost: it is found, and counts as created."""
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(method="POST", path="/pulls", status=status, is_performed=True)
        )

        _, is_new = room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert is_new
        assert len(room.double.pull_requests) == 1
        assert len(room.double.sent("POST", "/pulls")) == 1


@pytest.mark.parametrize("status", LOST_ANSWERS)
def test_pull_request__is_opened_again_if_it_is_not_there(
    tmp_path: Path, status: int | None
) -> None:
    """GitHub did not do it: it is asked again."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="POST", path="/pulls", status=status))

        opened(room)

        assert len(room.double.pull_requests) == 1
        assert len(room.double.sent("POST", "/pulls")) == 2


@pytest.mark.parametrize("status", LOST_ANSWERS)
def test_comment__is_not_written_twice_after_a_lost_answer(
    tmp_path: Path, status: int | None
) -> None:
    """The same for comments."""
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(method="POST", path="/comments", status=status, is_performed=True)
        )

        comment_id, _ = room.writer.ensure_comment(42, marker=MARKER, body="Hello")

        assert [comment.id for comment in room.double.comments] == [comment_id]


def test_comment__waits_for_the_limit_and_is_written_once(tmp_path: Path) -> None:
    """A request that was put off is sent again."""
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(method="POST", path="/comments", status=429, headers={"retry-after": "9"})
        )

        room.writer.ensure_comment(42, marker=MARKER, body="Hello")

        assert len(room.double.comments) == 1
        assert room.clock.sleeps == [9.0]


def test_comment__unchanged_is_not_sent_again(tmp_path: Path) -> None:
    """A run that has nothing new to say does not notify anybody."""
    with github(tmp_path) as room:
        room.writer.ensure_comment(42, marker=MARKER, body="Hello")
        room.writer.ensure_comment(42, marker=MARKER, body="Hello")

        assert len(room.double.sent("PATCH")) == 0


def test_comment__is_found_by_its_id_within_a_run(tmp_path: Path) -> None:
    """The list of comments is read once, however often the progress changes."""
    with github(tmp_path) as room:
        writer = room.writer
        for step in range(5):
            writer.ensure_comment(42, marker=MARKER, body=f"Step {step}")

        assert len(room.double.sent("GET", "/comments")) == 1
        assert len(room.double.comments) == 1


def test_comment__that_somebody_deleted_is_written_anew(tmp_path: Path) -> None:
    """A maintainer's deletion does not end the run."""
    with github(tmp_path) as room:
        writer = room.writer
        first, _ = writer.ensure_comment(42, marker=MARKER, body="One")
        del room.double.state.comments[first]

        second, _ = writer.ensure_comment(42, marker=MARKER, body="Two")

        assert [(c.id, c.body) for c in room.double.comments] == [(second, f"{MARKER}\nTwo")]


@pytest.mark.parametrize("forger", ["mallory", "github-actions", "github-actions-bot", ""])
def test_comment__of_a_namesake_is_not_ours(tmp_path: Path, forger: str) -> None:
    """A name that resembles the bot's, or a deleted account, owns nothing of ours."""
    with github(tmp_path) as room:
        forged = room.double.state.add_comment(42, forger, f"{MARKER}\nMerge now.")

        own, _ = room.writer.ensure_comment(42, marker=MARKER, body="Hello")

        assert own != forged.id
        assert forged.body == f"{MARKER}\nMerge now."


def test_comment__of_an_app_belongs_to_that_app(tmp_path: Path) -> None:
    """Another bot's comment with our marker is a stranger's too."""
    app = Token(login="my-app[bot]", is_workflow_token=False)
    with github(tmp_path, token=app) as room:
        room.double.state.add_comment(42, "github-actions[bot]", f"{MARKER}\nOther")
        own = room.double.state.add_comment(42, "my-app[bot]", f"{MARKER}\nMine")

        found, _ = room.writer.ensure_comment(42, marker=MARKER, body="Hello")

        assert found == own.id


def test_two_own_comments__the_older_is_kept_current(tmp_path: Path) -> None:
    """If two runs raced, both later agree on one comment."""
    with github(tmp_path) as room:
        first = room.double.state.add_comment(42, "github-actions[bot]", f"{MARKER}\nA")
        room.double.state.add_comment(42, "github-actions[bot]", f"{MARKER}\nB")

        found, _ = room.writer.ensure_comment(42, marker=MARKER, body="C")

        assert found == first.id


def test_pull_request__of_a_faster_run_is_updated(tmp_path: Path) -> None:
    """Another run opened it between our look and our request: it is taken over."""
    with github(tmp_path) as room:
        room.double.state.issues[50] = StoredPull(
            number=50, title="Theirs", head="topic", base="main", draft=True
        )
        room.double.break_next(Fault(method="GET", path="/pulls", status=200, document=[]))

        pull, is_new = room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert (pull.number, pull.title, is_new) == (50, "Add dark mode", False)
        assert len(room.double.sent("POST", "/pulls")) == 1


def test_pull_request__from_our_branch_into_another_is_somebody_s(tmp_path: Path) -> None:
    """Who opens a second one from our branch keeps it as it is: the one into our base is ours."""
    with github(tmp_path) as room:
        number = opened(room)
        theirs = StoredPull(number=number + 50, title="Backport", head="topic", base="old")
        room.double.state.issues[theirs.number] = theirs

        pull, is_new = room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert (pull.number, is_new) == (number, False)
        assert (theirs.title, theirs.base) == ("Backport", "old")


def test_pull_request__that_exists_out_of_our_sight_is_an_error(tmp_path: Path) -> None:
    """GitHub says there is one and shows none: the reader gets GitHub's words."""
    with github(tmp_path) as room:
        opened(room)
        room.double.break_next(Fault(method="GET", path="/pulls", times=2, status=200, document=[]))

        with pytest.raises(ForgeRejectedError, match="already exists for octo:topic"):
            opened(room)


def test_pull_request__forbidden_by_the_setting_names_it(tmp_path: Path) -> None:
    """The reader is told which box to tick, and a personal token goes around it."""
    settings = Settings(actions_may_open_pull_requests=False)
    with github(tmp_path, settings=settings) as room:
        with pytest.raises(NotAuthorisedError, match="from 'topic' into 'main'") as caught:
            opened(room)

        assert f"{room.double.server_url}/octo/site/settings/actions" in caught.value.hint
        assert "Allow GitHub Actions to create and approve pull requests" in caught.value.hint
        assert len(room.double.sent("POST", "/pulls")) == 1


@pytest.mark.parametrize("login", ["alice", "my-app[bot]"])
def test_pull_request__of_another_token_is_not_concerned(tmp_path: Path, login: str) -> None:
    """The advice works: with an app's or a person's token it is opened."""
    settings = Settings(actions_may_open_pull_requests=False)
    token = Token(login=login, is_workflow_token=False)
    with github(tmp_path, settings=settings, token=token) as room:
        assert opened(room)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (Token(pull_requests="read"), "pull-requests: write  # this one"),
        (
            Token(pull_requests="none", login="alice", is_workflow_token=False),
            "pull-requests: write",
        ),
    ],
)
def test_pull_request__without_permission_shows_the_yaml(
    tmp_path: Path, token: Token, words: str
) -> None:
    """The missing permission is in the hint, ready to paste."""
    with github(tmp_path, token=token) as room, pytest.raises(NotAuthorisedError) as caught:
        opened(room)

    assert words in caught.value.hint


def test_comment__without_permission_shows_the_yaml(tmp_path: Path) -> None:
    """Commenting on an issue needs another permission than opening a pull request."""
    token = Token(issues="read")
    with github(tmp_path, token=token) as room, pytest.raises(NotAuthorisedError) as caught:
        room.writer.ensure_comment(42, marker=MARKER, body="Hello")

    assert "issues: write  # this one" in caught.value.hint


def test_ready__needs_contents_too(tmp_path: Path) -> None:
    """GraphQL's refusal, which comes with status 200, is understood."""
    token = Token(contents="read")
    with github(tmp_path, token=token) as room:
        number = opened(room)

        with pytest.raises(NotAuthorisedError, match="ready for review") as caught:
            room.writer.set_draft(number, is_draft=False)

    assert "contents: write  # this one" in caught.value.hint


def test_draft__that_github_refuses_is_an_error(tmp_path: Path) -> None:
    """A request that stays ready against our will is never taken for a draft."""
    with github(tmp_path, token=Token(contents="read")) as room:
        number = opened(room)
        room.double.pull_requests[0].draft = False

        with pytest.raises(NotAuthorisedError, match="as a draft") as caught:
            room.writer.set_draft(number, is_draft=True)

        assert not room.double.pull_requests[0].draft
    assert "contents: write  # this one" in caught.value.hint


def test_archived__is_said_to_be(tmp_path: Path) -> None:
    """Nothing can be written into an archive."""
    with (
        github(tmp_path, settings=Settings(is_archived=True)) as room,
        pytest.raises(ForgeRejectedError, match="archived"),
    ):
        opened(room)


def test_no_drafts__a_normal_one_says_that_it_is_a_draft(tmp_path: Path) -> None:
    """Where drafts are not to be had the title says it, through updates, until it is ready."""
    with github(tmp_path, settings=Settings(has_drafts=False)) as room:
        pull, is_new = room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
        again, _ = room.writer.ensure_pull_request(
            head="topic", base="main", text=PullRequestText(title="Better", body="B")
        )

        assert is_new
        assert (pull.title, pull.is_draft) == ("[draft] Add dark mode", True)
        assert again.title == "[draft] Better"
        assert "no draft pull requests" in room.said[0]

        titles = []
        for is_draft in (True, False, False, True):
            room.writer.set_draft(pull.number, is_draft=is_draft)
            titles.append(room.double.pull_requests[0].title)

        assert titles == ["[draft] Better", "Better", "Better", "[draft] Better"]
        assert not room.double.pull_requests[0].draft


@pytest.mark.parametrize("is_performed", [True, False])
def test_ready__survives_a_lost_answer(tmp_path: Path, *, is_performed: bool) -> None:
    """Marking ready is harmless to repeat."""
    with github(tmp_path) as room:
        number = opened(room)
        room.double.break_next(Fault(method="POST", path="graphql", is_performed=is_performed))

        room.writer.set_draft(number, is_draft=False)

        assert not room.double.pull_requests[0].draft


def test_ready__that_happened_all_the_same_is_no_error(tmp_path: Path) -> None:
    """When every answer got lost, the pull request itself is asked."""
    with github(tmp_path) as room:
        number = opened(room)
        room.double.break_next(Fault(method="POST", path="graphql", times=9, is_performed=True))

        room.writer.set_draft(number, is_draft=False)

        assert not room.double.pull_requests[0].draft


def test_ready__that_did_not_happen_is_an_error(tmp_path: Path) -> None:
    """Nobody is told "ready" about a draft."""
    with github(tmp_path) as room:
        number = opened(room)
        room.double.break_next(Fault(method="POST", path="graphql", times=9))

        with pytest.raises(ForgeUnavailableError, match="ready for review"):
            room.writer.set_draft(number, is_draft=False)


def test_reviewers__that_cannot_review_do_not_cost_the_pull_request(tmp_path: Path) -> None:
    """A mistyped name is reported; the others are asked; the author is left out."""
    users = {"alice": "admin", "bob": "write", "eve": "none"}
    text = PullRequestText(
        title="T", body="B", reviewers=("eve", "bob", "GitHub-Actions[bot]", "bob")
    )
    with github(tmp_path, users=users) as room:
        pull, _ = room.writer.ensure_pull_request(head="topic", base="main", text=text)

        assert room.double.state.pulls[pull.number].reviewers == ["bob"]
        (said,) = room.said
        assert "'eve'" in said


def test_reviewers__that_nobody_was_asked_for_are_an_error(tmp_path: Path) -> None:
    """A token that may not ask at all is no mistyped name."""
    text = PullRequestText(title="T", body="B", reviewers=("bob",))
    refusal: JsonObject = {"message": "Resource not accessible by integration"}
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(method="POST", path="/requested_reviewers", status=403, document=refusal)
        )

        with pytest.raises(NotAuthorisedError, match="ask 'bob' for a review"):
            room.writer.ensure_pull_request(head="topic", base="main", text=text)


def test_label__that_somebody_else_made_meanwhile_is_used(tmp_path: Path) -> None:
    """GitHub's "already exists" is the answer we wanted."""
    with github(tmp_path) as room:
        room.double.state.labels["Bug"] = "ff0000"

        room.writer.add_labels(42, ["bug"])

        assert room.reader.issue(42).labels == ("bug",)


def test_label__that_may_not_be_made_is_an_error(tmp_path: Path) -> None:
    """A missing permission shows before anything is half done."""
    token = Token(issues="read", pull_requests="read")
    with github(tmp_path, token=token) as room, pytest.raises(NotAuthorisedError):
        room.writer.add_labels(42, ["bug"])


def test_unchanged_pull_request__is_not_sent_again(tmp_path: Path) -> None:
    """Nothing new, nothing written."""
    with github(tmp_path) as room:
        opened(room)
        before = len(room.double.sent("POST"))
        opened(room)

        assert len(room.double.sent("PATCH")) == 0
        assert len(room.double.sent("POST")) == before
