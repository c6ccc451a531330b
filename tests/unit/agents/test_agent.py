"""A whole task, from the first word to the report, against the scripted model."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.agents.agent import Agent
from orchestrator.agents.assignment import Assignment
from orchestrator.agents.endings import Submitted
from orchestrator.agents.ledger import Ledger
from orchestrator.agents.roles import BUILT_IN
from orchestrator.domain.event import AttemptRefused, Event, ToolAnswered
from orchestrator.domain.message import Effort
from orchestrator.domain.work import WorkReport
from orchestrator.llm.pricing import LIST_PRICES
from orchestrator.llm.scenario import Scenario
from orchestrator.llm.scripted import ScriptedModel
from orchestrator.tools.outfit import Wanted, outfit
from tests.doubles.clock import SteppingClock
from tests.unit.tools.workshop import WORK, make_cell, make_tree, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json

PLAY: Json = {
    "conversations": [
        {
            "name": "greeting",
            "when": {"contains": ["Greet politely"]},
            "replies": [
                {
                    "text": "I look at both files at once.",
                    "tools": [
                        {"name": "Read", "input": {"file_path": "greet.py"}},
                        {"name": "Grep", "input": {"pattern": "greet"}},
                    ],
                },
                {
                    "tools": [
                        {
                            "name": "Edit",
                            "input": {
                                "file_path": "greet.py",
                                "old_string": "'Hi'",
                                "new_string": "'Good day'",
                            },
                        },
                        {
                            "name": "Write",
                            "input": {"file_path": "tests/test_greet.py", "content": "pass\n"},
                        },
                        {"name": "Bash", "input": {"command": "cat greet.py"}},
                    ]
                },
                {"tools": [{"name": "SubmitWork", "input": dict(WORK)}]},
            ],
        }
    ]
}


def test_agent__does_a_whole_task(tmp_path: Path) -> None:
    """Read, change, be refused what is not its own, check, hand in: with real files."""
    tree = make_tree(tmp_path, {"greet.py": "def greet():\n    return 'Hi'\n"})
    events: list[Event] = []
    clock, ledger, role = SteppingClock(), Ledger(), BUILT_IN["python-pro"]
    model = ScriptedModel(Scenario.parse(PLAY, source="test"))
    toolbox = outfit(
        role=role,
        wanted=Wanted(shape=WorkReport),
        clock=clock,
        emit=events.append,
        task_id=1,
        workspace=make_workspace(tree),
        cell=make_cell(tree),
    )
    agent = Agent(model=model, ledger=ledger, prices=LIST_PRICES, clock=clock, emit=events.append)

    ending = agent.run(
        Assignment(
            conversation="task-1-1",
            role=role,
            stage="implementation",
            model="opus",
            effort=Effort.MEDIUM,
            system=("Work carefully.",),
            brief="A repository that greets.",
            task="Greet politely.",
            toolbox=toolbox,
            shape=WorkReport,
            max_turns=10,
            task_id=1,
        )
    )

    assert isinstance(ending, Submitted)
    assert (tree / "greet.py").read_text() == "def greet():\n    return 'Good day'\n"
    assert not (tree / "tests").exists()
    assert model.unused() == ()
    assert ledger.spend.usd > Decimal(0)
    assert [
        (event.tool, event.subject, event.is_error)
        for event in events
        if isinstance(event, ToolAnswered)
    ] == [
        ("Read", "greet.py", False),
        ("Grep", "greet", False),
        ("Edit", "greet.py", False),
        ("Write", "tests/test_greet.py", True),
        ("Bash", "cat greet.py", False),
        ("SubmitWork", "Added the toggle.", False),
    ]
    assert [event.what for event in events if isinstance(event, AttemptRefused)] == [
        "Write tests/test_greet.py"
    ]
