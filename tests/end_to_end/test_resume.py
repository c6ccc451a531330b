"""A run that was killed, and the next one, which goes on where it stopped."""

from __future__ import annotations

import contextlib
import subprocess
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.llm.scenario import Fault
from tests.end_to_end import project
from tests.end_to_end.play import ANALYSIS, PLAN, REVIEW, automator, play, play_with, task_words
from tests.end_to_end.play import tests_written as handed_in
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

    from tests.doubles.messages_api import MessagesApi
    from tests.end_to_end.world import Played

STAGE = "implementation"
STATE = f"refs/orchestrator/issue-{project.NUMBER}"
_PATIENCE_S = 50.0
_LOOK_S = 0.01


def _kill_at(count: int) -> Callable[[subprocess.Popen[str], MessagesApi], None]:
    """Kill the run, without any warning, when the model was asked so often."""

    def watch(process: subprocess.Popen[str], api: MessagesApi) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while len(api.requests) < count and process.poll() is None:
            assert time.monotonic() < deadline, "the run never got so far"
            # The stand-in that is asked lives in this process: do not take its turn.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_LOOK_S)
        process.kill()

    return watch


def _asked_for(played: Played) -> list[str]:
    """Return what each request to the model was about, in order of the play's parts."""
    about = {
        "analysis": ANALYSIS,
        "plan": PLAN,
        "implementation": task_words(1),
        "testing": task_words(2),
        "review": REVIEW,
    }
    texts = [str(request["messages"]) for request in played.requests]
    # A review shows the task as well, so the last part that fits is the one.
    return [
        next(name for name, words in reversed(about.items()) if words in text) for text in texts
    ]


def test_killed_run__is_paid_for_once(tmp_path: Path) -> None:
    """The next run asks for the remaining tasks and nothing else, and says what only they cost."""
    need_walls()
    never = handed_in().model_copy(update={"faults": (Fault(stall_after_events=1),)})
    with world(tmp_path) as place:
        # Analysis, plan and the implementation's two replies are in; the tester is being asked.
        place.meanwhile, usual = _kill_at(5), place.meanwhile
        first = place.dispatch(play_with(automator(never)))
        place.meanwhile = usual
        second = place.dispatch(play())

    done = ["analysis", "plan", "implementation", "implementation"]
    assert _asked_for(first) == [*done, "testing"]
    assert second.outputs["conclusion"] == Conclusion.SUCCESS, second.stdout
    assert _asked_for(second) == ["testing", "testing", "review"]
    replies = second.events_of("model_replied")
    before = [each for each in replies if each["stage"] in {"analysis", "planning", STAGE}]
    rest = [Decimal(str(each["usd"])) for each in replies if each not in before]
    assert len(before) == len(done)
    assert len(rest) == len(second.requests)
    assert second.outputs["cost-usd"] == f"{sum(rest):.4f}"
    assert len(second.pull_requests) == len(second.comments) == 1
    assert "⏳" not in second.comments[0].body


def test_run__whose_model_is_away_or_unpaid_is_gone_on_with(tmp_path: Path) -> None:
    """What cannot be waited for is an outcome; a later run pays for the rest and nothing else."""
    need_walls()
    spent: JsonValue = {"error": {"details": {"error_code": "enforced_spend_limit_reached"}}}
    away, unpaid = (
        automator(handed_in().model_copy(update={"faults": (fault,)}))
        for fault in (
            Fault(status=429, headers={"retry-after": "3600"}),
            Fault(status=429, body=spent),
        )
    )
    with world(tmp_path) as place:
        ended: list[Played] = []
        for model in (away, unpaid):
            ended.append(place.dispatch(play_with(model)))
            # The page as people see it between two runs.
            assert [request.draft for request in ended[-1].pull_requests] == [True]
            assert "⏳" not in ended[-1].comments[0].body
            assert place.github.state.git("ls-tree", "--name-only", STATE) == "journal.jsonl"
        third = place.dispatch(play())

    first, second = ended
    assert (first.exit_code, first.outputs["conclusion"]) == (4, Conclusion.FAILURE)
    assert first.outputs["failure-class"] == FailureClass.MODEL_UNAVAILABLE
    assert (second.exit_code, second.outputs["conclusion"]) == (3, Conclusion.BUDGET_EXHAUSTED)
    assert ["run again" in played.stdout for played in ended] == [True, True]
    assert _asked_for(first)[:4] == ["analysis", "plan", "implementation", "implementation"]
    assert set(_asked_for(first)[4:]) == {"testing"}
    assert set(_asked_for(second)) == {"testing"}
    assert third.outputs["conclusion"] == Conclusion.SUCCESS, third.stdout
    assert _asked_for(third) == ["testing", "testing", "review"]


def test_third_run__changes_and_spends_nothing(tmp_path: Path) -> None:
    """Twice or thrice: one branch at one commit, one request, one comment, and no more money."""
    need_walls()
    with world(tmp_path) as place:
        first = place.dispatch(play())
        again = [place.dispatch(play()), place.dispatch(play())]
        files = place.github.state.git("ls-tree", "--name-only", STATE)

    for played in again:
        assert played.requests == ()
        assert played.outputs["conclusion"] == Conclusion.SUCCESS
        assert played.outputs["pull-request-operation"] == "updated"
        assert float(played.outputs["cost-usd"]) == 0
        assert played.branches == first.branches
        assert len(played.pull_requests) == len(played.comments) == 1
        assert not played.pull_requests[0].draft
    assert files == "journal.jsonl"


@pytest.mark.parametrize(
    ("merged_at", "text", "words"),
    [
        (None, project.BODY, "was closed unmerged"),
        (None, f"{project.BODY}\nAlways.\n", "was closed unmerged"),
        ("2025-12-31T00:00:00Z", project.BODY, "was merged"),
    ],
    ids=[
        "closed",
        "closed before the issue was changed",
        "merged before the issue was opened again",
    ],
)
def test_request__that_people_settled_is_neither_opened_again_nor_written_to(
    merged_at: str | None, text: str, words: str, tmp_path: Path
) -> None:
    """A later run stops before it costs anything; there is no second request and no new text."""
    need_walls()
    with world(tmp_path) as place:
        first = place.dispatch(play())
        (pull,) = place.github.state.pulls.values()
        pull.state, pull.merged_at = "closed", merged_at
        place.github.state.issues[project.NUMBER].body = text
        before = (pull.title, pull.body, pull.draft)
        again = place.dispatch(play())

    assert again.requests == ()
    assert words in again.outputs["skip-reason"] + again.stdout
    assert again.branches == first.branches
    assert len(again.pull_requests) == len(again.comments) == 1
    assert (pull.title, pull.body, pull.draft) == before
    assert words in again.comments[0].body
