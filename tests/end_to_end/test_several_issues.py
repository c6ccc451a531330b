"""Several issues at once on one machine: each as if it were alone."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator.domain.outcome import Conclusion
from orchestrator.llm.scenario import Fault, Scenario
from tests.end_to_end import project
from tests.end_to_end.play import ANALYSIS, analyst, call, play, requirements, talk
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.llm.scenario import Conversation
    from tests.doubles.messages_api import MessagesApi

OTHER = 43
BRANCHES = {"main", project.BRANCH, f"orchestrator/issue-{OTHER}"}


def for_both() -> Scenario:
    """Return the usual play for two issues: each voice speaks twice, plans name their issue."""
    usual = play().conversations
    rest = [part.model_copy(update={"times": 2}) for part in usual if part.name != "planning"]
    return Scenario(
        conversations=(*rest, *(_planned(number) for number in (project.NUMBER, OTHER)))
    )


def one_that_stops() -> Scenario:
    """Return the usual play for one issue, and for the other an end at its plan."""
    usual = play().conversations
    rest = [part for part in usual if part.name not in {"analysis", "planning"}]
    voice = talk("analysis", requirements(), when=ANALYSIS, times=2)
    stop = call("Stop", status="blocked", reason="Later.", evidence=[], questions=[])
    aside = talk("planning", stop, when=f"the plan for issue #{OTHER}")
    first = _planned(project.NUMBER)
    when = first.when.model_copy(update={"not_contains": (f"the plan for issue #{OTHER}",)})
    return Scenario(conversations=(*rest, voice, aside, first.model_copy(update={"when": when})))


def _planned(number: int) -> Conversation:
    (usual,) = (part for part in play().conversations if part.name == "planning")
    text = usual.model_dump_json().replace(f"#{project.NUMBER}", f"#{number}")
    text = text.replace(f'"issue_id":{project.NUMBER}', f'"issue_id":{number}')
    return type(usual).model_validate_json(text).model_copy(update={"name": f"plan {number}"})


def test_two_issues__are_worked_on_side_by_side(tmp_path: Path) -> None:
    """One step, two numbers: a branch, a request, a comment for each, and one honest output."""
    need_walls()
    issues = (project.issue(), project.issue(number=OTHER))
    with world(tmp_path, issues=issues) as place:
        played = place.dispatch(for_both(), number=f"{project.NUMBER}, {OTHER}")
        states = place.github.state.git("for-each-ref", "--format=%(refname)", "refs/orchestrator")

    assert played.exit_code == 0, played.stdout + played.stderr
    assert played.model_faults == ()
    assert set(played.branches) == BRANCHES
    assert {each.head for each in played.pull_requests} == BRANCHES - {"main"}
    assert not any(each.draft for each in played.pull_requests)
    assert sorted(each.number for each in played.comments) == [project.NUMBER, OTHER]
    assert (states or "").split() == [f"refs/orchestrator/issue-{n}" for n in (42, OTHER)]
    assert played.outputs["conclusion"] == Conclusion.SUCCESS
    assert float(played.outputs["cost-usd"]) > 0
    assert all(f"# Issue #{number}" in played.summary for number in (project.NUMBER, OTHER))
    prefixes = {line.split(" ", 1)[0] for line in played.stdout.splitlines()}
    assert prefixes == {f"[#{project.NUMBER}]", f"[#{OTHER}]"}


def test_issues__are_worked_on_by_the_command_line_too(tmp_path: Path) -> None:
    """One that fails does not keep the other from its end, and the exit code tells."""
    with world(tmp_path) as place:
        script = place.folder / "script.yml"
        script.write_text(yaml.safe_dump(play().model_dump(mode="json")))
        folder = place.folder / "runs"
        words = ("--repository", project.REPOSITORY, "--script", str(script))
        played = place.command(
            "run", "42,4711", "--sandbox", "unconfined", *words, "--output", str(folder)
        )

    assert played.exit_code == 2, played.stdout
    assert "[#42] exit code 0" in played.stdout
    assert "[#4711] error: There is no issue #4711" in played.stdout
    assert set(played.branches) == {"main", project.BRANCH}
    assert (folder / "issue-42" / "journal.jsonl").exists()


def test_interrupt__ends_every_one_in_order(tmp_path: Path) -> None:
    """Ctrl-C reaches all that run: each comment says so, and nothing new begins."""
    stalled = requirements().model_copy(update={"faults": (Fault(stall_after_events=1),)})
    issues = (project.issue(), project.issue(number=OTHER))

    def cancel(process: subprocess.Popen[str], api: MessagesApi) -> None:
        while len(api.requests) < len(issues) and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        process.send_signal(signal.SIGINT)

    with world(tmp_path, issues=issues) as place:
        place.meanwhile = cancel
        voice = talk("analysis", stalled, when=ANALYSIS, times=2)
        played = place.dispatch(Scenario(conversations=(voice,)), number="42 43")

    assert played.exit_code == 130, played.stdout
    assert played.outputs["failure-class"] == "cancelled"
    assert len(played.comments) == len(issues)
    assert all("cancelled" in each.body for each in played.comments)


@pytest.mark.parametrize(
    ("number", "event", "said"),
    [
        ("42 x", "workflow_dispatch", "several with blanks or commas"),
        (" ".join(map(str, range(1, 12))), "workflow_dispatch", "too many for one machine"),
        ("42 43", "issues", "'issues'; only a dispatch can be about several"),
        ("42 43", "schedule", "Start the workflow on workflow_dispatch"),
    ],
    ids=["nonsense", "too many", "an event of its own", "an event of none"],
)
def test_numbers__that_cannot_be_are_refused(
    number: str, event: str, said: str, tmp_path: Path
) -> None:
    """What is wrong with the input is said before anything begins."""
    with world(tmp_path) as place:
        played = place.act(event, {}, inputs={"issue-number": number})

    assert played.exit_code == 2
    assert said in played.stdout
    assert set(played.branches) == {"main"}


def test_matrix__holds_the_open_issues_with_a_label(tmp_path: Path) -> None:
    """A label names the issues; where none has it, the workflow is told to do nothing."""
    issues = (
        project.issue(labels=["orchestrate"]),
        project.issue(number=OTHER, labels=["orchestrate"]),
        project.issue(number=44),
        project.issue(number=45, labels=["orchestrate"], state="closed"),
    )
    with world(tmp_path, issues=issues) as place:
        found = place.act("schedule", {}, inputs={"command": "matrix", "label": "orchestrate"})
        nothing = place.act("schedule", {}, inputs={"command": "matrix", "label": "never"})
        refused = place.act("schedule", {}, inputs={"command": "matrix"})

    assert json.loads(found.outputs["matrix"]) == {"issue": [project.NUMBER, OTHER]}
    assert found.outputs["skip-reason"] == ""
    assert json.loads(nothing.outputs["matrix"]) == {"issue": []}
    assert (nothing.exit_code, nothing.outputs["conclusion"]) == (0, Conclusion.SKIPPED)
    assert "'never'" in nothing.outputs["skip-reason"]
    assert refused.exit_code == 2


def test_merged_work__is_shown_to_the_next_issue_s_planner(tmp_path: Path) -> None:
    """What a run left and people merged is an example for the next; what was not, is none."""
    need_walls()
    stop = call("Stop", status="needs_input", reason="Later.", evidence=[], questions=[])
    aside = talk("planning", stop, when=f"the plan for issue #{OTHER}")
    other = project.issue(number=OTHER, title="Greet quietly")
    with world(tmp_path, issues=(project.issue(), other)) as place:
        first = place.dispatch(play())
        before = place.dispatch(play(analyst(), aside), number=str(OTHER), command="plan")
        place.github.pull_requests[0].merged_at = "2026-01-02T00:00:00Z"
        place.github.pull_requests[0].state = "closed"
        after = place.dispatch(play(analyst(), aside), number=str(OTHER), command="plan")

    assert first.outputs["conclusion"] == Conclusion.SUCCESS
    assert "Merged before" not in str(before.requests)
    shown = str(after.requests[-1])
    assert f"issue #{project.NUMBER}, pull request #" in shown
    for words in ("Merged before", project.TITLE, "One function, its tests, a review."):
        assert words in shown
