"""What an agent is shown and may call: three stable lists, and refusals on record."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.event import AttemptRefused, TodosWritten
from orchestrator.domain.message import ToolCall
from orchestrator.domain.plan import Plan
from orchestrator.domain.requirements import SearchAnswer
from orchestrator.domain.role import Restriction, RoleKind
from orchestrator.domain.work import ExitStatus, HonestExit, WorkReport
from orchestrator.tools.outfit import Wanted, outfit
from orchestrator.tools.toolbox import (
    IMPLEMENTERS,
    ORCHESTRATOR,
    READERS,
    Answer,
    AnswerKind,
    shown_to,
)
from tests.doubles.clock import SteppingClock
from tests.unit.tools.workshop import EVERYTHING, WORK, make_bench, make_role, make_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from orchestrator.domain.event import Event
    from orchestrator.domain.message import ToolSpec

STOP = {"status": "blocked", "reason": "No database here.", "evidence": [], "questions": []}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (RoleKind.ORCHESTRATOR, ORCHESTRATOR),
        (RoleKind.READER, READERS),
        (RoleKind.REVIEWER, READERS),
        (RoleKind.IMPLEMENTER, IMPLEMENTERS),
        (RoleKind.TESTER, IMPLEMENTERS),
    ],
)
def test_lists__are_shared_by_kinds(kind: RoleKind, expected: tuple[ToolSpec, ...]) -> None:
    """Agents of a group share their list byte for byte, and so one cached prefix."""
    assert shown_to(kind) is expected


def test_orchestrator__has_nothing_to_edit_with() -> None:
    """The planner cannot change a file: the tools are not in its schema at all."""
    assert [spec.name for spec in ORCHESTRATOR] == ["Task", "TodoWrite", "SubmitPlan", "Stop"]


def test_readers__have_nothing_to_edit_with() -> None:
    """Who searches or reviews is not even shown a tool that writes."""
    assert not {"Edit", "MultiEdit", "Write"} & {spec.name for spec in READERS}


def test_lists__cost_a_bounded_prefix() -> None:
    """The tools of an implementer leave room for its instructions below 6,000 tokens."""
    tokens = {
        specs[-2].name: sum(len(json.dumps(asdict(spec))) for spec in specs) / 2.8
        for specs in (ORCHESTRATOR, READERS, IMPLEMENTERS)
    }

    assert tokens["SubmitPlan"] < 1_600
    assert max(tokens.values()) < 4_000


def test_toolbox__orchestrator_that_asks_for_edit_is_refused_and_reported(tmp_path: Path) -> None:
    """An attempt to do the work itself is on record with its reason."""
    bench = make_bench(
        make_tree(tmp_path, {"a.py": ""}), role=make_role(RoleKind.ORCHESTRATOR), shape=Plan
    )

    text, is_error = bench.use("Edit", file_path="a.py", old_string="", new_string="x")

    assert is_error
    assert text == "There is no tool 'Edit' for you. You have: Task, TodoWrite, SubmitPlan, Stop."
    assert bench.events == [AttemptRefused(agent="worker", task_id=2, what="Edit a.py", why=text)]


@pytest.mark.parametrize("name", ["LaunchRockets", "bash", ""])
def test_toolbox__unknown_tools_are_refused(name: str, tmp_path: Path) -> None:
    """Whatever is asked for gets an answer that lists what there is."""
    bench = make_bench(make_tree(tmp_path, {}))

    text, is_error = bench.use(name)

    assert is_error
    assert "You have: Read, Edit, MultiEdit, Write, Grep, Glob, Bash" in text


def test_toolbox__tool_outside_the_role_is_refused(tmp_path: Path) -> None:
    """Finer permissions than the list hold at the call."""
    role = make_role(tools=EVERYTHING - {"Bash"})
    bench = make_bench(make_tree(tmp_path, {}), role=role)

    text, _ = bench.use("Bash", command="ls")

    assert text.startswith("The role 'worker' may not use Bash for this work. You have: Read")
    assert [event.kind for event in bench.events] == ["attempt_refused"]


def test_toolbox__another_works_submit_is_refused(tmp_path: Path) -> None:
    """A searcher cannot hand in an approval."""
    bench = make_bench(make_tree(tmp_path, {}), role=make_role(RoleKind.READER), shape=SearchAnswer)

    text, is_error = bench.use(
        "SubmitReview", verdict="approve", findings=[], checked=[], not_checked=[]
    )

    assert is_error
    assert "You have: Read, Grep, Glob, Bash, Task, SubmitAnswer, Stop." in text
    assert bench.toolbox.result is None


def test_toolbox__write_refusal_is_reported(tmp_path: Path) -> None:
    """A path that is not the agent's is an attempt on record, too."""
    bench = make_bench(make_tree(tmp_path, {}))

    _, is_error = bench.use("Write", file_path="tests/test_a.py", content="assert True\n")

    assert is_error
    assert not (tmp_path / "tree/tests").exists()
    assert [event.what for event in bench.events if isinstance(event, AttemptRefused)] == [
        "Write tests/test_a.py"
    ]


def test_toolbox__failed_and_invalid_calls_are_no_attempts(tmp_path: Path) -> None:
    """Ordinary mistakes do not look like misbehaviour."""
    bench = make_bench(make_tree(tmp_path, {}))

    answers = bench.toolbox.call_each(
        (bench.call("Read", {"file_path": "gone"}), bench.call("Read", {}))
    )

    assert [answer.kind for answer in answers] == [AnswerKind.FAILED, AnswerKind.INVALID]
    assert bench.events == []


def test_toolbox__submission_ends_the_work(tmp_path: Path) -> None:
    """A valid result is kept as the typed value the stage asked for."""
    bench = make_bench(make_tree(tmp_path, {}))

    text, is_error = bench.use("SubmitWork", **WORK)

    assert (text, is_error) == ("Accepted. Your work has ended.", False)
    assert bench.toolbox.result == WorkReport.model_validate(WORK)
    assert bench.toolbox.submit_name == "SubmitWork"


def test_toolbox__calls_after_the_submission_are_not_run(tmp_path: Path) -> None:
    """What was handed in is what stands."""
    bench = make_bench(make_tree(tmp_path, {}))

    answers = bench.toolbox.call_each(
        (
            bench.call("SubmitWork", WORK),
            bench.call("Write", {"file_path": "late.txt", "content": "x"}),
            bench.call("Read", {"file_path": "gone.txt"}),
            bench.call("Read", {"file_path": "gone.txt"}),
        )
    )

    assert [answer.kind for answer in answers[1:]] == [AnswerKind.SKIPPED] * 3
    assert not (tmp_path / "tree/late.txt").exists()


def test_toolbox__submission_beside_a_failed_call_is_not_taken(tmp_path: Path) -> None:
    """Nobody claims success over a failure they have not seen."""
    bench = make_bench(make_tree(tmp_path, {}))

    answers = bench.toolbox.call_each(
        (bench.call("Read", {"file_path": "gone"}), bench.call("SubmitWork", WORK))
    )

    assert answers[1].kind is AnswerKind.SKIPPED
    assert "Look at its result first" in answers[1].result.text
    assert bench.toolbox.result is None


def test_toolbox__stop_is_always_taken(tmp_path: Path) -> None:
    """The honest exit is never in anybody's way."""
    bench = make_bench(make_tree(tmp_path, {}), role=make_role(tools=frozenset()))

    bench.toolbox.call_each((bench.call("Read", {"file_path": "a"}), bench.call("Stop", STOP)))

    result = bench.toolbox.result
    assert isinstance(result, HonestExit)
    assert result.status is ExitStatus.BLOCKED


def test_toolbox__refused_submission_can_be_repaired(tmp_path: Path) -> None:
    """The stage's own check speaks to the agent, who tries again."""
    problems = ["The summary is empty."]
    toolbox = outfit(
        role=make_role(),
        wanted=Wanted(shape=WorkReport, accept=lambda _: problems.pop() if problems else None),
        clock=SteppingClock(),
        emit=lambda _: None,
    )
    bench = make_bench(make_tree(tmp_path, {}))
    bench.toolbox = toolbox

    first = bench.use("SubmitWork", **WORK)
    second = bench.use("SubmitWork", **WORK)

    assert first == ("SubmitWork was refused: The summary is empty.", True)
    assert second == ("Accepted. Your work has ended.", False)


def test_toolbox__task_reaches_the_delegate(tmp_path: Path) -> None:
    """A question goes out and its answer comes back."""
    bench = make_bench(make_tree(tmp_path, {}))

    text, is_error = bench.use("Task", description="find theme", prompt="Where is the theme?")

    assert (text, is_error) == ("asked find theme: Where is the theme?", False)


def test_toolbox__task_starts_no_other_agent(tmp_path: Path) -> None:
    """Delegating cannot skip or reorder the plan."""
    bench = make_bench(make_tree(tmp_path, {}))

    text, is_error = bench.use(
        "Task", description="do it", prompt="Implement", subagent_type="frontend-developer"
    )

    assert is_error
    assert "started in their order by the program" in text
    assert [event.kind for event in bench.events] == ["attempt_refused"]


def test_toolbox__delegated_agent_cannot_delegate() -> None:
    """One level deep, or money would run out of sight."""
    bench_events: list[Event] = []
    toolbox = outfit(
        role=make_role(RoleKind.READER),
        wanted=Wanted(shape=SearchAnswer),
        clock=SteppingClock(),
        emit=bench_events.append,
    )

    question = {"description": "again", "prompt": "Ask on"}
    (answer,) = toolbox.call_each((ToolCall(id="call_1", name="Task", arguments=question),))

    assert answer.result.is_error
    assert "cannot be delegated again" in answer.result.text
    assert len(bench_events) == 1


def test_toolbox__todos_reach_the_journal(tmp_path: Path) -> None:
    """People see the agent's own steps."""
    bench = make_bench(make_tree(tmp_path, {}))
    todos = [
        {"content": "Add toggle", "status": "completed", "activeForm": "Adding toggle"},
        {"content": "Wire it", "status": "in_progress"},
    ]

    text, _ = bench.use("TodoWrite", todos=todos)

    assert text == "The list is set: 2 steps, 1 not completed."
    assert bench.events == [
        TodosWritten(
            agent="worker",
            task_id=2,
            todos=(("Add toggle", "completed"), ("Wire it", "in_progress")),
        )
    ]


def test_toolbox__only_neighbouring_read_only_calls_run_together(tmp_path: Path) -> None:
    """Reading is fast and writing keeps its place between."""
    groups: list[list[str]] = []

    def noting(answer: Callable[[ToolCall], Answer], calls: Sequence[ToolCall]) -> list[Answer]:
        groups.append([call.id for call in calls])
        return [answer(call) for call in calls]

    tree = make_tree(tmp_path, {"a.txt": "a\n", "b.txt": "b\n"})
    bench = make_bench(tree, map_calls=noting)
    calls = [
        bench.call("Read", {"file_path": "a.txt"}),
        bench.call("Read", {"file_path": "b.txt"}),
        bench.call("Edit", {"file_path": "a.txt", "old_string": "a", "new_string": "c"}),
        bench.call("Read", {"file_path": "a.txt"}),
    ]

    answers = bench.toolbox.call_each(calls)

    assert groups == [["call_0", "call_1"]]
    assert [answer.result.call_id for answer in answers] == ["call_0", "call_1", "call_2", "call_3"]
    assert answers[3].result.text == "    1\tc"


def test_toolbox__measures_each_call(tmp_path: Path) -> None:
    """The journal can say where the time went."""
    bench = make_bench(make_tree(tmp_path, {"a.txt": "a\n"}))

    answers = bench.toolbox.call_each((bench.call("Read", {"file_path": "a.txt"}),))

    assert answers[0].duration_s == 0.5
    assert answers[0].subject == "a.txt"


def test_toolbox__restrictions_of_the_role_reach_bash(tmp_path: Path) -> None:
    """A configured restriction holds in the tool it concerns."""
    role = make_role(restrictions=frozenset({Restriction.NO_DIRECT_COMMITS}))
    bench = make_bench(make_tree(tmp_path, {}), role=role)

    text, is_error = bench.use("Bash", command="git push")

    assert is_error
    assert "no_direct_commits" in text
