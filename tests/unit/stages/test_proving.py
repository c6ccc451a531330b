"""What new tests prove is looked at, whatever their author says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.implementation import implement
from orchestrator.stages.testing import test_change as run_tests_stage
from tests.end_to_end.play import call, implementer, talk, task_words
from tests.end_to_end.project import TEST_SHOUT, TESTS
from tests.unit.stages.house import planned

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish


def test_proven__sends_back_files_that_name_no_test(furnish: Furnish) -> None:
    """Who names no test cannot pass by the look at what each one proves; people are told."""
    written = call("Write", file_path=TESTS, content=TEST_SHOUT)
    unnamed = call("SubmitTests", summary="Tests.", tests=[], cannot_test=[], commands=[])
    house = furnish(implementer(), talk("unnamed", written, unnamed, when=task_words(2), times=2))

    results = run_tests_stage(house.context, implement(house.context, planned()))

    assert results.stop is None
    assert "An earlier attempt failed" in house.told("`tests` names no test in them")
    assert "Task 2 names no test in the files that it wrote" in house.notes()
