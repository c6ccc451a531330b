"""The loop: every way a reply can end, and what follows from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.endings import Exited, Failed, FailureKind, Submitted
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.message import StopReason
from orchestrator.domain.work import ExitStatus, WorkReport
from tests.doubles.clock import SteppingClock
from tests.doubles.model import said, tool_use
from tests.unit.agents.studio import DONE, Studio, read, submit
from tests.unit.tools.workshop import WORK, FixedCell

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.agents.endings import AgentEnding
    from orchestrator.domain.json import JsonObject


def kind_of(ending: AgentEnding[WorkReport]) -> FailureKind:
    """Return why an agent failed."""
    assert isinstance(ending, Failed)
    return ending.kind


def test_loop__ends_with_the_submitted_result(tmp_path: Path) -> None:
    """What the agent handed in arrives as the typed value."""
    ending = Studio(tmp_path).run([said("Let me look.", read("a.txt")), DONE])

    assert ending == Submitted(result=WorkReport.model_validate(WORK))


def test_loop__ends_with_the_honest_exit(tmp_path: Path) -> None:
    """Stopping is a way to end, with its reason."""
    stop = tool_use("Stop", status="spec_conflict", reason="Two rules.", evidence=[], questions=[])

    ending = Studio(tmp_path).run([said(stop)])

    assert isinstance(ending, Exited)
    assert ending.exit.status is ExitStatus.SPEC_CONFLICT


def test_loop__first_message_is_brief_then_task(tmp_path: Path) -> None:
    """The shared brief is a block of its own, first, so that agents share its cache."""
    studio = Studio(tmp_path)

    studio.run([DONE])

    assert studio.sent(0, 0) == (
        {"type": "text", "text": "The repository."},
        {"type": "text", "text": "Do the task."},
    )


def test_loop__without_a_brief_sends_no_empty_block(tmp_path: Path) -> None:
    """The service refuses empty text."""
    studio = Studio(tmp_path, brief="")

    studio.run([DONE])

    assert studio.sent(0, 0) == ({"type": "text", "text": "Do the task."},)


def test_loop__answers_all_calls_in_one_message_results_first(tmp_path: Path) -> None:
    """Each call has its answer, in order, and no text follows that is not needed."""
    studio = Studio(tmp_path)
    calls = (read("a.txt"), read("gone"))

    studio.run([said(*calls), DONE])

    assert [(block["type"], block["tool_use_id"]) for block in studio.sent()] == [
        ("tool_result", calls[0]["id"]),
        ("tool_result", calls[1]["id"]),
    ]
    assert "is_error" not in studio.sent()[0]
    assert studio.sent()[1]["is_error"] is True


def test_loop__history_is_append_only(tmp_path: Path) -> None:
    """Every request begins with the bytes of the one before: thinking and cache depend on it."""
    studio = Studio(tmp_path)
    thinking = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    future: JsonObject = {"type": "something_new", "z": 1, "a": [None, {"b": 2}]}

    studio.run([said(thinking, future, read("a.txt")), said("No tool."), DONE])

    for earlier, later in zip(studio.model.requests, studio.model.requests[1:], strict=False):
        assert later.messages[: len(earlier.messages)] == earlier.messages
    assert studio.sent(2, 1)[:2] == (thinking, future)


def test_loop__end_without_submission_is_reminded_once(tmp_path: Path) -> None:
    """A model that forgot to hand in gets one sentence, then the work has failed."""
    studio = Studio(tmp_path)

    ending = studio.run([said("All done!"), said("Really done.")])

    assert kind_of(ending) is FailureKind.NO_RESULT
    assert len(studio.model.requests) == 2
    assert "SubmitWork with the result, or Stop" in studio.texts_sent()[0]


def test_loop__reminder_counts_anew_after_work(tmp_path: Path) -> None:
    """Two lapses far apart are not a failure."""
    studio = Studio(tmp_path)

    ending = studio.run([said("Hm."), said(read("a.txt")), said("Hm."), DONE])

    assert isinstance(ending, Submitted)


def test_loop__empty_end_is_reminded_too(tmp_path: Path) -> None:
    """An empty answer is handled like a silent one."""
    ending = Studio(tmp_path).run([said(), DONE])

    assert isinstance(ending, Submitted)


def test_loop__calls_of_an_ended_turn_are_answered_but_not_run(tmp_path: Path) -> None:
    """No call is ever left without its result, which the service would refuse."""
    studio = Studio(tmp_path)
    write = tool_use("Write", file_path="c.txt", content="x")

    studio.run([said(write, stop=StopReason.END_TURN), DONE])

    assert studio.sent()[0]["tool_use_id"] == write["id"]
    assert studio.sent()[0]["is_error"] is True
    assert not (tmp_path / "tree/c.txt").exists()


def test_loop__tool_use_without_a_call_of_ours_is_reminded(tmp_path: Path) -> None:
    """A call that only the service could answer does not hang the agent."""
    ending = Studio(tmp_path).run([said("…", stop=StopReason.TOOL_USE), DONE])

    assert isinstance(ending, Submitted)


def test_loop__cut_off_reply_runs_nothing_and_may_go_on_once(tmp_path: Path) -> None:
    """Half a file is never written."""
    studio = Studio(tmp_path)
    write = tool_use("Write", file_path="c.txt", content="half")

    ending = studio.run([said(write, stop=StopReason.MAX_TOKENS), DONE])

    assert isinstance(ending, Submitted)
    assert not (tmp_path / "tree/c.txt").exists()
    assert studio.sent()[0]["is_error"] is True
    assert "in smaller steps" in studio.texts_sent()[0]


def test_loop__cut_off_twice_in_a_row_fails(tmp_path: Path) -> None:
    """An agent that cannot be brief is stopped."""
    cut = said("x", stop=StopReason.MAX_TOKENS)

    assert kind_of(Studio(tmp_path).run([cut, cut])) is FailureKind.TRUNCATED


def test_loop__pause_is_sent_again_as_it_is(tmp_path: Path) -> None:
    """A break in a long turn needs no word from us."""
    studio = Studio(tmp_path)

    ending = studio.run([said("…", stop=StopReason.PAUSE_TURN), DONE])

    assert isinstance(ending, Submitted)
    assert studio.model.requests[1].messages[-1].role == "assistant"


def test_loop__pauses_without_end_fail(tmp_path: Path) -> None:
    """A service that only pauses does not get all the money."""
    studio = Studio(tmp_path)

    ending = studio.run([said("…", stop=StopReason.PAUSE_TURN)], repeats=True)

    assert kind_of(ending) is FailureKind.UNKNOWN_STOP
    assert len(studio.model.requests) == 6


@pytest.mark.parametrize(
    ("stop", "kind"),
    [
        (StopReason.REFUSAL, FailureKind.REFUSED),
        (StopReason.STOP_SEQUENCE, FailureKind.UNKNOWN_STOP),
        (StopReason.COMPACTION, FailureKind.UNKNOWN_STOP),
        (StopReason.UNKNOWN, FailureKind.UNKNOWN_STOP),
    ],
)
def test_loop__other_endings_fail_with_their_class(
    stop: StopReason, kind: FailureKind, tmp_path: Path
) -> None:
    """Each end has a name, the detail is kept, and no tool of such a reply is run."""
    write = tool_use("Write", file_path="c.txt", content="x")

    ending = Studio(tmp_path).run([said(write, stop=stop, detail="cyber")])

    assert isinstance(ending, Failed)
    assert ending.kind is kind
    assert ending.hint
    assert "cyber" in ending.text
    assert not (tmp_path / "tree/c.txt").exists()


def test_loop__unknown_ending_is_told_by_its_name(tmp_path: Path) -> None:
    """Where the service gives no detail, its own word is what people can look up."""
    ending = Studio(tmp_path).run([said("…", stop=StopReason.COMPACTION)])

    assert isinstance(ending, Failed)
    assert f"an unknown reason ({StopReason.COMPACTION})" in ending.text


def test_loop__going_in_circles_is_warned_once_then_stopped(tmp_path: Path) -> None:
    """The third repetition brings a warning, the next circle the end."""
    studio = Studio(tmp_path)

    ending = studio.run([said(read("a.txt"))], repeats=True)

    assert kind_of(ending) is FailureKind.STUCK
    assert len(studio.model.requests) == 6
    assert len([text for text in studio.texts_sent() if "in circles" in text]) == 1


def test_loop__hands_in_even_while_circling(tmp_path: Path) -> None:
    """A result that comes with the third repetition still counts."""
    same = said(read("a.txt"))

    ending = Studio(tmp_path).run([same, same, said(read("a.txt"), submit())])

    assert isinstance(ending, Submitted)


def test_loop__is_told_once_to_wrap_up(tmp_path: Path) -> None:
    """At four fifths of its turns an agent hears that it should come to an end."""
    studio = Studio(tmp_path, max_turns=10)
    writes = [said(tool_use("Write", file_path=f"{n}.txt", content="x")) for n in range(9)]

    studio.run([*writes, DONE])

    assert ["Four fifths" in text for text in studio.texts_sent()] == [True]
    assert studio.sent(8)[-1]["type"] == "text"


def test_loop__sandbox_that_breaks_ends_the_work(tmp_path: Path) -> None:
    """A broken environment is named as such and not blamed on the agent."""
    cell = FixedCell(SandboxError("The cell is gone.", hint="Restart the engine."))

    ending = Studio(tmp_path, cell=cell).run([said(tool_use("Bash", command="ls"))])

    assert ending == Failed(
        kind=FailureKind.ENVIRONMENT, text="The cell is gone.", hint="Restart the engine."
    )


def test_loop__journals_every_message_reply_and_call(tmp_path: Path) -> None:
    """The journal alone tells what the model saw and did."""
    studio = Studio(tmp_path, clock=SteppingClock(step_s=1.0))

    studio.run([said(read("a.txt")), DONE])

    assert [event.kind for event in studio.events] == [
        "message_appended",
        "model_replied",
        "message_appended",
        "tool_answered",
        "message_appended",
        "model_replied",
        "message_appended",
        "tool_answered",
        "message_appended",
    ]
    appended = [event for event in studio.events if event.kind == "message_appended"]
    assert [event.role for event in appended] == ["user", "assistant", "user", "assistant", "user"]
    assert json.loads(appended[1].blocks_json)[0]["name"] == "Read"
    replied = [event for event in studio.events if event.kind == "model_replied"]
    assert {event.agent for event in replied} == {"python-pro"}
    assert {event.task_id for event in replied} == {3}
    assert len({event.prompt_digest for event in replied}) == 1
