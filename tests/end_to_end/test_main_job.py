"""The main job on GitHub: an issue goes in, a tested pull request comes out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.record import fold
from orchestrator.llm.translate import unmarked
from orchestrator.telemetry.replay import read_journal
from tests.doubles.messages_api import API_KEY
from tests.end_to_end import project
from tests.end_to_end.checkouts import state_of
from tests.end_to_end.play import (
    analyst,
    edit,
    implementer,
    no_other_way,
    planner,
    play,
    talk,
    work,
)
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import declared_outputs, world

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json
    from tests.end_to_end.world import Played

MARKER = f"<!-- orchestrator:issue-{project.NUMBER} -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The main job, played twice in one world."""

    first: Played
    second: Played
    log: str
    """Subjects, bodies and files of the branch's commits after the first run."""
    source: str
    history: str
    """Every patch on the forge."""
    created: tuple[Json, ...]
    """Bodies of all requests to create a pull request."""
    graphql: bytes
    token: str
    workspace_before: object
    workspace_after: object


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Play the main job, and then the same again."""
    need_walls()
    with world(tmp_path_factory.mktemp("story")) as place:
        git = place.github.state.git
        before = state_of(place.workspace)
        first = place.dispatch(play())
        pretty = (
            "--reverse",
            "--name-only",
            "--format=%s%n%b",
            f"main..refs/heads/{project.BRANCH}",
        )
        log, history = git("log", *pretty) or "", git("log", "--all", "-p") or ""
        graphql = b" ".join(sent.body for sent in place.github.sent("POST", "graphql"))
        return Story(
            first=first,
            second=place.dispatch(play()),
            log=log,
            source=git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}") or "",
            history=history,
            created=tuple(sent.json() for sent in place.github.sent("POST", "/pulls")),
            graphql=graphql,
            token=place.token,
            workspace_before=before,
            workspace_after=state_of(place.workspace),
        )


def test_dispatch__ends_with_a_pull_request_that_is_ready(story: Story) -> None:
    """Somebody who may write gives a number and gets one tested, reviewed pull request."""
    played = story.first
    (request,) = played.pull_requests
    (comment,) = played.comments

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SUCCESS)
    assert played.model_faults == ()
    assert (request.head, request.base, request.draft) == (project.BRANCH, "main", False)
    assert f"Closes #{project.NUMBER}" in (request.body or "")
    assert comment.body.startswith(MARKER)
    assert f"#{request.number}" in comment.body
    assert set(played.branches) == {"main", project.BRANCH}
    assert played.outputs["pull-request-head-sha"] == played.branches[project.BRANCH]


def test_commits__say_which_task_agent_and_person_made_them(story: Story) -> None:
    """Each task is one commit that can be traced to its agent, its run and who asked."""
    expected = (
        "Orchestrator-Task: 1",
        "Orchestrator-Agent: python-pro",
        "Orchestrator-Task: 2",
        "Orchestrator-Agent: test-automator",
        "Orchestrator-Run: 9001-1",
        "Co-authored-by: alice <7+alice@users.noreply.github.com>",
    )

    assert [words for words in expected if words not in story.log] == []
    assert [line for line in story.log.splitlines() if line.endswith(".py")] == [
        project.SOURCE,
        project.TESTS,
    ]
    assert story.source == (project.GREET + project.SHOUT).strip()


def test_pull_request__is_opened_once_and_as_a_draft(story: Story) -> None:
    """Two runs create one pull request, as a draft, and the gates alone make it ready."""
    drafts = [body["draft"] for body in story.created if isinstance(body, dict)]

    assert drafts == [True]
    assert story.graphql.count(b"markPullRequestReadyForReview") == 1
    assert b"convertPullRequestToDraft" not in story.graphql


def test_outputs__tell_later_steps_what_came_of_it(story: Story) -> None:
    """Every declared output is set, in heredocs that nobody can guess."""
    outputs = story.first.outputs
    (request,) = story.first.pull_requests
    first, second = (run.output_file.partition("\n")[0] for run in (story.first, story.second))

    assert set(outputs) == set(declared_outputs()) - {"matrix"}
    assert outputs["pull-request-number"] == str(request.number)
    assert outputs["pull-request-url"].endswith(f"/octo/greeter/pull/{request.number}")
    assert outputs["branch-name"] == project.BRANCH
    assert float(outputs["cost-usd"]) > 0
    assert int(outputs["tokens-input"]) > int(outputs["tokens-cache-read"]) > 0
    assert (outputs["tasks-total"], outputs["tasks-completed"]) == ("3", "3")
    assert (outputs["gates-passed"], outputs["findings-count"]) == ("true", "0")
    assert (outputs["skip-reason"], outputs["failure-class"]) == ("", "")
    assert project.TITLE in story.first.summary
    assert first != second


def test_requests__of_a_kind_begin_with_the_same_bytes(story: Story) -> None:
    """Tools and system text change with nothing: who shares a list of tools shares the cache."""
    begun: dict[str, set[str]] = {}
    for request in story.first.requests:
        system = json.dumps(unmarked(request["system"]))
        begun.setdefault(json.dumps(request["tools"]), set()).add(system)

    assert 1 < len(begun) <= 3
    assert {len(systems) for systems in begun.values()} == {1}


def test_run_folder__can_be_audited(story: Story) -> None:
    """The journal is read back into the same ending, and every stage left its output."""
    folder = story.first.journal.parent
    record = fold(read_journal(story.first.journal, on_notice=pytest.fail))

    assert record.outcome is not None
    assert record.outcome.conclusion is Conclusion.SUCCESS
    assert {file.name for file in folder.iterdir() if file.is_file()} >= {
        "plan.json",
        "technical_requirements.json",
        "test_report.json",
        "review_checklist.md",
        "report.html",
        "summary.md",
        "metrics.json",
    }


def test_secrets__are_said_nowhere(story: Story) -> None:
    """Key and token are in no file, comment, commit, request to the model or line of the log."""
    texts = f"{story.second.everything_said}{story.first.everything_said}{story.history}"

    assert story.token not in texts + str(story.first.requests)
    assert API_KEY not in texts + str(story.first.requests)


def test_workspace__stays_as_it_was(story: Story) -> None:
    """Later steps of the job find their checkout unchanged and still their own."""
    assert story.workspace_after == story.workspace_before


def test_second_run__keeps_branch_request_and_comment(story: Story) -> None:
    """One issue has one branch, one pull request and one comment, however often it is run."""
    first, second = story.first, story.second

    assert second.exit_code == 0
    assert second.requests == ()
    assert set(second.branches) == set(first.branches)
    assert [pull.number for pull in second.pull_requests] == [43]
    assert [comment.id for comment in second.comments] == [item.id for item in first.comments]
    assert second.outputs["pull-request-operation"] == "updated"
    assert "9001-2" in (second.pull_requests[0].body or "")


def test_secret__in_a_change_is_never_pushed(tmp_path: Path) -> None:
    """A credential that an agent writes into a file does not leave this machine with it."""
    leak = f'{project.GREET}\n\nKEY = "{API_KEY}"\n'
    careless = implementer(edit(new=leak), work())
    again = talk("implementation again", edit(new=leak), work(), when="An earlier attempt failed")
    with world(tmp_path) as place:
        played = place.dispatch(play(analyst(), planner(), careless, again, no_other_way()))
        pushed = place.github.state.git("log", "--all", "-p") or ""

    assert played.model_faults == ()
    assert played.exit_code == 1
    assert API_KEY not in pushed
    assert API_KEY not in played.everything_said


def test_dispatch__over_the_work_of_a_person_stops(tmp_path: Path) -> None:
    """Commits that somebody added to the branch are never lost to a second run."""
    with world(tmp_path) as place:
        place.dispatch(play())
        theirs = place.push_by_hand("Mend it by hand")
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
