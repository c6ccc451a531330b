"""The main job on GitHub: an issue goes in, a tested pull request comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.record import fold
from orchestrator.telemetry.replay import read_journal
from tests.doubles.messages_api import API_KEY
from tests.end_to_end import project
from tests.end_to_end.play import edit, implementer, play, play_with, talk, work
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import state_of, world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.world import Played, World

MARKER = f"<!-- orchestrator:issue-{project.NUMBER} -->"


def log_of(place: World, branch: str) -> str:
    """Return subjects, bodies and files of a branch's own commits, oldest first."""
    pretty = "--format=%s%n%b"
    span = f"refs/heads/main..refs/heads/{branch}"
    return place.github.state.git("log", "--reverse", "--name-only", pretty, span) or ""


def test_dispatch__ends_with_a_pull_request_that_is_ready(tmp_path: Path) -> None:
    """Somebody who may write gives a number and gets one tested, reviewed pull request."""
    need_walls()
    with world(tmp_path) as place:
        played = place.dispatch(play())
        log = log_of(place, project.BRANCH)
        head = place.github.state.commit(project.BRANCH)

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SUCCESS)
    assert played.model_faults == ()
    (request,) = played.pull_requests
    assert (request.head, request.base, request.draft) == (project.BRANCH, "main", False)
    assert f"Closes #{project.NUMBER}" in (request.body or "")
    (comment,) = played.comments
    assert comment.body.startswith(MARKER)
    assert f"#{request.number}" in comment.body
    assert set(played.branches) == {"main", project.BRANCH}
    assert played.outputs["pull-request-head-sha"] == head
    for words in (
        "Orchestrator-Task: 1",
        "Orchestrator-Agent: python-pro",
        "Orchestrator-Task: 2",
        "Orchestrator-Agent: test-automator",
        "Orchestrator-Run: issue-42-9001-1",
        "Co-authored-by: alice <7+alice@users.noreply.github.com>",
    ):
        assert words in log


def test_dispatch__changes_exactly_what_the_tasks_named(tmp_path: Path) -> None:
    """What is on the branch is the agents' work on the base, and nothing besides."""
    with world(tmp_path) as place:
        place.dispatch(play())
        git = place.github.state.git
        changed = git("diff", "--name-only", f"main..{project.BRANCH}")
        source = git("show", f"{project.BRANCH}:{project.SOURCE}")

    assert (changed or "").split() == [project.SOURCE, project.TESTS]
    assert source == (project.GREET + project.SHOUT).strip()


def test_dispatch__opens_a_draft_first(tmp_path: Path) -> None:
    """A pull request is created once, as a draft, and made ready by the gates alone."""
    need_walls()
    with world(tmp_path) as place:
        place.dispatch(play())
        created = [sent.json() for sent in place.github.sent("POST", "/pulls")]
        asked = b" ".join(sent.body for sent in place.github.sent("POST", "graphql"))

    assert [body["draft"] for body in created if isinstance(body, dict)] == [True]
    assert asked.count(b"markPullRequestReadyForReview") == 1
    assert b"convertPullRequestToDraft" not in asked


def test_dispatch__tells_later_steps_what_came_of_it(tmp_path: Path) -> None:
    """Every declared output is set, in the heredocs that the runner accepts."""
    need_walls()
    with world(tmp_path) as place:
        played = place.dispatch(play())
        second = place.dispatch(play())

    outputs = played.outputs
    (request,) = second.pull_requests
    assert outputs["pull-request-number"] == str(request.number)
    assert outputs["pull-request-url"].endswith(f"/octo/greeter/pull/{request.number}")
    assert outputs["branch-name"] == project.BRANCH
    assert float(outputs["cost-usd"]) > 0
    assert int(outputs["tokens-input"]) > int(outputs["tokens-cache-read"]) > 0
    assert (outputs["tasks-total"], outputs["tasks-completed"]) == ("3", "3")
    assert (outputs["gates-passed"], outputs["findings-count"]) == ("true", "0")
    assert (outputs["skip-reason"], outputs["failure-class"]) == ("", "")
    assert project.TITLE in played.summary
    first, again = (run.output_file.partition("\n")[0] for run in (played, second))
    assert first != again


def test_dispatch__leaves_files_that_can_be_audited(tmp_path: Path) -> None:
    """The journal is read back into the same ending, and every stage left its output."""
    need_walls()
    with world(tmp_path) as place:
        played = place.dispatch(play())

    record = fold(read_journal(played.journal, on_notice=pytest.fail))
    assert record.outcome is not None
    assert record.outcome.conclusion is Conclusion.SUCCESS
    assert {file.name for file in played.journal.parent.iterdir() if file.is_file()} >= {
        "plan.json",
        "technical_requirements.json",
        "test_report.json",
        "review_checklist.md",
        "report.html",
        "summary.md",
        "metrics.json",
    }


def test_dispatch__says_no_secret_anywhere(tmp_path: Path) -> None:
    """Key and token are in no file, comment, request to the model or line of the log."""
    with world(tmp_path) as place:
        played = place.dispatch(play())
        sent = str(played.requests)
        pushed = place.github.state.git("log", "--all", "-p") or ""
        token = place.token

    texts = played.everything_said + sent + pushed
    assert token not in texts
    assert API_KEY not in texts


def test_dispatch__never_pushes_a_secret(tmp_path: Path) -> None:
    """A credential that an agent writes into a file does not leave this machine with it."""
    leak = f'{project.GREET}\n\nKEY = "{API_KEY}"\n'
    careless = implementer(edit(new=leak), work())
    again = talk("implementation again", edit(new=leak), work(), when="An earlier attempt failed")
    with world(tmp_path) as place:
        played = place.dispatch(play_with(careless, again))
        pushed = place.github.state.git("log", "--all", "-p") or ""

    assert played.exit_code != 0
    assert API_KEY not in pushed
    assert API_KEY not in played.everything_said


def test_dispatch__leaves_the_workspace_as_it_was(tmp_path: Path) -> None:
    """Later steps of the job find their checkout unchanged and still their own."""
    with world(tmp_path) as place:
        before = state_of(place.workspace)
        place.dispatch(play())
        after = state_of(place.workspace)

    assert after == before
    assert before[0] == ""


def test_dispatch__again_keeps_branch_request_and_comment(tmp_path: Path) -> None:
    """One issue has one branch, one pull request and one comment, however often it is run."""
    need_walls()
    with world(tmp_path) as place:
        first = place.dispatch(play())
        second = place.dispatch(play())

    assert second.exit_code == 0
    assert second.model_faults == ()
    assert set(second.branches) == set(first.branches)
    assert _numbers(second) == _numbers(first)
    assert [comment.id for comment in second.comments] == [item.id for item in first.comments]
    assert second.outputs["pull-request-operation"] == "updated"
    assert "issue-42-9001-2" in (second.pull_requests[0].body or "")


def test_dispatch__over_the_work_of_a_person_stops(tmp_path: Path) -> None:
    """Commits that somebody added to the branch are never lost to a second run."""
    with world(tmp_path) as place:
        place.dispatch(play())
        theirs = _commit_on_branch(place)
        second = place.dispatch(play())

    assert (second.exit_code, second.outputs["conclusion"]) == (6, Conclusion.BLOCKED)
    assert "Mend it by hand" in second.stdout
    assert second.branches[project.BRANCH] == theirs
    assert second.requests == ()


def test_command_line__works_on_github_too(tmp_path: Path) -> None:
    """The same job runs from a laptop, with what the environment says."""
    with world(tmp_path) as place:
        played = place.command(
            "run",
            str(project.NUMBER),
            "--repository",
            project.REPOSITORY,
            "--sandbox",
            "unconfined",
            "--output",
            str(tmp_path / "laptop-1" / "run"),
            scenario=play(),
        )

    assert played.exit_code == 0, played.stdout + played.stderr
    assert played.model_faults == ()
    assert [request.draft for request in played.pull_requests] == [False]


def _numbers(played: Played) -> list[int]:
    return [request.number for request in played.pull_requests]


def _commit_on_branch(place: World) -> str:
    git = place.github.state.git
    tree = git("rev-parse", f"{project.BRANCH}^{{tree}}") or ""
    who = ("-c", "user.name=Bob", "-c", "user.email=bob@example.com")
    made = git(*who, "commit-tree", tree, "-p", project.BRANCH, "-m", "Mend it by hand") or ""
    git("update-ref", f"refs/heads/{project.BRANCH}", made)
    return made
