"""Delicate files pass on the word of somebody who may give it, and who saw what passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.event import HeadMoved, PullRequestPublished
from orchestrator.forge.github_forge import connect
from orchestrator.forge.github_reader import GithubReader
from orchestrator.forge.github_survey import GithubSurvey
from orchestrator.stages.approval import approver
from tests.doubles.clock import SteppingClock
from tests.doubles.github import GithubDouble
from tests.doubles.github_state import StoredEvent, StoredIssue
from tests.unit.gates.evidence import change, diff, evidence

if TYPE_CHECKING:
    from orchestrator.gates.gates import Evidence
    from tests.unit.stages.house import Furnish

LABEL = "orchestrator-approved"
NUMBER = 7
DELICATE = replace(
    evidence(of=change(diff("Dockerfile", "+RUN x"), "Dockerfile")), approval_label=LABEL
)
PLAIN = replace(evidence(of=change(diff("src/a.js", "+x"), "src/a.js")), approval_label=LABEL)


def _approved(
    furnish: Furnish, *events: tuple[str, str, int], of: Evidence = DELICATE
) -> tuple[str, str]:
    """Ask who approved, after events (what, by whom, seconds after the head came to be)."""
    house = furnish()
    house.journal.write(HeadMoved(commit=of.change.head, change=of.change))
    house.journal.write(
        PullRequestPublished(number=NUMBER, url="u", operation="created", is_draft=True)
    )
    born = datetime.fromisoformat(house.journal.record.head_at)
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
    ],
    ids=["nobody", "taken off", "stranger", "before the change"],
)
def test_approval__that_does_not_count(
    furnish: Furnish, events: tuple[tuple[str, str, int], ...], note: str
) -> None:
    """A label that is gone, a stranger's or one from before the change approves nothing."""
    found, notes = _approved(furnish, *events)

    assert found == ""
    assert note in notes


def test_approval__is_not_asked_for_without_need(furnish: Furnish) -> None:
    """An ordinary change costs no request."""
    assert _approved(furnish, ("labeled", "alice", 60), of=PLAIN)[0] == ""
