"""Small errors in the finished change, tried with the project's real tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.endings import cancelled
from orchestrator.stages.implementation import implement
from orchestrator.stages.results import Results
from orchestrator.stages.strength import try_mutants
from orchestrator.stages.testing import test_change as run_tests_stage
from orchestrator.stages.verdict import judge
from tests.end_to_end.play import automator, edit, implementer, work
from tests.end_to_end.project import GREET, SETTINGS
from tests.unit.stages.house import planned

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish

_SOURCE = (
    f"{GREET}\n\ndef shout(name: str) -> str:\n    is_loud = len(name) < 99\n"
    '    unused = 1 == 1\n    return greet(name).upper() if is_loud else ""\n'
)


def test_mutants__told_with_survivors(furnish: Furnish) -> None:
    """An error that a test notices is killed, and one that none notices is named with its line.

    A run that stopped before its end tries none: it would take minutes that it may not have.
    """
    settings = SETTINGS.replace("mutants: 0", "mutants: 2")
    house = furnish(implementer(edit(new=_SOURCE), work()), automator(), settings=settings)
    run_tests_stage(house.context, implement(house.context, planned()))

    judge(house.context, Results(stop=cancelled()))
    assert house.journal.record.mutation is None
    try_mutants(house.context)

    sample = house.journal.record.mutation
    assert sample is not None
    assert (sample.commit, sample.possible) == (house.context.branch.head, 2)
    assert (sample.viable, sample.killed) == (2, 1)
    (survivor,) = sample.survivors
    assert (survivor.before, survivor.after, survivor.line) == ("==", "!=", 7)
