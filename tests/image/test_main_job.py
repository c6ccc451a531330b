"""The main job in the image, with the runner's mounts, against stand-ins for both APIs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion
from orchestrator.llm.scenario import Fault, Scenario
from tests.builders_git import git
from tests.end_to_end import project
from tests.end_to_end.play import ANALYSIS, play, requirements, talk
from tests.end_to_end.test_several_issues import OTHER, one_that_stops
from tests.end_to_end.world import ALICE, world
from tests.image.runner import RUNNER_USER, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.domain.json import JsonObject
    from tests.doubles.github_state import StoredIssue
    from tests.doubles.http_server import Received
    from tests.doubles.messages_api import MessagesApi

pytestmark = [pytest.mark.image, pytest.mark.usefixtures("image")]


@contextlib.contextmanager
def _runner(
    folder: Path, *, has_engine: bool = True, issues: Sequence[StoredIssue] = ()
) -> Iterator[Runner]:
    """Furnish a repository, and a runner that plays in containers."""
    with world(folder, issues=issues or (project.issue(),)) as place:
        yield Runner(
            folder=folder,
            github=place.github,
            token=place.token,
            workspace=place.workspace,
            has_engine=has_engine,
        )


@pytest.mark.parametrize("sandbox", ["auto", "local"])
def test_dispatch__ends_with_a_pull_request(tmp_path: Path, sandbox: str) -> None:
    """What people copy works: green gates behind walls, nothing leaks, no file stays root's."""
    with _runner(tmp_path) as runner:
        played = runner.dispatch(play(), sandbox=sandbox)
        tidied = runner.tidy()

    assert (tidied.returncode, tidied.stdout, tidied.stderr) == (0, "", "")
    assert _of_root(played.folder) == []
    assert (played.exit_code, played.stderr) == (0, ""), played.stdout
    assert played.outputs["conclusion"] == Conclusion.SUCCESS
    assert played.outputs["gates-passed"] == "true"
    assert [pull.head for pull in played.pull_requests] == [project.BRANCH]
    assert runner.token not in played.everything_said


def test_dispatch__of_two_issues_keeps_them_apart(tmp_path: Path) -> None:
    """In one step, the run that ends first takes neither containers nor files from the other."""
    issues = (project.issue(), project.issue(number=OTHER))
    with _runner(tmp_path, issues=issues) as runner:
        played = runner.dispatch(one_that_stops(), number=f"{project.NUMBER}, {OTHER}")

    codes = [line for line in played.stdout.splitlines() if "exit code" in line]
    assert codes == [f"[#{OTHER}] exit code 6", f"[#{project.NUMBER}] exit code 0"]
    assert [pull.head for pull in played.pull_requests] == [project.BRANCH]
    assert not any(pull.draft for pull in played.pull_requests)
    assert _of_root(played.folder) == []


def test_dispatch__without_an_engine_uses_the_walls_inside(tmp_path: Path) -> None:
    """A runner that mounts no engine still tests what it publishes."""
    with _runner(tmp_path, has_engine=False) as runner:
        played = runner.dispatch(play())

    assert played.outputs["conclusion"] == Conclusion.SUCCESS, played.stdout


def test_event__that_is_none_of_ours_ends_well(tmp_path: Path) -> None:
    """Another label is no failure that turns a job red."""
    with _runner(tmp_path) as runner:
        played = runner.act("issues", _labeled("question"))

    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SKIPPED)
    assert "question" in played.outputs["skip-reason"]


def test_event__of_a_stranger_is_refused(tmp_path: Path) -> None:
    """Who may not write gets a clear answer, an annotation and no work."""
    mallory: JsonObject = {"login": "mallory", "id": 8, "type": "User"}
    with _runner(tmp_path) as runner:
        played = runner.act("issues", _labeled("orchestrate", by=mallory), actor="mallory")

    assert played.exit_code == 2
    assert played.stdout.startswith("::error")
    assert "mallory" in played.summary
    assert (played.requests, played.pull_requests) == ((), ())


def test_cancel__leaves_nothing_in_progress(tmp_path: Path) -> None:
    """The runner's signal reaches the program behind the init, which says how it ended."""
    never = requirements().model_copy(update={"faults": (Fault(stall_after_events=1),)})
    silent = talk("analysis", never, when=ANALYSIS)

    def cancel(process: subprocess.Popen[str], api: MessagesApi) -> None:
        while not api.requests and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        process.send_signal(signal.SIGINT)

    with _runner(tmp_path) as runner:
        runner.meanwhile = cancel
        played = runner.dispatch(Scenario(conversations=(silent,)))

    assert played.exit_code == 130, played.stdout
    assert played.outputs["failure-class"] == "cancelled"
    assert _of_root(played.folder) == []


def test_kill__is_told_by_the_runners_last_container(tmp_path: Path) -> None:
    """Nobody is left looking at "in progress" or waiting for a lock; again is the same."""
    never = requirements().model_copy(update={"faults": (Fault(stall_after_events=1),)})
    silent = talk("analysis", never, when=ANALYSIS)
    with _runner(tmp_path) as runner:

        def kill(process: subprocess.Popen[str], api: MessagesApi) -> None:
            while not api.requests and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.05)
            runner.kill()

        runner.github.state.add_comment(project.NUMBER, "alice", "Work in progress")
        runner.meanwhile = kill
        played = runner.dispatch(Scenario(conversations=(silent,)))
        before = [comment.body for comment in runner.github.comments]
        held = _state_files(runner)
        first = runner.tidy()
        left = _state_files(runner)
        told = [comment.body for comment in runner.github.comments]
        again = runner.tidy()

    assert played.exit_code == 137
    assert ["Work in progress" in body for body in before] == [True, True]
    assert (first.returncode, again.returncode) == (0, 0), first.stdout + again.stdout
    assert (held, left) == (["journal.jsonl", "lock.json"], ["journal.jsonl"])
    assert told[0] == "Work in progress"
    assert "Work in progress" not in told[1]
    assert "cancelled or killed" in told[1]
    assert [comment.body for comment in runner.github.comments] == told
    assert _of_root(played.folder) == []


def test_kill__before_the_run_heard_of_its_comment_is_told_too(tmp_path: Path) -> None:
    """A comment that GitHub has and the run's journal has not is still corrected."""
    with _runner(tmp_path) as runner:

        def kill(received: Received) -> None:
            if received.method == "POST" and received.path.endswith("/comments"):
                runner.kill()

        runner.github.after_write = kill
        played = runner.dispatch(play())
        (before,) = (comment.body for comment in runner.github.comments)
        tidied = runner.tidy()
        (after,) = (comment.body for comment in runner.github.comments)
        left = _state_files(runner)

    assert played.exit_code == 137
    assert tidied.returncode == 0, tidied.stdout
    assert "cancelled or killed" not in before
    assert "cancelled or killed" in after
    assert left == ["journal.jsonl"]


def _state_files(runner: Runner) -> list[str]:
    """Return what stands on the issue's state ref."""
    ref = f"refs/orchestrator/issue-{project.NUMBER}"
    return git(runner.folder / "forge.git", "ls-tree", "--name-only", ref).split()


def _of_root(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.lstat().st_uid != RUNNER_USER]


def _labeled(label: str, *, by: JsonObject = ALICE) -> JsonObject:
    """Return the event of somebody who labels the issue."""
    return {
        "action": "labeled",
        "label": {"name": label},
        "issue": {
            "number": project.NUMBER,
            "title": project.TITLE,
            "body": project.BODY,
            "state": "open",
            "user": ALICE,
            "labels": [{"name": label}],
        },
        "sender": by,
    }
