"""A model that errs, stops, cheats or is out of reach: code keeps the order and the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.llm.scenario import Fault, ScriptedReply
from tests.end_to_end import project
from tests.end_to_end.play import (
    ANALYSIS,
    FIX,
    USUAL_TASKS,
    analyst,
    automator,
    call,
    edit,
    finding,
    implementer,
    plan,
    planner,
    play,
    play_with,
    requirements,
    reviewer,
    say,
    talk,
    task,
    tool_call,
    verdict,
    verifier,
    work,
)
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import JsonObject
    from orchestrator.llm.scenario import Conversation


IN_A_CIRCLE = plan(
    task(1, "implementation", "python-pro", dependencies=[2]),
    task(2, "testing", "test-automator"),
    task(3, "review", "code-reviewer"),
)
WITHOUT_TESTS = plan(USUAL_TASKS[0], task(2, "review", "code-reviewer", dependencies=[1]))
BLOCKING = finding(
    line=5,
    quote="def shout(name: str) -> str:",
    claim="A blank name is shouted too.",
    scenario="Whoever leaves the name out.",
    evidence='shout("") returns "HELLO, ."',
    suggestion="Refuse blank names.",
)


def test_slips__are_explained_and_mended(tmp_path: Path) -> None:
    """Each slip costs one more turn of the same conversation, not the run."""
    slips = (
        say("I think it is done."),
        call("SubmitRequirements", summary="too little"),
        say("", stop_reason="end_turn"),
        call("Delete", path="everything"),
        ScriptedReply(tools=(tool_call("SubmitRequirements", {"summary": "cut"}),), truncated=True),
    )
    with world(tmp_path) as place:
        analysis = talk("analysis", *slips, requirements(), when=ANALYSIS)
        played = place.dispatch(play_with(analysis))

    assert played.model_faults == ()
    assert [request.head for request in played.pull_requests] == [project.BRANCH]


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ((say("Done."), say("Really done.")), "without calling SubmitRequirements"),
        (
            (
                ScriptedReply(
                    stop_reason="refusal", stop_details={"type": "refusal", "category": "cyber"}
                ),
            ),
            "declined",
        ),
    ],
    ids=["never hands in", "refuses"],
)
def test_agent__without_a_result_ends_the_run_honestly(
    replies: tuple[ScriptedReply, ...], words: str, tmp_path: Path
) -> None:
    """An agent that never hands anything in is a failure that names it, with nothing pushed."""
    with world(tmp_path) as place:
        played = place.dispatch(play(talk("analysis", *replies, when=ANALYSIS)))

    assert (played.exit_code, played.outputs["conclusion"]) == (1, Conclusion.FAILURE)
    assert words in played.stdout
    assert "search-specialist" in played.stdout
    assert played.pull_requests == ()
    (comment,) = played.comments
    assert words in comment.body


def test_plan__that_breaks_rules_is_sent_back(tmp_path: Path) -> None:
    """A model cannot skip a stage or leave the repository: it is told why, and plans again."""
    second = plan(
        task(1, "implementation", "nobody", files=["../etc/x.py", ".github/workflows/ci.yml"]),
        task(2, "review", "code-reviewer", dependencies=[1]),
    )
    with world(tmp_path) as place:
        played = place.dispatch(play_with(planner(IN_A_CIRCLE, second, plan())))

    assert played.model_faults == ()
    circle, others = (str(event["problems"]) for event in played.events_of("plan_refused"))
    assert "in a circle" in circle
    expected = ("no task of the stage 'testing'", "no agent 'nobody'", "'..'", "protected")
    assert [words for words in expected if words not in others] == []
    assert [words for words in expected if words not in str(played.requests)] == []
    assert [request.head for request in played.pull_requests] == [project.BRANCH]


def test_plan__refused_three_times_ends_the_run(tmp_path: Path) -> None:
    """Repair has a limit; what is wrong with the plan is on the issue then."""
    with world(tmp_path) as place:
        played = place.dispatch(play(analyst(), planner(*[WITHOUT_TESTS] * 3)))

    assert (played.exit_code, played.outputs["conclusion"]) == (1, Conclusion.FAILURE)
    assert played.outputs["failure-class"] == FailureClass.AMBIGUOUS_REQUIREMENTS
    assert len(played.events_of("plan_refused")) == 3
    assert played.pull_requests == ()
    assert "'testing'" in played.comments[0].body


def test_orchestrator__cannot_edit(tmp_path: Path) -> None:
    """The planner asks for a pen, gets none, and the attempt is on record."""
    pens = (
        call("Write", file_path=project.SOURCE, content="x = 1\n"),
        call("Bash", command="echo x > greeter/greet.py"),
    )
    with world(tmp_path) as place:
        played = place.dispatch(play_with(planner(*pens, plan())))

    assert played.model_faults == ()
    refused = played.events_of("attempt_refused")
    assert [event["agent"] for event in refused] == ["orchestrator", "orchestrator"]
    assert [request.head for request in played.pull_requests] == [project.BRANCH]


def test_implementer__cannot_write_its_own_judge(tmp_path: Path) -> None:
    """Tests, workflows and settings are not the implementer's to write."""
    paths = (project.TESTS, ".github/workflows/ci.yml", project.CONFIG)
    tries = ScriptedReply(
        tools=tuple(
            tool_call("Write", {"file_path": path, "content": "import this\n"}) for path in paths
        )
    )
    with world(tmp_path) as place:
        played = place.dispatch(play_with(implementer(tries, edit(), work())))
        changed = place.github.state.git(
            "diff", "--name-only", f"main..refs/heads/{project.BRANCH}"
        )

    assert played.model_faults == ()
    refused = played.events_of("attempt_refused")
    assert [event["agent"] for event in refused] == ["python-pro"] * 3
    assert [path for path in paths if path not in str(refused)] == []
    assert (changed or "").split() == [project.SOURCE, project.TESTS]


def test_command__cannot_go_round_the_refusal(tmp_path: Path) -> None:
    """What a command changed outside the task is put back, and people are told."""
    need_walls()
    sneaky = call("Bash", command="echo 'on: {}' > .github/workflows/ci.yml; echo x > notes.txt")
    with world(tmp_path) as place:
        played = place.dispatch(play_with(implementer(edit(), sneaky, work())))
        changed = place.github.state.git(
            "diff", "--name-only", f"main..refs/heads/{project.BRANCH}"
        )

    assert (changed or "").split() == [project.SOURCE, project.TESTS]
    (ended,) = [event for event in played.events_of("task_ended") if event["task_id"] == 1]
    assert ".github/workflows/ci.yml" in str(ended["violations"])
    assert "notes.txt" in str(ended["violations"])
    assert ".github/workflows/ci.yml" in (played.pull_requests[0].body or "")


@pytest.mark.parametrize(
    ("replies", "verifiers"),
    [
        ((say("Looks good to me."), say("Approved!")), ()),
        ((verdict(BLOCKING),), (verifier(),)),
    ],
    ids=["no verdict", "approves what it blocks"],
)
def test_review__without_a_clean_approval_keeps_the_draft(
    replies: tuple[ScriptedReply, ...], verifiers: tuple[Conversation, ...], tmp_path: Path
) -> None:
    """Silence is no approval, and neither is a yes beside a blocking finding."""
    settings = f"{project.SETTINGS}  rounds: 0\n"
    with world(tmp_path, contents=project.files(settings)) as place:
        played = place.dispatch(play_with(reviewer(*replies), *verifiers))

    assert played.model_faults == ()
    assert (played.exit_code, played.outputs["conclusion"]) == (5, Conclusion.NEEDS_HUMAN)
    assert [request.draft for request in played.pull_requests] == [True]
    assert played.outputs["gates-passed"] == "false"
    assert "approved_review" in (played.pull_requests[0].body or "")


def test_finding__that_blocks_is_fixed_and_looked_at_again(tmp_path: Path) -> None:
    """A blocking finding becomes a fix, and only the new tree can be approved."""
    need_walls()
    refuse = project.SHOUT.replace(
        "    return", '    if not name:\n        raise ValueError("no name")\n    return'
    )
    fix = talk(
        "fix", edit(old=project.GREET + project.SHOUT, new=project.GREET + refuse), work(), when=FIX
    )
    first = talk("review one", verdict(BLOCKING, verdict="changes"), when="Round 1. Hand in")
    second = talk("review two", verdict(), when="Round 2. Hand in")
    with world(tmp_path) as place:
        played = place.dispatch(
            play(analyst(), planner(), fix, implementer(), automator(), first, verifier(), second)
        )
        source = place.github.state.git("show", f"refs/heads/{project.BRANCH}:{project.SOURCE}")

    assert played.model_faults == ()
    assert played.exit_code == 0, played.stdout
    assert "no name" in (source or "")


def test_change__that_fails_its_tests_is_mended(tmp_path: Path) -> None:
    """New failures go back to the implementer with the evidence; only green is ready."""
    need_walls()
    wrong = implementer(edit(new=project.GREET + project.WHISPER), work())
    fix = talk(
        "fix",
        edit(old=project.GREET + project.WHISPER, new=project.GREET + project.SHOUT),
        work(),
        when=FIX,
    )
    with world(tmp_path) as place:
        played = place.dispatch(play(analyst(), planner(), fix, wrong, automator(), reviewer()))

    assert played.model_faults == ()
    assert played.exit_code == 0, played.stdout
    assert "hello, ada." in str(played.requests)


def test_service__that_stumbles_is_asked_again(tmp_path: Path) -> None:
    """An overloaded service costs a pause, and the answer is used."""
    soon = {"retry-after-ms": "5"}
    stumbles = tuple(Fault(status=status, headers=soon) for status in (529, 429, 500))
    busy = requirements().model_copy(update={"faults": stumbles})
    with world(tmp_path) as place:
        played = place.dispatch(play_with(talk("analysis", busy, when=ANALYSIS)))

    assert played.model_faults == ()
    assert [request.head for request in played.pull_requests] == [project.BRANCH]


def test_key__that_is_refused_ends_the_run_at_once(tmp_path: Path) -> None:
    """A wrong key is a setting to correct: told by its input's name before anything is set up."""
    with world(tmp_path) as place:
        played = place.dispatch(play(), anthropic_api_key="sk-ant-api03-of-somebody-else")

    assert (played.exit_code, played.outputs["conclusion"]) == (2, Conclusion.BLOCKED)
    assert played.outputs["failure-class"] == FailureClass.PERMISSION_MISSING
    assert "anthropic-api-key" in played.stdout
    assert "Nothing was spent." in played.stdout
    assert played.requests == ()
    assert played.events_of("checks_run") == ()
    assert set(played.branches) == {"main"}
    assert "sk-ant-api03-of-somebody-else" not in played.everything_said


@pytest.mark.parametrize(
    ("status", "conclusion", "code"),
    [
        ("needs_input", Conclusion.NEEDS_HUMAN, 5),
        ("spec_conflict", Conclusion.NEEDS_HUMAN, 5),
        ("blocked", Conclusion.BLOCKED, 6),
    ],
)
def test_agent__that_stops_honestly_hands_its_question_on(
    status: str, conclusion: Conclusion, code: int, tmp_path: Path
) -> None:
    """An honest stop is an ending of its own, and its question is on the issue."""
    question: JsonObject = {
        "text": "Which language?",
        "default": "English",
        "changes_if_other": "the words",
    }
    stop = call("Stop", status=status, reason="It is not said.", evidence=[], questions=[question])
    with world(tmp_path) as place:
        played = place.dispatch(play(analyst(), planner(stop)))

    assert (played.exit_code, played.outputs["conclusion"]) == (code, conclusion)
    assert "Which language?" in played.comments[0].body
    assert played.pull_requests == ()
