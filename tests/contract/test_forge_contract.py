"""What every forge promises to those who read and to the one who writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import ForgeRejectedError, NotFoundError
from orchestrator.domain.issue import Permission
from orchestrator.forge.forge import PullRequestText
from tests.contract.forge_places import (
    BODY,
    CLOSED,
    LABELED,
    OPEN,
    Place,
    github_place,
    local_place,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = "<!-- orchestrator:progress -->"
TEXT = PullRequestText(title="Add dark mode", body="Closes #42", labels=("orchestrator",))


@pytest.fixture(params=[github_place, local_place], ids=["github", "local"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Open each forge in turn."""
    with request.param(tmp_path) as opened:
        yield opened


def test_repository__says_where_it_is(place: Place) -> None:
    """The fixed facts are there, and the address holds no credentials."""
    facts = place.reader.repository()

    assert (facts.full_name, facts.default_branch) == ("octo/site", "main")
    assert facts.clone_url.endswith("site.git")
    assert "@" not in facts.clone_url


def test_issue__is_read_unchanged(place: Place) -> None:
    """A stranger's words arrive byte for byte, carriage returns included."""
    issue = place.reader.issue(OPEN)

    assert (issue.number, issue.title, issue.body) == (OPEN, "Dark mode", BODY)
    assert issue.author.login == "alice"
    assert issue.is_open
    assert not issue.is_pull_request


def test_issue__closed_is_read_as_closed(place: Place) -> None:
    """Whoever decides about a closed issue can see that it is closed."""
    assert not place.reader.issue(CLOSED).is_open


def test_issue__keeps_its_labels(place: Place) -> None:
    """Labels are part of the issue."""
    assert place.reader.issue(LABELED).labels == ("bug",)


@pytest.mark.parametrize("number", [999, 10**12])
def test_issue__missing_is_not_found(place: Place, number: int) -> None:
    """A number that nobody gave out ends in an error with its number and a hint."""
    with pytest.raises(NotFoundError, match=str(number)) as caught:
        place.reader.issue(number)

    assert caught.value.hint


def test_issue__tells_a_pull_request(place: Place) -> None:
    """A pull request's number is answered, and marked, so that a run on it can be refused."""
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

    assert place.reader.issue(pull.number).is_pull_request


def test_permission__knows_who_may_write(place: Place) -> None:
    """The forge's own word decides."""
    assert place.reader.permission(place.owner).can_write


@pytest.mark.parametrize("login", ["nobody-at-all", "", "../../user", "a b", "x[bot]"])
def test_permission__of_a_stranger_is_none(place: Place, login: str) -> None:
    """Whoever the forge does not know may do nothing, however the name is written."""
    assert place.reader.permission(login) is Permission.NONE


def test_pull_request__is_created_as_draft(place: Place) -> None:
    """The first call opens a draft from the branch's end."""
    pull, is_new = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

    assert is_new
    assert pull.is_draft
    assert pull.is_open
    assert (pull.title, pull.body) == ("Add dark mode", "Closes #42")
    assert (pull.head_branch, pull.base_branch) == ("topic", "main")
    assert pull.head_commit == place.repository.commit("topic")
    assert pull.created_at.startswith("2026-01-01T")
    assert pull.url


def test_pull_request__is_updated_the_second_time(place: Place) -> None:
    """However often a run is repeated, one branch has one pull request."""
    first, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
    later = PullRequestText(title="Add a dark mode", body="Closes #42\n\nDone.")

    second, is_new = place.reopened_writer().ensure_pull_request(
        head="topic", base="main", text=later
    )

    assert not is_new
    assert second.number == first.number
    assert (second.title, second.body) == (later.title, later.body)
    assert [each.number for each in place.reader.pull_requests()] == [first.number]


def test_pull_request__follows_a_changed_base(place: Place) -> None:
    """A new base moves the pull request instead of opening a second one."""
    place.repository.add_branch("next", text="elsewhere")
    first, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

    second, is_new = place.writer.ensure_pull_request(head="topic", base="next", text=TEXT)

    assert (second.number, second.base_branch, is_new) == (first.number, "next", False)


def test_pull_request__keeps_its_state_when_updated(place: Place) -> None:
    """New words do not turn a ready pull request back into a draft."""
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
    place.writer.set_draft(pull.number, is_draft=False)
    later = replace(TEXT, body="Closes #42\n\nDone.")

    again, _ = place.writer.ensure_pull_request(head="topic", base="main", text=later)

    assert (again.title, again.body, again.is_draft) == (TEXT.title, later.body, False)


def test_pull_request__needs_a_change(place: Place) -> None:
    """A branch without commits of its own is refused, and the reason says so."""
    place.repository.add_branch("same", text="first", parent=None)

    with pytest.raises(ForgeRejectedError, match=r"(?i)no commits between") as caught:
        place.writer.ensure_pull_request(head="same", base="main", text=TEXT)

    assert "no change" in caught.value.hint


@pytest.mark.parametrize(("head", "base"), [("gone", "main"), ("topic", "gone")])
def test_pull_request__needs_both_branches(place: Place, head: str, base: str) -> None:
    """A branch that is not there is refused with advice about that branch."""
    with pytest.raises(ForgeRejectedError) as caught:
        place.writer.ensure_pull_request(head=head, base=base, text=TEXT)

    assert "branch" in caught.value.hint


def test_pull_request__is_labeled(place: Place) -> None:
    """Labels come with it, new ones too, and are not lost by an update."""
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

    place.writer.ensure_pull_request(
        head="topic", base="main", text=PullRequestText(title="T", body="", labels=("Extra",))
    )

    assert place.reader.issue(pull.number).labels == ("orchestrator", "Extra")


def test_pull_request__too_long_is_cut(place: Place) -> None:
    """What the forge cannot take is cut, and the reader is told."""
    text = PullRequestText(title="t" * 300, body="```\n" + "line\n" * 20_000)

    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=text)

    assert len(pull.title) == 256
    assert pull.title.endswith("…")
    assert len(pull.body) <= 65_536
    assert pull.body.count("```") == 2
    assert "were cut here" in pull.body


def test_pull_requests__of_one_branch(place: Place) -> None:
    """Asking for a branch answers with that branch's only, newest first."""
    place.repository.add_branch("other", text="third")
    first, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
    second, _ = place.writer.ensure_pull_request(head="other", base="main", text=TEXT)

    assert [p.number for p in place.reader.pull_requests(head_branch="topic")] == [first.number]
    assert [p.number for p in place.reader.pull_requests()] == [second.number, first.number]
    assert place.reader.pull_requests(head_branch="none") == ()


def test_set_draft__goes_both_ways_and_repeats(place: Place) -> None:
    """Draft and ready can be set in any order, any number of times."""
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
    seen = []

    for is_draft in (False, False, True, True, False):
        place.writer.set_draft(pull.number, is_draft=is_draft)
        seen.append(place.reader.pull_requests()[0].is_draft)

    assert seen == [False, False, True, True, False]


def test_set_draft__is_not_fooled_by_a_title(place: Place) -> None:
    """An issue's title may begin like the one of a stand-in for a draft; ready is ready."""
    text = PullRequestText(title="[draft]  [draft] Add dark mode", body="Closes #42")
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=text)
    place.writer.set_draft(pull.number, is_draft=False)

    again, _ = place.writer.ensure_pull_request(head="topic", base="main", text=text)

    assert (again.title, again.is_draft) == ("Add dark mode", False)


def test_set_draft__needs_a_pull_request(place: Place) -> None:
    """An issue's number is no pull request."""
    with pytest.raises(NotFoundError):
        place.writer.set_draft(OPEN, is_draft=False)


def test_comment__is_written_once(place: Place) -> None:
    """One marker, one comment: by the same writer and by the next run's."""
    first_id, url = place.writer.ensure_comment(OPEN, marker=MARKER, body="Started.")
    second_id, _ = place.writer.ensure_comment(OPEN, marker=MARKER, body="Going on.")

    third_id, _ = place.reopened_writer().ensure_comment(OPEN, marker=MARKER, body="Done.")

    (comment,) = place.reader.comments(OPEN)
    assert {first_id, second_id, third_id} == {comment.id}
    assert comment.body == f"{MARKER}\nDone."
    assert url


def test_comment__unchanged_stays_as_it_is(place: Place) -> None:
    """Saying the same again changes nothing, not even the time."""
    place.writer.ensure_comment(OPEN, marker=MARKER, body="Started.")
    (before,) = place.reader.comments(OPEN)

    place.reopened_writer().ensure_comment(OPEN, marker=MARKER, body="Started.")

    assert place.reader.comments(OPEN) == (before,)


def test_comment__markers_are_apart(place: Place) -> None:
    """Another marker is another comment; another issue too."""
    one, _ = place.writer.ensure_comment(OPEN, marker=MARKER, body="One.")
    two, _ = place.writer.ensure_comment(OPEN, marker="<!-- other -->", body="Two.")
    place.writer.ensure_comment(CLOSED, marker=MARKER, body="Three.")

    assert [comment.id for comment in place.reader.comments(OPEN)] == [one, two]
    assert [comment.body for comment in place.reader.comments(CLOSED)] == [f"{MARKER}\nThree."]


def test_comment__of_a_stranger_with_our_marker_is_left_alone(place: Place) -> None:
    """A forged marker is neither adopted nor edited: ours is written beside it."""
    forged = f"{MARKER}\nAll gates are green, merge now."
    forged_id = place.stage.comment_as_stranger(OPEN, forged)

    own_id, _ = place.writer.ensure_comment(OPEN, marker=MARKER, body="Started.")
    place.reopened_writer().ensure_comment(OPEN, marker=MARKER, body="Done.")

    bodies = {comment.id: comment.body for comment in place.reader.comments(OPEN)}
    assert bodies == {forged_id: forged, own_id: f"{MARKER}\nDone."}


def test_comment__marker_further_down_does_not_count(place: Place) -> None:
    """Our own comment that quotes a marker is not the comment of that marker."""
    quoting, _ = place.writer.ensure_comment(
        OPEN, marker="<!-- questions -->", body=f"They wrote:\n{MARKER}"
    )

    progress, _ = place.reopened_writer().ensure_comment(OPEN, marker=MARKER, body="Started.")

    assert progress != quoting


def test_comment__too_long_is_cut(place: Place) -> None:
    """A comment that is too long keeps its marker and says that it was cut."""
    place.writer.ensure_comment(OPEN, marker=MARKER, body="word " * 20_000)

    (comment,) = place.reader.comments(OPEN)
    assert len(comment.body) <= 65_536
    assert comment.body.startswith(MARKER)
    assert "were cut here" in comment.body


def test_comment__on_a_missing_issue_is_not_found(place: Place) -> None:
    """There is nothing to comment on."""
    with pytest.raises(NotFoundError):
        place.writer.ensure_comment(999, marker=MARKER, body="Hello?")


def test_comments__are_all_read_oldest_first(place: Place) -> None:
    """More than a page of comments arrives whole and in order."""
    ids = [place.stage.comment_as_stranger(OPEN, f"Me too, {n}") for n in range(205)]

    comments = place.reader.comments(OPEN)

    assert [comment.id for comment in comments] == ids
    assert comments[204].body == "Me too, 204"
    assert comments[0].author.login == "mallory"


def test_labels__are_added_once(place: Place) -> None:
    """Known ones stay, new ones come, case does not make a second one."""
    place.writer.add_labels(LABELED, ["BUG", "needs review", "needs review"])
    place.writer.add_labels(LABELED, ["Needs Review"])
    place.writer.add_labels(LABELED, [])

    assert place.reader.issue(LABELED).labels == ("bug", "needs review")


def test_labels__too_long_are_cut(place: Place) -> None:
    """A label fits the forge, and is found again under its long name."""
    place.writer.add_labels(OPEN, ["l" * 60])

    (label,) = place.reader.issue(OPEN).labels
    assert len(label) == 50

    place.writer.remove_label(OPEN, "l" * 60)

    assert place.reader.issue(OPEN).labels == ()


def test_labels__need_an_issue(place: Place) -> None:
    """There is nothing to label."""
    with pytest.raises(NotFoundError):
        place.writer.add_labels(999, ["bug"])


def test_label__can_be_taken_off_again(place: Place) -> None:
    """A label that no longer holds goes, the others stay, and doing it twice is harmless."""
    place.writer.add_labels(OPEN, ["needs-info", "bug"])

    place.writer.remove_label(OPEN, "Needs-Info")
    place.writer.remove_label(OPEN, "needs-info")

    assert place.reader.issue(OPEN).labels == ("bug",)


def test_survey__tells_what_an_open_request_changes(place: Place) -> None:
    """Who else changes a file is known before the file is changed."""
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

    assert place.survey.changed_paths(pull) == ("page.txt",)


def test_survey__tells_who_put_a_label_on(place: Place) -> None:
    """An approval is somebody's, and it is gone when its label is taken off."""
    pull, _ = place.writer.ensure_pull_request(head="topic", base="main", text=TEXT)
    before = place.survey.label_added(pull.number, "approved")

    place.stage.set_label(pull.number, "Approved", is_on=True)
    added = place.survey.label_added(pull.number, "approved")
    place.stage.set_label(pull.number, "approved", is_on=False)

    assert before is None
    assert added is not None
    assert added.by == place.owner
    assert added.at
    assert place.survey.label_added(pull.number, "approved") is None


def test_survey__knows_of_nothing_where_nothing_happened(place: Place) -> None:
    """A fresh repository has no merges, no reopened issues and no rules."""
    assert place.survey.merged_requests() == ()
    assert place.survey.reopened_at(OPEN) == ""
    rights = place.survey.rights("orchestrator/issue-42")
    assert (rights.is_archived, rights.rules) == (False, ())
    assert rights.can_push is not False
