"""A run that was killed, and the next one, which goes on where it stopped."""

from __future__ import annotations

import contextlib
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion
from tests.end_to_end import project
from tests.end_to_end.play import play
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.messages_api import MessagesApi
    from tests.end_to_end.world import Played, World

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


def _tree(place: World) -> str:
    return place.github.state.git("rev-parse", f"refs/heads/{project.BRANCH}^{{tree}}") or ""


def _killed(place: World, count: int) -> Played:
    usual, place.meanwhile = place.meanwhile, _kill_at(count)
    played = place.dispatch(play())
    place.meanwhile = usual
    return played


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """Return the tree and the number of model requests of a run that nobody disturbed."""
    need_walls()
    with world(tmp_path_factory.mktemp("whole")) as place:
        played = place.dispatch(play())
        assert played.outputs["conclusion"] == Conclusion.SUCCESS
        return _tree(place), len(played.requests)


@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_kill__loses_nothing_that_was_finished(
    whole: tuple[str, int], count: int, tmp_path: Path
) -> None:
    """After kill -9 the next run ends as an undisturbed one: same tree, one of everything."""
    tree, requests = whole

    with world(tmp_path) as place:
        _killed(place, count)
        second = place.dispatch(play())

        assert second.outputs["conclusion"] == Conclusion.SUCCESS, second.stdout
        assert _tree(place) == tree
        assert len(second.pull_requests) == 1
        assert len(second.comments) == 1
        assert "⏳" not in second.comments[0].body
        assert len(second.requests) <= requests - max(0, count - 2)


def test_third_run__spends_nothing(tmp_path: Path) -> None:
    """What is finished costs nothing again, and the lock of a finished run is gone."""
    need_walls()
    with world(tmp_path) as place:
        place.dispatch(play())
        again = place.dispatch(play())
        files = place.github.state.git("ls-tree", "--name-only", STATE)

    assert again.requests == ()
    assert again.outputs["conclusion"] == Conclusion.SUCCESS
    assert files == "journal.jsonl"


def test_edited_issue__starts_afresh(tmp_path: Path) -> None:
    """Work for a text that is no longer there is not built on, and the run says why."""
    need_walls()
    with world(tmp_path) as place:
        place.dispatch(play())
        place.github.state.issues[project.NUMBER].body = f"{project.BODY}\nAlways.\n"
        again = place.dispatch(play())

    assert "the issue or its comments have changed" in again.stdout
    assert len(again.requests) > 1
    assert len(again.pull_requests) == 1
