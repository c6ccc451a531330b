"""Every limit, wherever it is set, ends a run with what was done by then in people's hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.outcome import FailureClass
from orchestrator.forge.local_forge import LocalReader
from orchestrator.llm.scenario import ScriptedUsage
from orchestrator.stages.pipeline import run_pipeline
from orchestrator.stages.reports import write_reports
from orchestrator.telemetry.replay import read_journal
from tests.end_to_end import project
from tests.end_to_end.play import (
    analyst,
    automator,
    call,
    edit,
    implementer,
    no_other_way,
    planner,
    say,
    talk,
    task_words,
    work,
)

if TYPE_CHECKING:
    from orchestrator.llm.scenario import Conversation
    from tests.unit.stages.house import Furnish

ANSWER_S = 30.0
"""How long the model takes for an answer where minutes are limited."""
DEAR = ScriptedUsage(output_tokens=40_000)
WASTE = tuple(
    call("Bash", command=f"echo {number}").model_copy(update={"usage": DEAR}) for number in range(9)
)
IDLE = (say("No."), say("No."))
AGAIN = talk("again", *WASTE, when=task_words(2))


def _spendthrift() -> tuple[Conversation, ...]:
    """Return a tester who never comes to an end, in two attempts; all before goes well."""
    return (analyst(), planner(), implementer(), automator(*WASTE), AGAIN, no_other_way())


def _gives_up_late() -> tuple[Conversation, ...]:
    """Return a tester who hands nothing in, so that this task alone needs a second agent."""
    return (analyst(), planner(), implementer(), automator(*IDLE), AGAIN, no_other_way())


def _idler() -> tuple[Conversation, ...]:
    """Return attempts that come to nothing once, so that each task needs a second agent."""
    second = talk("second", edit(), work(), when=task_words(1))
    first = (analyst(), planner(), implementer(*IDLE), second)
    return (*first, automator(*IDLE), no_other_way())


def _voices(limits: str) -> tuple[Conversation, ...]:
    if "agents" not in limits:
        return _spendthrift()
    return _gives_up_late() if "task" in limits else _idler()


@pytest.mark.parametrize(
    ("limits", "replies"),
    [
        ("usd: 2.5", 2),
        ("tokens: 130000", 2),
        ("turns: 6", 2),
        ("agents: 5", 2),
        ("minutes: 3", 2),
        ("stage: {testing: {usd: 1.5}}", 1),
        ("stage: {testing: {tokens: 60000}}", 1),
        ("stage: {testing: {turns: 3}}", 3),
        ("stage: {testing: {agents: 1}}", 2),
        ("stage: {testing: {minutes: 1}}", 2),
        ("task: {usd: 1.5}", 1),
        ("task: {tokens: 60000}", 1),
        ("task: {turns: 3}", 3),
        ("task: {agents: 1}", 2),
        ("task: {minutes: 1}", 2),
        ("agent: {usd: 1.5}", 2),
        ("agent: {tokens: 60000}", 2),
        ("agent: {turns: 3}", 6),
        ("agent: {minutes: 1}", 4),
    ],
)
def test_limit__leaves_the_branch_the_report_and_a_draft(
    furnish: Furnish, limits: str, replies: int
) -> None:
    """No request goes out beyond it, and what is paid for is on a draft that names the limit."""
    house = furnish(*_voices(limits), settings=f"{project.SETTINGS}limits: {{{limits}}}\n")
    house.model.takes_s = ANSWER_S if "minutes" in limits else 0.0

    outcome = run_pipeline(house.context, house.publisher(), plan_only=False)

    record = house.journal.record
    lines = [line for line in record.spend_lines if line.stage == "testing"]
    assert outcome.failure_class is FailureClass.BUDGET_EXHAUSTED, outcome
    assert sum(line.replies for line in lines) == replies
    assert house.read(project.SOURCE) == project.GREET + project.SHOUT
    (request,) = LocalReader(house.forge).pull_requests()
    (comment,) = LocalReader(house.forge).comments(project.NUMBER)
    assert (request.is_draft, request.head_commit) == (True, house.context.branch.head)
    assert "limit" in comment.body
    assert "⏳" not in comment.body
    told = list(read_journal(house.journal.path, on_notice=print))
    files = write_reports(house.templates, told, house.folder)
    assert "limit" in files.page.read_text(encoding="utf-8")
