"""Small errors in the finished change, tried with the project's real tests."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.check import CheckEnding, CheckKind, CheckReport
from orchestrator.domain.errors import SandboxError
from orchestrator.domain.strength import MutantEnding
from orchestrator.stages.commands import ProjectCommands
from orchestrator.stages.endings import cancelled
from orchestrator.stages.implementation import implement
from orchestrator.stages.results import Results
from orchestrator.stages.strength import ending_of, try_mutants
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


@pytest.mark.parametrize("works", [0, 1])
def test_mutants__cost_no_finished_change_when_the_sandbox_fails(
    furnish: Furnish, works: int
) -> None:
    """What only tells how good a change is cannot end its run; what was seen by then stays."""
    settings = SETTINGS.replace("mutants: 0", "mutants: 2")
    house = furnish(implementer(edit(new=_SOURCE), work()), automator(), settings=settings)
    run_tests_stage(house.context, implement(house.context, planned()))
    sound, calls = house.context.commands, count()

    class Breaking(ProjectCommands):
        def __init__(self) -> None:
            """Stand in front of commands that work."""

        def mutated(self, commit: str, path: str, content: bytes) -> CheckReport | None:
            if next(calls) < works:
                return sound.mutated(commit, path, content)
            raise SandboxError("The engine is gone.", hint="Start it.")

    try_mutants(replace(house.context, commands=Breaking()))

    sample = house.journal.record.mutation
    assert sample is not None
    assert len(sample.mutants) == works
    assert bool(sample.why_none) is not bool(works)
    assert "could be tried: The engine is gone." in house.notes()


@pytest.mark.parametrize(
    ("ending", "exit_code", "tests_run", "became"),
    [
        (CheckEnding.FINISHED, 1, 3, MutantEnding.KILLED),
        (CheckEnding.FINISHED, 0, 3, MutantEnding.SURVIVED),
        (CheckEnding.TIMED_OUT, None, None, MutantEnding.KILLED),
        (CheckEnding.LIMIT_MET, None, None, MutantEnding.KILLED),
        (CheckEnding.FINISHED, 1, 0, MutantEnding.UNVIABLE),
        (CheckEnding.NOT_STARTED, 127, None, MutantEnding.UNVIABLE),
    ],
)
def test_mutant__is_killed_by_tests_alone(
    ending: CheckEnding, exit_code: int | None, tests_run: int | None, became: MutantEnding
) -> None:
    """Where no test was reached, none has noticed anything."""
    before = CheckReport(
        kind=CheckKind.TEST,
        command="run",
        commit="c",
        ending=CheckEnding.FINISHED,
        exit_code=0,
        duration_s=1.0,
        output_tail="",
        tests_run=3,
    )
    after = before.model_copy(
        update={"ending": ending, "exit_code": exit_code, "tests_run": tests_run}
    )

    assert ending_of(before, after) is became
