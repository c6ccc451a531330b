"""Delicate files pass on the word of somebody who may give it, and who saw what passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.event import BranchPushed, HeadMoved, PullRequestPublished
from orchestrator.forge.github_forge import connect
from orchestrator.forge.github_reader import GithubReader
from orchestrator.forge.github_survey import GithubSurvey
from orchestrator.stages.approval import approver
from tests.doubles.clock import SteppingClock
from tests.doubles.github import GithubDouble
from tests.doubles.github_state import StoredEvent, StoredIssue
from tests.end_to_end import project
from tests.unit.gates.evidence import change, diff, evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.gates.gates import Evidence
    from tests.unit.stages.house import Furnish

LABEL = "orchestrator-approved"
NUMBER = 7
DELICATE = replace(
    evidence(of=change(diff("Dockerfile", "+RUN x"), "Dockerfile")), approval_label=LABEL
)
PLAIN = replace(evidence(of=change(diff("src/a.js", "+x"), "src/a.js")), approval_label=LABEL)


def _approved(
    furnish: Furnish,
    *events: tuple[str, str, int],
    of: Evidence = DELICATE,
    pushed: Sequence[str] = (DELICATE.change.head,),
) -> tuple[str, str]:
    """Ask who approved, after events (what, by whom, seconds after the head came to be).

    A commit is pushed every thirty seconds from then on.
    """
    house = furnish()
    house.journal.write(
        PullRequestPublished(number=NUMBER, url="u", operation="created", is_draft=True)
    )
    born = datetime.fromisoformat(house.forge.clock.now_iso())
    house.journal.write(HeadMoved(commit=of.change.head, change=of.change))
    for commit in pushed:
        house.forge.clock.sleep(30)
        house.journal.write(BranchPushed(branch=project.BRANCH, commit=commit))
    pull = StoredIssue(number=NUMBER, title="A pull request", labels=[LABEL])
    with GithubDouble(issues=(pull,)) as double:
        double.state.events[NUMBER] = [
            StoredEvent(
                event=what,
                login=who,
                at=(born + timedelta(seconds=after)).isoformat(),
                label=LABEL,
            )
            for what, who, after in events
        ]
        connection = connect(
            token=SecretStr("ghs_of_the_workflow"),
            repository="octo/site",
            api_url=double.api_url,
            clock=SteppingClock(),
        )
        scene = replace(
            house.context.scene,
            forge=GithubReader(connection),
            survey=GithubSurvey(connection),
        )
        found = approver(replace(house.context, scene=scene), of)
    return found, house.notes()


def test_approval__of_a_writer_counts(furnish: Furnish) -> None:
    """Somebody with write permission who labels after the last change has approved."""
    assert _approved(furnish, ("labeled", "alice", 60))[0] == "alice"


@pytest.mark.parametrize(
    ("events", "note"),
    [
        ((), ""),
        ((("labeled", "alice", 5), ("unlabeled", "alice", 9)), ""),
        ((("labeled", "mallory", 60),), "'mallory'"),
        ((("labeled", "alice", -60),), "older than the last change"),
        ((("labeled", "alice", 20),), "older than the last change"),
    ],
    ids=["nobody", "taken off", "stranger", "before the change", "before it could be seen"],
)
def test_approval__that_does_not_count(
    furnish: Furnish, events: tuple[tuple[str, str, int], ...], note: str
) -> None:
    """A label that is gone, a stranger's or one from before the change approves nothing."""
    found, notes = _approved(furnish, *events)

    assert found == ""
    assert note in notes


def test_approval__stays_when_the_same_is_pushed_again(furnish: Furnish) -> None:
    """A later run that finds the approval pushes the commit once more, and that changes nothing."""
    again = (DELICATE.change.head, DELICATE.change.head)

    assert _approved(furnish, ("labeled", "alice", 40), pushed=again)[0] == "alice"


@pytest.mark.parametrize("pushed", [(), ("d" * 40,)], ids=["nothing", "another commit"])
def test_approval__of_what_nobody_could_see_does_not_count(
    furnish: Furnish, pushed: Sequence[str]
) -> None:
    """While the head is not on the branch over there, a label is about something else."""
    assert _approved(furnish, ("labeled", "alice", 90), pushed=pushed)[0] == ""


def test_approval__is_not_asked_for_without_need(furnish: Furnish) -> None:
    """An ordinary change costs no request."""
    assert _approved(furnish, ("labeled", "alice", 60), of=PLAIN)[0] == ""
