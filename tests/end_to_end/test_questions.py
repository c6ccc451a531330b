"""A run that asks, waits, and goes on when somebody who may write has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.outcome import Conclusion, FailureClass
from orchestrator.llm.scenario import ScriptedReply
from tests.end_to_end import project
from tests.end_to_end.play import ANALYSIS, play, play_with, requirements, talk, tool_call
from tests.end_to_end.test_triggers import commented
from tests.end_to_end.walls import need_walls
from tests.end_to_end.world import world

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json
    from orchestrator.llm.scenario import Scenario

LATER = "2999-01-01T00:00:00Z"
QUESTIONS: Json = [
    {"text": "Greet groups too?", "default": "no", "changes_if_other": "It takes a list."},
    {"text": "Is a mark added?", "default": "no", "changes_if_other": "It ends in a mark."},
]


def _asking() -> Scenario:
    usual = requirements().tools[0].input
    asks = tool_call("SubmitRequirements", {**usual, "questions": QUESTIONS})
    return play_with(talk("analysis", ScriptedReply(tools=(asks,)), when=ANALYSIS))


def test_questions__are_asked_once_and_the_answers_go_into_the_work(tmp_path: Path) -> None:
    """Ask, wait at no cost, go on with the answer: one comment, one request, no label left."""
    need_walls()
    with world(tmp_path) as place:
        state = place.github.state
        asked = place.dispatch(_asking())
        labels = list(state.issues[project.NUMBER].labels)
        question = asked.comments[0].body
        waiting = place.act("issue_comment", commented("/orchestrate"))
        still = waiting.comments[0].body
        answer = "/orchestrate\n1: yes, groups of two\n"
        state.add_comment(project.NUMBER, "alice", answer).at = LATER
        done = place.act("issue_comment", commented(answer), play())

        assert asked.outputs["conclusion"] == Conclusion.NEEDS_HUMAN
        assert asked.outputs["failure-class"] == FailureClass.AMBIGUOUS_REQUIREMENTS
        assert len(asked.requests) == 1
        assert asked.pull_requests == ()
        assert "needs-info" in labels
        assert "/orchestrate\n1: …\n2: …" in question

        assert waiting.outputs["failure-class"] == FailureClass.AMBIGUOUS_REQUIREMENTS
        assert waiting.requests == ()
        assert "Greet groups too?" in still

        assert done.outputs["conclusion"] == Conclusion.SUCCESS, done.stdout
        assert "Answer: yes, groups of two" in str(done.requests[0])
        assert "**yes, groups of two** (answered by alice)" in str(done.pull_requests[0].body)
        ours = [comment for comment in done.comments if comment.login != "alice"]
        assert len(ours) == len(done.pull_requests) == 1
        assert "needs-info" not in state.issues[project.NUMBER].labels
        assert set(done.branches) == {"main", project.BRANCH}
