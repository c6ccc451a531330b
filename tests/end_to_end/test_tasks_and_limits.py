"""Several tasks at once, tasks that clash, money that runs out, runs that are stopped."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.llm.scenario import Fault, ScriptedUsage
from tests.end_to_end import project
from tests.end_to_end.play import (
    ANALYSIS,
    FIX,
    REVIEW,
    TASK_LOOK,
    analyst,
    automator,
    call,
    edit,
    finding,
    implementer,
    no_other_way,
    plan,
    planner,
    play,
    requirements,
    reviewer,
    talk,
    task,
    task_reviewer,
    verdict,
    verifier,
    work,
)
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.llm.scenario import Conversation, Scenario
    from tests.doubles.messages_api import MessagesApi

LOUD_PART = project.PART.replace("Goodbye", "GOODBYE")


def side_by_side() -> Scenario:
    """Return a play with two implementation tasks on two files."""
    two = plan(
        task(1, "implementation", "python-pro"),
        task(2, "implementation", "python-pro", files=["greeter/pa*.py"]),
        task(3, "testing", "test-automator", dependencies=[1, 2]),
        task(4, "review", "code-reviewer", dependencies=[3]),
    )
    change = edit(project.OTHER_SOURCE, old=project.PART, new=LOUD_PART)
    other = implementer(change, work(project.OTHER_SOURCE), number=2)
    return play(
        analyst(),
        planner(two),
        implementer(),
        other,
        task_reviewer(times=2),
        automator(number=3),
        reviewer(),
    )


def test_tasks__on_other_files_run_side_by_side(tmp_path: Path) -> None:
    """Two tasks start from the same commit, and their commits stand in plan order."""
    with world(tmp_path) as place:
        played = place.dispatch(side_by_side())
        git = place.github.state.git
        files = git(
            "log", "--reverse", "--name-only", "--format=", f"main..refs/heads/{project.BRANCH}"
        )
        part = git("show", f"refs/heads/{project.BRANCH}:{project.OTHER_SOURCE}")

    assert played.model_faults == ()
    assert (files or "").split() == [project.SOURCE, project.OTHER_SOURCE, project.TESTS]
    assert part == LOUD_PART.strip()
    starts = [event["task_id"] for event in played.events_of("task_started")]
    ends = [event["task_id"] for event in played.events_of("task_ended")]
    assert starts[:2] == [1, 2]
    assert set(ends[:2]) == {1, 2}


def test_review__of_both_stages_is_told_to_its_end(tmp_path: Path) -> None:
    """An objection costs one fresh attempt, a refuted finding none, and the checklist says both."""
    need_walls()
    two = plan(
        task(1, "implementation", "python-pro"),
        task(2, "implementation", "python-pro", files=["greeter/pa*.py"]),
        task(3, "testing", "test-automator", dependencies=[1, 2]),
        task(4, "review", "code-reviewer", dependencies=[3]),
    )
    better = project.GREET + project.SHOUT.replace(".upper()", ".strip().upper()")
    line = "    return greet(name).strip().upper()"
    objects = verdict(finding(claim="Outer blanks stay."), verdict="changes")
    doubts = verdict(finding(quote=line, claim="Inner blanks stay."), verdict="changes")
    convinced = "changed nothing and answered"
    parts = (
        analyst(),
        planner(two),
        talk("fix", work(), when=FIX),
        implementer(),
        implementer(
            edit(project.OTHER_SOURCE, old=project.PART, new=LOUD_PART),
            work(project.OTHER_SOURCE),
            number=2,
        ),
        verifier(times=2),
        talk("objects", objects, when=TASK_LOOK, unless=("strip()", project.OTHER_SOURCE)),
        task_reviewer(times=2),
        talk("fresh", edit(new=better), work(), when="Outer blanks stay."),
        automator(number=3),
        talk("doubts", doubts, when=REVIEW, unless=(convinced,)),
        talk("convinced", verdict(), when=convinced),
    )
    with world(tmp_path) as place:
        played = place.dispatch(play(*parts))
        source = place.github.state.git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}")

    assert played.model_faults == ()
    assert (played.exit_code, played.outputs["conclusion"]) == (0, Conclusion.SUCCESS)
    assert (source or "").strip() == better.strip()
    ends = [(each["task_id"], each["status"]) for each in played.events_of("task_ended")]
    assert dict(ends) == dict.fromkeys((1, 2, 3, 4, 5), "done")
    assert [end for end in ends if end[1] != "done"] == [(1, "failed")]
    (checklist,) = played.folder.rglob("review_checklist.md")
    told = checklist.read_text(encoding="utf-8")
    assert told.index("## Task") < told.index("## Security")
    for words in (
        "Task 1, attempt 1",
        "asks for changes",
        "Outer blanks stay.",
        "Task 1, attempt 2",
        "Inner blanks stay.",
        "the implementer changed nothing and answered",
        "Task 3: tests are not read but run",
    ):
        assert words in told, words


def test_task__builds_on_what_it_depends_on(tmp_path: Path) -> None:
    """A dependent task sees the change of the one before it and no older file."""
    chain = plan(
        task(1, "implementation", "python-pro"),
        task(2, "implementation", "python-pro", dependencies=[1], files=["greeter/*.py"]),
        task(3, "testing", "test-automator", dependencies=[1, 2]),
        task(4, "review", "code-reviewer", dependencies=[3]),
    )
    after = project.GREET + project.SHOUT
    louder = implementer(edit(old=after, new=after + "\n\nLOUD = shout\n"), work(), number=2)
    with world(tmp_path) as place:
        played = place.dispatch(
            play(
                analyst(),
                planner(chain),
                implementer(),
                louder,
                task_reviewer(times=2),
                automator(number=3),
                reviewer(),
            )
        )
        source = place.github.state.git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}")

    assert played.model_faults == ()
    assert (source or "").endswith("LOUD = shout")


def test_task__that_changed_nothing_gets_one_fresh_attempt(tmp_path: Path) -> None:
    """A claim without a change is no result: the second attempt knows why, then the planner.

    Who sees no other way ends the run with nothing done, and nothing is published but that.
    """
    idle = implementer(work())
    again = talk("again", work(), when="An earlier attempt failed")
    with world(tmp_path) as place:
        played = place.dispatch(play(analyst(), planner(), idle, again, no_other_way()))

    assert played.model_faults == ()
    assert (played.exit_code, played.outputs["conclusion"]) == (1, Conclusion.FAILURE)
    assert "no change" in str(played.requests[-2])
    assert "no change" in str(played.requests[-1])
    assert "No other way." in played.everything_said
    assert played.pull_requests == ()
    assert "Task 1" in played.comments[0].body


def test_task__that_fails_late_leaves_the_rest_as_a_draft(tmp_path: Path) -> None:
    """What is done by then is on a draft that says what is missing."""
    stuck = call("Stop", status="blocked", reason="No runner.", evidence=[], questions=[])
    with world(tmp_path) as place:
        parts = (analyst(), planner(), implementer(), automator(stuck), no_other_way())
        played = place.dispatch(play(*parts))

    assert played.model_faults == ()
    assert (played.exit_code, played.outputs["conclusion"]) == (6, Conclusion.BLOCKED)
    assert [request.draft for request in played.pull_requests] == [True]
    assert "No runner." in (played.pull_requests[0].body or "")
    assert played.outputs["tasks-completed"] == "1"


def test_tasks__of_a_serial_stage_wait_for_each_other(tmp_path: Path) -> None:
    """`parallel: false` is kept by code, whatever the plan would allow."""
    settings = (
        f"{project.SETTINGS}workflow:\n  stages:\n    - analysis\n"
        "    - {name: implementation, parallel: false}\n    - testing\n    - review\n"
    )
    with world(tmp_path, contents=project.files(settings)) as place:
        played = place.dispatch(side_by_side())

    assert played.model_faults == ()
    kinds = ("task_started", "task_ended")
    order = [(event["kind"], event["task_id"]) for event in played.events if event["kind"] in kinds]
    assert order[:4] == [(kind, number) for number in (1, 2) for kind in kinds]


def test_money__that_is_too_little_ends_before_the_request(tmp_path: Path) -> None:
    """A limit that cannot pay for the first request sends none."""
    with world(tmp_path) as place:
        played = place.dispatch(max_cost_usd="0.001")

    assert (played.exit_code, played.outputs["conclusion"]) == (3, Conclusion.BUDGET_EXHAUSTED)
    assert played.outputs["failure-class"] == FailureClass.BUDGET_EXHAUSTED
    assert played.requests == ()
    assert played.pull_requests == ()
    assert "limits.usd" in played.stdout
    assert "0.001" in played.comments[0].body


def test_money__that_runs_out_hands_over_what_was_paid_for(tmp_path: Path) -> None:
    """A model that overspends is stopped within one call, and the work so far is a draft."""
    dear = ScriptedUsage(output_tokens=40_000)
    waste = [
        call("Bash", command=f"echo {number}").model_copy(update={"usage": dear})
        for number in range(9)
    ]
    one_call_usd = 0.85
    with world(tmp_path) as place:
        parts = (analyst(), planner(), implementer(), automator(*waste))
        played = place.dispatch(play(*parts), max_cost_usd="4")
        branch = place.github.state.git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}")

    assert (played.exit_code, played.outputs["conclusion"]) == (3, Conclusion.BUDGET_EXHAUSTED)
    assert 4 - one_call_usd - 0.08 <= float(played.outputs["cost-usd"]) <= 4
    assert len(played.events_of("model_replied")) == 4 + 4
    assert branch == (project.GREET + project.SHOUT).strip()
    assert [request.draft for request in played.pull_requests] == [True]
    for page in (played.pull_requests[0].body or "", played.comments[0].body, played.summary):
        assert "limits.usd" in page


ENDLESS = (Fault(stall_after_events=1),)


@pytest.mark.parametrize(
    ("signal_number", "voices", "requests"),
    [
        (
            signal.SIGTERM,
            (
                talk(
                    "analysis", requirements().model_copy(update={"faults": ENDLESS}), when=ANALYSIS
                ),
            ),
            1,
        ),
        (
            signal.SIGINT,
            (
                analyst(),
                planner(),
                implementer(edit(), work().model_copy(update={"faults": ENDLESS})),
            ),
            4,
        ),
    ],
    ids=["SIGTERM in analysis", "SIGINT in a task"],
)
def test_run__that_is_cancelled_says_so_in_time(
    signal_number: signal.Signals,
    voices: tuple[Conversation, ...],
    requests: int,
    tmp_path: Path,
) -> None:
    """The runner gives seven seconds: the comment is not "in progress" for ever."""
    ended_after: list[float] = []

    def cancel(process: subprocess.Popen[str], api: MessagesApi) -> None:
        while len(api.requests) < requests and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        began = time.monotonic()
        process.send_signal(signal_number)
        process.wait(timeout=30)
        ended_after.append(time.monotonic() - began)

    with world(tmp_path) as place:
        place.meanwhile = cancel
        played = place.dispatch(play(*voices))

    assert played.exit_code == 130
    assert played.outputs["failure-class"] == FailureClass.CANCELLED
    assert "cancelled" in played.comments[0].body
    assert ended_after[0] < 7
