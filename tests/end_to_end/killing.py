"""A run that is killed, at an event of its journal or after a word to the world, and the next one.

What a later run finds is what the forge has: the branch, the state ref, comments and pull
requests. A killed process leaves nothing else, since every run has a folder of its own.
"""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from tests.doubles.http_server import ConnectionCut
from tests.end_to_end import doomed, project
from tests.end_to_end.play import play
from tests.end_to_end.world import world

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from orchestrator.llm.scenario import Scenario
    from tests.doubles.http_server import Received
    from tests.doubles.messages_api import MessagesApi
    from tests.end_to_end.world import Played, World

STATE = f"refs/orchestrator/issue-{project.NUMBER}"
_VARIES = re.compile(r"[0-9]+T[0-9]+-[0-9a-f]+|[0-9a-f]{7,40}|[0-9][0-9,]*(?:\.[0-9]+)?")
_RESUMED = re.compile(
    r"💬 An earlier run is resumed: [^\n]*\n+"
    r"| Goes on from an earlier run, which had spent [^\n]*? of that\."
)
_DONE = re.compile(r'"kind":"task_ended","task_id":(\d+),"attempt":\d+,"status":"done"')
_ONCE = ("requirements_written", "plan_accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a run, or a killed one and the one after it, have left on the forge."""

    tree: str
    branches: tuple[str, ...]
    requests: tuple[tuple[int, str, bool, str], ...]
    """Number, title, whether a draft, body without numbers."""
    comments: tuple[str, ...]
    """Without numbers."""
    state_files: str
    done: tuple[str, ...]
    """What was paid for, in the state's own journal: each once, or money was spent twice."""


def undisturbed(folder: Path, scenario: Scenario | None = None) -> tuple[Left, tuple[str, ...]]:
    """Return what a whole run leaves, and what it wrote to on the forge, in order."""
    writes: list[Received] = []
    with world(folder) as place:
        place.github.after_write = writes.append
        played = _run(place, scenario)
        assert played.exit_code == 0, played.stdout
        return _left(place), tuple(_target(each) for each in writes)


def killed(
    folder: Path, after: int, *, kind: str = "", scenario: Scenario | None = None
) -> tuple[Left, bool]:
    """Kill a run after so many writes, all or those of one kind, and let another one follow.

    Returns:
        What is left, and whether the run wrote so often that it was killed.
    """
    with world(folder) as place:
        place.meanwhile = _Killer(place, after, kind).watch
        first = _run(place, scenario)
        was_killed = first.exit_code == -signal.SIGKILL
        assert was_killed or first.exit_code == 0, first.stdout
        place.meanwhile = _leave_alone
        place.github.after_write = _ignore
        second = _run(place, scenario)
        assert second.exit_code == 0, second.stdout
        return _left(place), was_killed


def killed_at(
    folder: Path, kind: str, number: int, moment: str, *, scenario: Scenario | None = None
) -> tuple[Left, bool]:
    """Kill a run at the how manyth event of a kind, and let another one follow.

    Args:
        folder: For everything.
        kind: As the journal has it, or `doomed.ANY`.
        number: From 1.
        moment: `doomed.BEFORE` the event is written, or `doomed.AFTER`.
        scenario: The play.

    Returns:
        What is left, and whether there was such an event.
    """
    with world(folder) as place:
        usual = place.program
        place.program = (doomed.__file__, *usual, kind, str(number), moment)
        first = _run(place, scenario)
        was_killed = first.exit_code == -signal.SIGKILL
        assert was_killed or first.exit_code == 0, first.stdout
        place.program = usual
        second = _run(place, scenario)
        assert second.exit_code == 0, second.stdout
        return _left(place), was_killed


def events_of(folder: Path, scenario: Scenario | None = None) -> tuple[Left, tuple[str, ...]]:
    """Return what a whole run leaves, and the kinds of its journal's events, in order."""
    with world(folder) as place:
        played = _run(place, scenario)
        assert played.exit_code == 0, played.stdout
        return _left(place), tuple(str(event["kind"]) for event in played.events)


def _target(received: Received) -> str:
    return f"{received.method} {received.path.removeprefix('/api/v3').split('/')[-1]}"


class _Killer:
    def __init__(self, place: World, after: int, kind: str) -> None:
        self._place = place
        self._left = after
        self._kind = kind
        self._pid = 0

    def watch(self, process: subprocess.Popen[str], _api: MessagesApi) -> None:
        self._pid = process.pid
        self._place.github.after_write = self._count

    def _count(self, received: Received) -> None:
        self._left -= self._kind in {"", _target(received)}
        if self._left == 0:
            os.kill(self._pid, signal.SIGKILL)
            raise ConnectionCut


def _leave_alone(_process: subprocess.Popen[str], _api: MessagesApi) -> None:
    """Let the run go its way."""


def _ignore(_received: Received) -> None:
    """Let the request be answered."""


def _run(place: World, scenario: Scenario | None) -> Played:
    """Start the command line on GitHub, with a script for a model: the cheapest whole run."""
    script = place.folder / "script.yml"
    script.write_text(yaml.safe_dump((scenario or play()).model_dump(mode="json")))
    output = place.folder / f"laptop-{place.attempts + 1}" / "run"
    words = ("--repository", project.REPOSITORY, "--script", str(script), "--output", str(output))
    return place.command("run", str(project.NUMBER), "--sandbox", "unconfined", *words)


def _left(place: World) -> Left:
    git = place.github.state.git
    journal = git("show", f"{STATE}:journal.jsonl") or ""
    kinds = re.findall(r'"kind":"([a-z_]+)"', journal)
    ended = _DONE.findall(journal)
    return Left(
        tree=git("rev-parse", f"refs/heads/{project.BRANCH}^{{tree}}") or "",
        branches=tuple((git("for-each-ref", "--format=%(refname)", "refs/heads") or "").split()),
        requests=tuple(
            (each.number, each.title, each.draft, _told(each.body or ""))
            for each in place.github.pull_requests
        ),
        comments=tuple(_told(each.body) for each in place.github.comments),
        state_files=git("ls-tree", "--name-only", STATE) or "",
        done=tuple(sorted([kind for kind in kinds if kind in _ONCE] + ended)),
    )


def _told(text: str) -> str:
    """Return a text without what differs between any two runs, and without being resumed."""
    # An early stage of a later run counts what late ones of the earlier run had changed, too.
    text = _RESUMED.sub("", text).replace(" file changed so far", " files changed so far")
    return _VARIES.sub("0", text)
