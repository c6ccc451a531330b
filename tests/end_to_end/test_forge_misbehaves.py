"""A GitHub that refuses, stumbles or loses answers: nothing is lost, and the remedy is said."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from tests.builders_git import commit_files, git
from tests.doubles.github_faults import Fault
from tests.doubles.github_state import Settings, Token
from tests.end_to_end import project
from tests.end_to_end.play import edit, implementer, play, play_with, work
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.http_server import Received
    from tests.doubles.messages_api import MessagesApi
    from tests.end_to_end.world import World

COMMENTS = f"/issues/{project.NUMBER}/comments"
SOON = {"retry-after": "0"}


def test_setting__that_forbids_pull_requests_is_named(tmp_path: Path) -> None:
    """The branch stands, nothing is lost, and the switch to turn is told with its address."""
    with world(tmp_path, settings=Settings(actions_may_open_pull_requests=False)) as place:
        played = place.dispatch(play())

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert played.outputs["failure-class"] == FailureClass.PERMISSION_MISSING
    assert played.outputs["branch-name"] == project.BRANCH
    assert played.outputs["pull-request-number"] == ""
    assert project.BRANCH in played.branches
    assert played.pull_requests == ()
    (comment,) = played.comments
    for text in (played.stdout, played.summary, comment.body):
        assert "Allow GitHub Actions to create and approve pull requests" in text
        assert "/octo/greeter/settings/actions" in text
    assert project.BRANCH in comment.body


@pytest.mark.parametrize(
    ("token", "permission"),
    [
        (Token(contents="read"), "contents: write"),
        (Token(pull_requests="read"), "pull-requests: write"),
    ],
    ids=["contents", "pull-requests"],
)
def test_permission__that_is_missing_is_told_as_yaml(
    token: Token, permission: str, tmp_path: Path
) -> None:
    """The message holds the line of the workflow that has to change."""
    with world(tmp_path, token=token) as place:
        played = place.dispatch(play())

    assert played.outputs["conclusion"] == Conclusion.BLOCKED
    assert played.exit_code in {2, 6}
    assert played.outputs["failure-class"] == FailureClass.PERMISSION_MISSING
    assert played.pull_requests == ()
    (comment,) = played.comments
    for text in (played.stdout, played.summary, comment.body):
        assert permission in text
    assert (project.BRANCH in played.branches) is (token.contents == "write")


def test_comment__that_is_forbidden_does_not_stop_the_work(tmp_path: Path) -> None:
    """Without `issues: write` there is no progress comment, and all else is as ever."""
    need_walls()
    with world(tmp_path, token=Token(issues="read", pull_requests="write")) as place:
        place.github.break_next(
            Fault(
                method="POST",
                path=COMMENTS,
                times=99,
                status=403,
                message="Resource not accessible by integration",
            )
        )
        played = place.dispatch(play())

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SUCCESS)
    assert played.comments == ()
    assert [request.draft for request in played.pull_requests] == [False]
    assert played.stdout.count("The progress comment could not be written") == 1
    assert "issues: write" in played.stdout


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault(method="GET", path="/repos/octo", times=9, status=401), 2, "github-token"),
        (Fault(method="GET", path="/repos/octo", times=9, status=404), None, "octo/greeter"),
        (Fault(method="GET", path="/collaborators", times=9, status=403), 2, "permission"),
    ],
    ids=["401", "404", "403"],
)
def test_forge__that_does_not_let_us_read_ends_the_run(
    fault: Fault, code: int | None, words: str, tmp_path: Path
) -> None:
    """Who asked cannot be checked, so nothing starts; the message says what to look at."""
    with world(tmp_path) as place:
        place.github.break_next(fault)
        played = place.dispatch(play())

    assert played.exit_code == code if code else played.exit_code in {2, 4}
    assert words in played.stdout
    assert words in played.summary
    assert "Traceback" not in played.stdout
    assert played.requests == ()
    assert set(played.branches) == {"main"}


@pytest.mark.parametrize(
    "faults",
    [
        (
            Fault(method="GET", path=f"/issues/{project.NUMBER}", times=2, status=500),
            Fault(method="POST", path="/pulls", status=429, headers=SOON),
            Fault(method="POST", path=COMMENTS, is_performed=True),
            Fault(method="PATCH", path="/pulls/", status=503),
        ),
        (
            Fault(method="POST", path="/pulls", is_performed=True),
            Fault(method="POST", path=COMMENTS, status=502, is_performed=True),
        ),
    ],
    ids=["500 twice, 429, lost comment, 503", "lost pull request, comment behind a 502"],
)
def test_forge__that_stumbles_is_asked_again_without_doubling(
    faults: tuple[Fault, ...], tmp_path: Path
) -> None:
    """One pull request and one comment, whatever answers were late or lost."""
    with world(tmp_path) as place:
        for fault in faults:
            place.github.break_next(fault)
        played = place.dispatch(play())

    assert played.model_faults == ()
    assert len(played.pull_requests) == 1
    assert len(played.comments) == 1
    assert played.outputs["conclusion"] in {Conclusion.SUCCESS, Conclusion.NEEDS_HUMAN}


def test_forge__that_rejects_the_request_keeps_the_branch(tmp_path: Path) -> None:
    """A 422 nobody foresaw is told, and the work is on the branch all the same."""
    with world(tmp_path) as place:
        refusal = Fault(
            method="POST", path="/pulls", times=99, status=422, message="Validation Failed"
        )
        place.github.break_next(refusal)
        played = place.dispatch(play())

    assert played.exit_code != 0
    assert played.outputs["conclusion"] != Conclusion.SUCCESS
    assert project.BRANCH in played.branches
    assert played.pull_requests == ()
    assert "Validation Failed" in played.stdout
    assert "Validation Failed" in played.comments[0].body


def test_repository__without_drafts_gets_a_request_that_says_so(tmp_path: Path) -> None:
    """Where there are no drafts the title carries what the state cannot."""
    need_walls()
    with world(tmp_path, settings=Settings(has_drafts=False)) as place:
        played = place.dispatch(play())

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SUCCESS)
    (request,) = played.pull_requests
    assert not request.draft
    assert not request.title.startswith("[Draft]")


def _move_base(place: World) -> None:
    """Let somebody push a change of the same lines to the base branch."""
    author = place.folder / "author"
    commit_files(author, {project.SOURCE: project.GREET + project.WHISPER})
    git(author, "push", "--quiet", str(place.github.state.git_root), "main")


def test_branch__that_a_person_pushed_to_is_no_longer_ready(tmp_path: Path) -> None:
    """What a run has said of one commit does not hold for the next: it is a draft again."""
    need_walls()
    with world(tmp_path) as place:
        first = place.dispatch(play())
        was_draft = [pull.draft for pull in first.pull_requests]
        author, forge = place.folder / "author", str(place.github.state.git_root)
        branch = f"refs/heads/{project.BRANCH}"
        git(author, "fetch", "--quiet", forge, branch)
        git(author, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        theirs = commit_files(author, {"idea.txt": "mine\n"}, message="My own idea")
        git(author, "push", "--quiet", forge, f"HEAD:{branch}")
        second = place.dispatch(play())

    assert was_draft == [False]
    assert second.requests == ()
    assert (second.exit_code, second.outputs["conclusion"]) == (6, Conclusion.BLOCKED)
    assert second.branches[project.BRANCH] == theirs
    assert [pull.draft for pull in second.pull_requests] == [True]
    (comment,) = second.comments
    for text in (second.stdout, second.summary, comment.body):
        assert "is a draft again" in text
        assert "My own idea" in text


def test_branch__that_a_person_pushes_to_meanwhile_is_theirs(tmp_path: Path) -> None:
    """A commit that arrives while the run works is never overwritten, by its last words neither."""
    theirs: list[str] = []

    def push(_: Received) -> None:
        there = place.github.state.git("for-each-ref", f"refs/heads/{project.BRANCH}")
        if theirs or not there:
            return
        author, forge = place.folder / "author", str(place.github.state.git_root)
        git(author, "fetch", "--quiet", forge, f"refs/heads/{project.BRANCH}")
        git(author, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        theirs.append(commit_files(author, {"idea.txt": "mine\n"}, message="My own idea"))
        git(author, "push", "--quiet", forge, f"HEAD:refs/heads/{project.BRANCH}")

    with world(tmp_path) as place:
        place.github.after_write = push
        played = place.dispatch(play())

    assert played.branches[project.BRANCH] == theirs[0]
    assert played.outputs["conclusion"] == Conclusion.BLOCKED
    assert [pull.draft for pull in played.pull_requests] == [True]
    (comment,) = played.comments
    for text in (played.stdout, played.summary, comment.body):
        assert "Somebody moved or deleted" in text


def test_base__that_moves_meanwhile_and_conflicts_keeps_the_draft(tmp_path: Path) -> None:
    """What somebody pushed to the base during the run is looked at before anything is ready."""

    def push(process: subprocess.Popen[str], api: MessagesApi) -> None:
        while not api.requests and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
        _move_base(place)

    with world(tmp_path) as place:
        place.meanwhile = push
        played = place.dispatch(play())

    assert played.outputs["conclusion"] == Conclusion.NEEDS_HUMAN
    assert played.outputs["failure-class"] == FailureClass.MERGE_CONFLICTS
    assert [request.draft for request in played.pull_requests] == [True]
    assert project.SOURCE in (played.pull_requests[0].body or "")


def test_base__that_moved_since_the_checkout_is_taken_from_the_forge(tmp_path: Path) -> None:
    """A stale checkout does not lead to a change of yesterday's code."""
    after = project.GREET + project.WHISPER
    mend = edit(old=after, new=project.GREET + project.SHOUT)
    with world(tmp_path) as place:
        _move_base(place)
        played = place.dispatch(play_with(implementer(mend, work())))
        diff = place.github.state.git("diff", "--name-only", f"main...refs/heads/{project.BRANCH}")

    assert played.model_faults == ()
    assert "not where it stands on the forge" in played.stdout
    assert (diff or "").split() == [project.SOURCE, project.TESTS]
