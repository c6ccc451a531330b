"""What is particular to reading from GitHub."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import (
    ForgeError,
    ForgeUnavailableError,
    NotAuthorisedError,
    NotFoundError,
)
from orchestrator.domain.issue import Permission
from orchestrator.forge.github_answers import PermissionAnswer
from orchestrator.forge.github_reader import GithubReader
from tests.doubles.github_faults import Fault
from tests.doubles.github_state import Settings, StoredPull
from tests.unit.forge.rooms import TEXT, github

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", Permission.ADMIN),
        ("maintain", Permission.MAINTAIN),
        ("write", Permission.WRITE),
        ("triage", Permission.TRIAGE),
        ("read", Permission.READ),
        ("none", Permission.NONE),
    ],
)
def test_permission__is_the_fine_role(tmp_path: Path, role: str, expected: Permission) -> None:
    """Maintain and triage are told from write and read."""
    with github(tmp_path, users={"bob": role, "dependabot[bot]": role}) as room:
        assert room.reader.permission("bob") is expected
        assert room.reader.permission("dependabot[bot]") is expected


@pytest.mark.parametrize(
    ("coarse", "fine", "expected"),
    [
        ("write", "release-manager", Permission.WRITE),
        ("read", "auditor", Permission.READ),
        ("read", "write", Permission.READ),
        ("write", "triage", Permission.TRIAGE),
        ("write", "", Permission.WRITE),
        ("everything", "", Permission.NONE),
        ("everything", "admin", Permission.NONE),
    ],
)
def test_permission__in_doubt_is_the_lower(coarse: str, fine: str, expected: Permission) -> None:
    """Custom roles count as what they are based on; contradictions never raise anybody."""
    assert PermissionAnswer(permission=coarse, role_name=fine).as_permission() is expected


@pytest.mark.parametrize("status", [500, 502, None])
def test_permission__that_github_does_not_tell_is_an_error(
    tmp_path: Path, status: int | None
) -> None:
    """No answer is not a permission: the caller cannot go on."""
    with github(tmp_path) as room:
        room.double.break_next(Fault(method="GET", path="/collaborators/", times=9, status=status))

        with pytest.raises(ForgeUnavailableError):
            room.reader.permission("alice")


def test_permission__that_may_not_be_asked_is_an_error(tmp_path: Path) -> None:
    """A token that may not ask stops the run too."""
    with github(tmp_path) as room:
        room.double.break_next(
            Fault(
                method="GET",
                path="/collaborators/",
                status=403,
                message="Resource not accessible by integration",
            )
        )

        with pytest.raises(NotAuthorisedError, match="what 'alice' may do"):
            room.reader.permission("alice")


@pytest.mark.parametrize("login", ["..", "alice/../../../user", "a?b=c", "-x", "[bot]", "é"])
def test_permission__never_sends_a_strange_name(tmp_path: Path, login: str) -> None:
    """A name that no account can have does not become part of an address."""
    with github(tmp_path) as room:
        assert room.reader.permission(login) is Permission.NONE
        assert room.double.requests == []


def test_issue__that_was_moved_is_not_read(tmp_path: Path) -> None:
    """Another repository's text does not come in through a redirect."""
    with github(tmp_path) as room:
        room.double.state.moved[42] = ("octo/other", 9)

        with pytest.raises(NotFoundError, match="was moved"):
            room.reader.issue(42)


@pytest.mark.parametrize("kind", ["deleted", "disabled"])
def test_issue__that_is_gone_says_how(tmp_path: Path, kind: str) -> None:
    """Deleted issues and issues that are turned off are told apart."""
    settings = Settings(has_issues=kind != "disabled")
    with github(tmp_path, settings=settings) as room:
        room.double.state.deleted.add(42)

        with pytest.raises(NotFoundError, match=kind) as caught:
            room.reader.issue(42)

    assert caught.value.status == 410


def test_issue__of_a_deleted_account_has_a_ghost(tmp_path: Path) -> None:
    """`null` where an author belongs does not break anything; a null body is empty."""
    with github(tmp_path) as room:
        room.double.state.issues[42].login = ""
        room.double.state.issues[42].body = None
        room.double.state.issues[42].locked = True
        room.double.state.add_comment(42, "", "Bye")

        issue = room.reader.issue(42)
        (comment,) = room.reader.comments(42)

    assert (issue.author.login, issue.body, issue.is_locked) == ("ghost", "", True)
    assert comment.author.login == "ghost"


def test_bots__are_told_by_the_api(tmp_path: Path) -> None:
    """Whether somebody is a bot is the API's word."""
    with github(tmp_path) as room:
        room.double.state.add_comment(42, "renovate[bot]", "Hi")
        room.double.state.add_comment(42, "bot-lover", "Hi")

        assert [c.author.is_bot for c in room.reader.comments(42)] == [True, False]


def test_pull_requests__of_forks_are_not_ours(tmp_path: Path) -> None:
    """A fork's branch of the same name is somebody else's, and so is a closed pull request."""
    with github(tmp_path) as room:
        pulls = room.double.state.issues
        pulls[50] = StoredPull(
            number=50, title="Fork", head="topic", base="main", head_repo="octo/fork"
        )
        pulls[51] = StoredPull(number=51, title="Old", head="topic", base="main", state="closed")

        assert room.reader.pull_requests(head_branch="topic") == ()
        _, is_new = room.writer.ensure_pull_request(head="topic", base="main", text=TEXT)

        assert is_new
        assert [p.number for p in room.reader.pull_requests()] == [52, 50]


def test_errors__keep_the_status(tmp_path: Path) -> None:
    """Whoever decides about a failure reads the status, not the sentence."""
    with github(tmp_path) as room, pytest.raises(ForgeError) as caught:
        room.reader.issue(7)

    assert caught.value.status == 404


@pytest.mark.parametrize("merged_at", [None, "2026-02-01T00:00:00Z"])
def test_issue__that_is_a_request_tells_a_merge_from_a_closing(
    tmp_path: Path, merged_at: str | None
) -> None:
    """One question about one number is enough, however long ago it was settled."""
    pull = StoredPull(
        number=43, title="Old", state="closed", head="a", base="main", merged_at=merged_at
    )
    with github(tmp_path) as room:
        room.double.state.issues[43] = pull
        issue = room.reader.issue(43)

        assert (issue.is_pull_request, issue.is_open) == (True, False)
        assert issue.merged_at == (merged_at or "")
        assert len(room.double.requests) == 1


def test_repository__that_has_another_name_now_is_said_to(tmp_path: Path) -> None:
    """GitHub sends old names on, but filters and pages get lost on the way: nothing is begun."""
    with github(tmp_path) as room:
        room.double.state.renamed["octo/pages"] = "octo/site"
        before = replace(room.connection.place, full_name="octo/pages")
        reader = GithubReader(replace(room.connection, place=before))

        with pytest.raises(NotFoundError, match="'octo/pages' is called 'octo/site' now") as caught:
            reader.repository()

    assert "--repository octo/site" in caught.value.hint
