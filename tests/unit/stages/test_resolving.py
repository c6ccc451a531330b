"""A conflict goes to somebody who hears whose changes are in the way, and of no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.implementation import implement
from orchestrator.stages.testing import test_change as run_tests_stage
from tests.end_to_end.play import (
    USUAL_TASKS,
    automator,
    call,
    implementer,
    no_other_way,
    say,
    talk,
    task_words,
    work,
)
from tests.end_to_end.play import tests_written as handed_in
from tests.end_to_end.project import TEST_SHOUT, TESTS
from tests.unit.stages.house import planned

if TYPE_CHECKING:
    from orchestrator.llm.scenario import ScriptedReply
    from tests.unit.stages.house import Furnish

RESOLVE = "# Your task: resolve a conflict"
TEST_IT = USUAL_TASKS[1]


def _write(text: str) -> ScriptedReply:
    return call("Write", file_path=TESTS, content=text)


def test_resolve__of_tests_names_no_task_that_is_still_to_come(furnish: Furnish) -> None:
    """Of three authors of one file the second meets the first; the third has not begun."""
    again = {**TEST_IT, "id": 3, "title": "Test it again", "dependencies": [1, 2]}
    later = {**TEST_IT, "id": 4, "title": "Test it later", "dependencies": [1, 2, 3]}
    house = furnish(
        implementer(),
        automator(),
        talk(
            "second",
            _write(f"# Loud.\n{TEST_SHOUT}"),
            handed_in(),
            when=task_words(3),
            unless=(RESOLVE,),
        ),
        talk(
            "both",
            call("Read", file_path=TESTS),
            _write(f"# Both.\n{TEST_SHOUT}"),
            work(TESTS),
            when=RESOLVE,
        ),
        talk("lost", say("No."), say("No."), when=task_words(4), unless=(RESOLVE,), times=2),
        no_other_way(),
    )

    run_tests_stage(
        house.context, implement(house.context, planned(*USUAL_TASKS[:2], again, later))
    )

    titles = {number: each.title for number, each in house.journal.record.tasks.items()}
    assert titles[5] == "Resolve the conflict of task 3 with 2"
    assert "Test it later" not in house.told(RESOLVE)
