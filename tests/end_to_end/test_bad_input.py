"""What people get wrong: a clear sentence, the right exit code, and nothing lost or spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from tests.builders_git import commit_files, git
from tests.doubles.github_state import StoredPull
from tests.end_to_end import project
from tests.end_to_end.checkouts import detached, dirty, full, shallow, state_of
from tests.end_to_end.play import play
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import ALICE, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.github import GithubDouble
    from tests.doubles.github_state import StoredIssue
    from tests.end_to_end.world import Played


def assert_untouched(played: Played) -> None:
    """Hold that nothing was spent, pushed or said on the forge."""
    assert played.requests == ()
    assert played.comments == ()
    assert all(request.number != project.NUMBER + 1 for request in played.pull_requests)
    assert set(played.branches) <= {"main"}


def assert_told(played: Played, *words: str) -> None:
    """Hold that the log and the job summary say the same words, and no stack trace."""
    for word in words:
        assert word in played.stdout
        assert word in played.summary
    assert "Traceback" not in played.stdout + played.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("project:\n  langage: python\n", (f"{project.CONFIG}:2", "langage", "language")),
        ("project: {language: python\n", (project.CONFIG,)),
        ("limits:\n  usd: -1\n", (f"{project.CONFIG}:2", "usd", "-1")),
    ],
    ids=["unknown key", "no YAML", "value"],
)
def test_configuration__that_is_wrong_fails_closed(
    settings: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    """Wrong settings never fall back to weaker ones: file, line, key and what is allowed."""
    with world(tmp_path, contents=project.files(settings)) as place:
        played = place.dispatch()

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, *words)
    assert_untouched(played)


@pytest.mark.parametrize("number", ["-3", "abc", "1000000000000"])
def test_issue_number__that_is_none_is_refused(number: str, tmp_path: Path) -> None:
    """A slip in the dispatch form is told at once, with the value that was typed."""
    with world(tmp_path) as place:
        played = place.dispatch(number=number)

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, repr(number), "issue-number")
    assert_untouched(played)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (project.issue(number=41), f"no issue #{project.NUMBER}"),
        (project.issue(state="closed"), f"#{project.NUMBER} is closed"),
        (
            StoredPull(number=project.NUMBER, title="Shout", head="topic", base="main"),
            "is a pull request",
        ),
    ],
    ids=["missing", "closed", "pull request"],
)
def test_issue__that_cannot_be_worked_on_is_refused(
    stored: StoredIssue, words: str, tmp_path: Path
) -> None:
    """Only an open issue starts work."""
    with world(tmp_path, issues=(stored,)) as place:
        played = place.dispatch()

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, words)
    assert_untouched(played)


def test_repository__without_a_commit_is_refused(tmp_path: Path) -> None:
    """There is nothing to start from, and the message says what to push."""
    with world(tmp_path, is_empty=True) as place:
        played = place.dispatch()

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, "no commit yet", "first commit")
    assert_untouched(played)


def test_base_branch__that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The message names the branches that there are."""
    with world(tmp_path) as place:
        played = place.dispatch(base_branch="trunk")

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, "'trunk'", "'main'")
    assert_untouched(played)


@pytest.mark.parametrize(
    ("check_out", "notice"),
    [
        (shallow, "The checkout is shallow"),
        (detached, "The checkout is detached"),
        (dirty, "not committed are not part of the run"),
    ],
)
def test_checkout__of_any_shape_is_worked_from(
    check_out: Callable[[GithubDouble, Path], None], notice: str, tmp_path: Path
) -> None:
    """Shallow, detached or dirty: the run starts from the base branch and says so."""
    with world(tmp_path, check_out=check_out) as place:
        before = state_of(place.workspace)
        played = place.dispatch(play())
        after = state_of(place.workspace)
        source = place.github.state.git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}")

    assert played.model_faults == ()
    assert notice in played.stdout
    assert source == (project.GREET + project.SHOUT).strip()
    assert after == before


def test_checkout__of_another_branch_does_not_change_the_base(tmp_path: Path) -> None:
    """Without `base-branch` the default branch is the base, whatever is checked out."""

    def elsewhere(double: GithubDouble, workspace: Path) -> None:
        full(double, workspace)
        git(workspace, "-c", "safe.directory=*", "checkout", "--quiet", "-b", "elsewhere")

    with world(tmp_path, check_out=elsewhere) as place:
        played = place.dispatch(play())

    assert played.model_faults == ()
    assert [request.base for request in played.pull_requests] == ["main"]
    assert "The checkout is on 'elsewhere'" in played.stdout


def test_checkout__with_unpushed_commits_does_not_publish_them(tmp_path: Path) -> None:
    """What an earlier step committed in the workspace is not part of the pull request."""

    def ahead(double: GithubDouble, workspace: Path) -> None:
        git(workspace.parent, "clone", "--quiet", double.clone_url, str(workspace))
        commit_files(workspace, {"build.log": "made by an earlier step\n"})

    with world(tmp_path, check_out=ahead) as place:
        place.dispatch(play())
        changed = place.github.state.git(
            "diff", "--name-only", f"main..refs/heads/{project.BRANCH}"
        )

    assert (changed or "").split() == [project.SOURCE, project.TESTS]


def test_workspace__without_a_checkout_is_explained(tmp_path: Path) -> None:
    """Forgetting actions/checkout is the commonest slip, so its step is named."""

    def nothing(double: GithubDouble, workspace: Path) -> None:
        workspace.mkdir()

    with world(tmp_path, check_out=nothing) as place:
        played = place.dispatch()

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, "actions/checkout")
    assert_untouched(played)


def test_test_command__that_is_missing_blocks_before_anything_is_spent(tmp_path: Path) -> None:
    """A project that cannot be tested here costs nothing but the look."""
    need_walls()
    settings = project.SETTINGS.replace("python3 -m unittest", "pythn3 -m unittest")
    with world(tmp_path, contents=project.files(settings)) as place:
        played = place.dispatch()

    assert (played.exit_code, played.outputs["conclusion"]) == (6, Conclusion.BLOCKED)
    assert played.outputs["failure-class"] == FailureClass.ENVIRONMENT_BROKEN
    assert_told(played, "pythn3", "project.commands.test")
    assert played.requests == ()
    assert played.outputs["cost-usd"] == "0.0000"
    assert set(played.branches) == {"main"}
    (comment,) = played.comments
    assert "pythn3" in comment.body


def test_key__that_is_missing_is_asked_for(tmp_path: Path) -> None:
    """Without a key the run says which input to set, and leaves no trace on the issue."""
    with world(tmp_path) as place:
        played = place.dispatch(anthropic_api_key="")

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, "anthropic-api-key")
    assert_untouched(played)


def test_inputs__that_are_wrong_are_named_all_at_once(tmp_path: Path) -> None:
    """Every wrong line of the `with:` block is told with its value and what is allowed."""
    wrong = {
        "max-cost-usd": "a lot",
        "dry-run": "perhaps",
        "sandbox": "unconfined",
        "command": "merge",
        "config-path": "../other.yml",
        "anthropic-base-url": "http://gateway.example.com",
    }
    with world(tmp_path) as place:
        played = place.act("workflow_dispatch", {"sender": ALICE}, inputs=wrong)

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, "allowed", *wrong, *wrong.values())
    assert_untouched(played)


def test_event_file__that_is_none_is_refused(tmp_path: Path) -> None:
    """A broken event file is a message and no stack trace."""
    with world(tmp_path) as place:
        played = place.act("issues", "not JSON")

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert_told(played, "not JSON")
    assert_untouched(played)
