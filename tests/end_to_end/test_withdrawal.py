"""A person pushes to the branch of a ready pull request: the push itself takes the word back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion
from tests.end_to_end import project
from tests.end_to_end.play import play
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import ALICE, world

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import JsonObject
    from tests.end_to_end.world import Played


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A ready request, a person's push, the same again, and the branch set back and run anew."""

    ready: Played
    pushed: Played
    again: Played
    anew: Played
    judged: str
    found: str
    drafts: tuple[bool, ...]
    """Of the request, after each of the four."""


def push_event(branch: str = project.BRANCH, sender: JsonObject = ALICE) -> JsonObject:
    """Return the event of a push; what it says beside the name is not true and not read."""
    return {
        "ref": f"refs/heads/{branch}",
        "before": "0" * 40,
        "after": "1" * 40,
        "head_commit": {"id": "1" * 40, "message": "Orchestrator-Run: 9001-1"},
        "sender": sender,
    }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Play it all in one world; for the pushes there is neither a checkout nor a key."""
    need_walls()
    with world(tmp_path_factory.mktemp("story")) as place:
        drafts = []

        def now(played: Played) -> Played:
            (request,) = place.github.pull_requests
            drafts.append(request.draft)
            return played

        ready = now(place.dispatch(play()))
        judged = ready.branches[project.BRANCH]
        found = place.push_by_hand("Mine\n\nOrchestrator-Run: 9001-1\n")
        empty = place.folder / "empty"
        empty.mkdir()
        place.environment = {"INPUT_ANTHROPIC-API-KEY": "", "GITHUB_WORKSPACE": str(empty)}
        pushed = now(place.act("push", push_event()))
        again = now(place.act("push", push_event()))
        place.environment = {}
        place.github.state.git("update-ref", f"refs/heads/{project.BRANCH}", judged)
        anew = now(place.dispatch(play()))
        return Story(
            ready=ready,
            pushed=pushed,
            again=again,
            anew=anew,
            judged=judged,
            found=found,
            drafts=tuple(drafts),
        )


def test_push__makes_the_ready_request_a_draft(story: Story) -> None:
    """Ready, a draft with the push, still one after the next, and ready again once judged anew."""
    assert story.drafts == (False, True, True, False)
    assert story.ready.outputs["conclusion"] == Conclusion.SUCCESS


def test_push__is_told_on_the_request_and_by_the_step(story: Story) -> None:
    """One comment names both commits; the step ends green and says what it did."""
    (request,) = story.pushed.pull_requests
    (comment,) = (each for each in story.again.comments if each.number == request.number)
    assert story.judged in comment.body
    assert story.found in comment.body
    assert (story.pushed.exit_code, story.pushed.outputs["conclusion"]) == (0, "skipped")
    assert story.found[:12] in story.pushed.outputs["skip-reason"]
    assert story.pushed.outputs["pull-request-number"] == str(request.number)
    assert "Ready no longer" in story.pushed.summary
    assert "pull-request-number" not in story.again.outputs


def test_push__asks_no_model_and_leaves_no_run(story: Story) -> None:
    """Neither key nor checkout is needed, and no run folder is made."""
    for played in (story.pushed, story.again):
        assert played.requests == ()
        assert played.events == ()
        assert played.branches[project.BRANCH] == story.found
        assert list((played.folder / "temp").iterdir()) == []


def test_run__after_the_branch_was_set_back_judges_anew(story: Story) -> None:
    """As the comment says: the next run goes on from its own commit, and pays nothing."""
    assert story.anew.exit_code == 0
    assert story.anew.requests == ()
    assert story.anew.branches[project.BRANCH] == story.judged


def test_push__to_a_branch_that_no_run_knows_does_nothing(tmp_path: Path) -> None:
    """A person's own branch of that name is theirs, from the event and from the command line."""
    with world(tmp_path) as place:
        place.github.state.git("branch", project.BRANCH, "main")
        played = place.act("push", push_event())
        ignored = place.act("push", push_event("orchestrator/notes"))
        asked = place.command("withdraw", "#42", "--repository", project.REPOSITORY)

    assert (played.exit_code, ignored.exit_code, asked.exit_code) == (0, 0, 0)
    assert "No run has left anything about issue #42" in played.outputs["skip-reason"]
    assert "No run has left anything about issue #42" in asked.stdout
    assert "'refs/heads/orchestrator/notes'" in ignored.outputs["skip-reason"]
    assert played.comments == ()
