"""The label on an issue that waits for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.errors import TakenOverError
from orchestrator.domain.event import RunEnded
from orchestrator.domain.outcome import Conclusion, FailureClass, Outcome
from orchestrator.forge.local_forge import LocalReader, LocalWriter
from orchestrator.stages.publish import Target
from tests.end_to_end import project

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish

WAITS = Outcome(
    conclusion=Conclusion.NEEDS_HUMAN,
    failure_class=FailureClass.AMBIGUOUS_REQUIREMENTS,
    summary="Two questions.",
    hint="Answer them.",
)


@pytest.mark.parametrize(
    ("carried", "is_on"), [("needs-info", True), ("Needs-Info", True), ("needs", False)]
)
def test_target__knows_the_label_in_any_letter_case(carried: str, *, is_on: bool) -> None:
    """A forge keeps the name as it was first written: what is on can be taken off again."""
    target = Target(
        issue_number=1,
        branch="b",
        base_branch="main",
        waiting_label="needs-info",
        issue_labels=("bug", carried),
    )

    assert target.is_labelled is is_on


def test_conclude__leaves_the_label_alone_when_another_run_has_the_issue(
    furnish: Furnish,
) -> None:
    """Whoever was taken over changes nothing any more, not even a label."""
    house = furnish()
    house.journal.write(RunEnded(outcome=WAITS))

    def hold() -> None:
        raise TakenOverError("Another run has it.", hint="Let it finish.")

    with pytest.raises(TakenOverError):
        house.publisher(LocalWriter(house.forge), hold=hold).conclude()

    assert LocalReader(house.forge).issue(project.NUMBER).labels == ()
