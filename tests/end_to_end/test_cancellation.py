"""A run that is cancelled, wherever it is: what is done is kept, and nothing says it goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import FailureClass
from orchestrator.llm.scenario import Fault
from orchestrator.metrics.run_metrics import RunMetrics
from tests.end_to_end import deaf, project
from tests.end_to_end.play import (
    ANALYSIS,
    PLAN,
    REVIEW,
    analyst,
    automator,
    call,
    edit,
    implementer,
    plan,
    planner,
    play,
    requirements,
    reviewer,
    talk,
    task_words,
    verdict,
)
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.llm.scenario import Scenario, ScriptedReply
    from tests.doubles.http_server import Received
    from tests.doubles.messages_api import MessagesApi
    from tests.end_to_end.world import Played, World

STATE = f"refs/orchestrator/issue-{project.NUMBER}"
NAP_S = f"987.{os.getpid()}"
"""Long enough, and in no other command line of this machine."""
_IN_TIME_S = 10.0
"""From the first signal to the last, which nobody survives."""
STUBBORN = f"trap '' TERM INT; sleep {NAP_S}"


def _naps() -> bool:
    """Tell whether the stubborn command runs anywhere on this machine."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if file.read_bytes().rstrip(b"\0").endswith(b"sleep\0" + NAP_S.encode()):
                return True
    return False


def _when(is_time: Callable[[], bool]) -> Callable[[subprocess.Popen[str], MessagesApi], None]:
    """Cancel as the runner does: SIGINT, and SIGTERM while the run is ending."""

    def cancel(process: subprocess.Popen[str], _api: MessagesApi) -> None:
        while not is_time() and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        process.send_signal(signal.SIGTERM)

    return cancel


def _at_write(place: World, kind: str, number: int) -> None:
    """Cancel inside of one request to the forge, before it is answered."""
    seen: list[Received] = []
    pids: list[int] = []

    def remember(process: subprocess.Popen[str], _api: MessagesApi) -> None:
        pids.append(process.pid)

    def count(received: Received) -> None:
        if f"{received.method} {received.path}".endswith(kind):
            seen.append(received)
            if len(seen) == number:
                os.kill(pids[0], signal.SIGINT)

    place.meanwhile, place.github.after_write = remember, count


def _assert_told(place: World, played: Played) -> None:
    """See that the run says everywhere that it was cancelled, and holds nothing any more."""
    assert played.exit_code == 130, played.stdout
    assert played.outputs["failure-class"] == FailureClass.CANCELLED
    assert len(played.comments) == 1
    assert "cancelled" in played.comments[0].body
    assert "⏳" not in played.comments[0].body
    assert all(request.draft for request in played.pull_requests)
    assert place.github.state.git("ls-tree", "--name-only", STATE) == "journal.jsonl"
    measured = (played.journal.parent / "metrics.json").read_text(encoding="utf-8")
    assert RunMetrics.model_validate_json(measured).failure_class == FailureClass.CANCELLED
    assert played.outputs["metrics-file"].endswith("/metrics.json")


@pytest.mark.parametrize("key", ["setup", "test"])
def test_cancel__in_a_project_s_command_ends_it(key: str, tmp_path: Path) -> None:
    """Set-up and baseline may take long: both end at once, deaf as they may be to signals."""
    need_walls()
    command = f'    {key}: python3 -c \'import os; os.execvp("bash", ["bash", "-c", CODE])\'\n'
    code = f'"trap \\"\\" TERM INT; sleep {NAP_S}"'
    settings = "project:\n  commands:\n" + command.replace("CODE", code)
    with world(tmp_path, contents=project.files(settings)) as place:
        place.meanwhile = _when(_naps)
        played = place.dispatch(play())
        _assert_told(place, played)

    assert played.requests == ()
    assert not _naps()


def test_cancel__in_an_agent_s_command_ends_it(tmp_path: Path) -> None:
    """A command in another thread is not waited for and does not live on; a later run goes on."""
    need_walls()
    with world(tmp_path) as place:
        usual, place.meanwhile = place.meanwhile, _when(_naps)
        played = place.dispatch(_with_command())
        _assert_told(place, played)
        assert not _naps()

        place.meanwhile = usual
        again = place.dispatch(play())

    assert again.exit_code == 0, again.stdout
    assert len(again.comments) == len(again.pull_requests) == 1
    assert "# Your task: what the issue requires" not in str(again.requests)


def _with_command() -> Scenario:
    return play(analyst(), planner(), implementer(call("Bash", command=STUBBORN)))


def _stalled(reply: ScriptedReply) -> ScriptedReply:
    return reply.model_copy(update={"faults": (Fault(stall_after_events=3),)})


@pytest.mark.parametrize(
    ("words", "scenario"),
    [
        (PLAN, play(analyst(), planner(_stalled(plan())))),
        (task_words(1), play(analyst(), planner(), implementer(_stalled(edit())))),
        (
            REVIEW,
            play(analyst(), planner(), implementer(), automator(), reviewer(_stalled(verdict()))),
        ),
    ],
    ids=["planning", "implementing", "reviewing"],
)
def test_cancel__while_a_reply_has_stalled_ends_at_once(
    words: str, scenario: Scenario, tmp_path: Path
) -> None:
    """Whoever is being waited for, and in whichever thread: nobody is waited for any more."""
    need_walls()
    has_left: list[bool] = []

    def cancel(process: subprocess.Popen[str], api: MessagesApi) -> None:
        _when(lambda: words in str(api.requests))(process, api)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_IN_TIME_S)
        has_left.append(process.poll() is not None)

    with world(tmp_path) as place:
        place.meanwhile = cancel
        played = place.dispatch(scenario)
        _assert_told(place, played)

    assert has_left == [True]
    notes = [str(event) for event in played.events_of("noted")]
    assert len([note for note in notes if "they may cost about 0." in note]) == 1


@pytest.fixture
def hangs_up() -> Iterator[None]:
    """Let a hang-up reach what is started, also where the tests themselves run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangs_up")
def test_hangup__ends_a_run_as_a_cancel_does(tmp_path: Path) -> None:
    """A terminal that is closed leaves no comment that says for ever that work goes on."""

    def hang_up(process: subprocess.Popen[str], api: MessagesApi) -> None:
        while not api.requests and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        process.send_signal(signal.SIGHUP)

    voice = talk("analysis", _stalled(requirements()), when=ANALYSIS)
    with world(tmp_path) as place:
        place.meanwhile = hang_up
        words = ("--repository", project.REPOSITORY, "--sandbox", "unconfined")
        played = place.command("run", "42", *words, scenario=play(voice))

    assert played.exit_code == 130, played.stdout
    (comment,) = played.comments
    assert "cancelled" in comment.body
    assert "⏳" not in comment.body


@pytest.mark.parametrize(
    ("kind", "number"),
    [("git-receive-pack", 1), ("/comments", 1), ("/pulls", 1), ("/graphql", 2)],
    ids=["claiming", "first comment", "opening the request", "making it ready"],
)
def test_cancel__while_publishing_leaves_an_honest_page(
    kind: str, number: int, tmp_path: Path
) -> None:
    """Whatever was being written: one comment, at most one draft, and both say cancelled."""
    need_walls()
    with world(tmp_path) as place:
        _at_write(place, kind, number)
        played = place.dispatch(play())
        if number == 1 and kind == "git-receive-pack":
            assert played.exit_code == 130
            assert played.comments == ()
            assert set(played.branches) == {"main"}
        else:
            _assert_told(place, played)
    assert len(played.pull_requests) <= 1


def _cancelled_where_it_hangs(place: World, kind: str) -> tuple[Played, bool]:
    """Cancel inside of a request that is not answered, and tell whether the run left in time."""
    running: list[subprocess.Popen[str]] = []
    cancelled: list[str] = []
    in_time: list[bool] = []
    gone = threading.Event()

    def follow(process: subprocess.Popen[str], _api: MessagesApi) -> None:
        running.append(process)
        try:
            process.wait(timeout=50)
        finally:
            gone.set()

    def hang(received: Received) -> None:
        target = f"{received.method} {received.path}"
        if not cancelled and target.endswith(kind):
            cancelled.append(target)
            running[0].send_signal(signal.SIGINT)
        if cancelled and not in_time:
            in_time.append(gone.wait(timeout=_IN_TIME_S))

    place.meanwhile, place.github.after_write = follow, hang
    return place.dispatch(play()), in_time[0]


@pytest.mark.parametrize("kind", ["/comments", "/pulls", "/git-receive-pack"])
def test_cancel__ends_in_time_though_the_forge_hangs(kind: str, tmp_path: Path) -> None:
    """A forge that takes what is sent and never answers costs the last words, not the grace."""
    need_walls()
    with world(tmp_path) as place:
        played, in_time = _cancelled_where_it_hangs(place, kind)

    assert in_time
    assert played.exit_code == 130, played.stdout
    (*_, ended) = played.events_of("run_ended")
    assert FailureClass.CANCELLED in str(ended)
    assert played.outputs["failure-class"] == FailureClass.CANCELLED
    saved = (played.journal.parents[3] / "file_commands" / "state").read_text(encoding="utf-8")
    assert "journal-" in saved
    assert "ended-" not in saved
    assert "summed-" in saved
    assert played.output_file.count("conclusion<<") == 1


def test_cancel__would_be_late_without_its_alarm(tmp_path: Path) -> None:
    """The forge of the test before does hang: a run that is deaf to its alarm waits for it."""
    need_walls()
    with world(tmp_path) as place:
        place.program = (deaf.__file__, *place.program)
        _, in_time = _cancelled_where_it_hangs(place, "/comments")

    assert not in_time
