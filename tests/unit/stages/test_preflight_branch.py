"""What people made of the pull request of an earlier run, before a later one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.event import PullRequestPublished
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.work_loss import Lost
from orchestrator.stages.losing import Loss
from orchestrator.stages.preflight.branch import own_request
from orchestrator.stages.relaying import all_dropped
from tests.builders_events import run_started
from tests.end_to_end import project
from tests.unit.stages.readers import ToldReader
from tests.unit.stages.sights import ToldSurvey, a_request, a_scene

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.unit.stages.house import Furnish


@pytest.mark.parametrize(
    ("is_known", "open_", "merged", "conclusion"),
    [
        (False, {}, (), None),
        (True, {43: project.BRANCH}, (), None),
        (True, {43: "of-another-prefix/issue-42"}, (), None),
        (True, {44: project.BRANCH}, (43,), Conclusion.SKIPPED),
        (True, {}, (9,), Conclusion.NEEDS_HUMAN),
    ],
    ids=["none yet", "open", "open from another branch", "merged", "closed"],
)
def test_own_request__that_people_settled_is_not_opened_again(
    furnish: Furnish,
    *,
    is_known: bool,
    open_: Mapping[int, str],
    merged: Sequence[int],
    conclusion: Conclusion | None,
) -> None:
    """To close or merge what a run opened was a decision: a later run says so and stops."""
    house = furnish()
    if is_known:
        house.journal.write(
            PullRequestPublished(number=43, url="", operation="created", is_draft=True)
        )
        house.journal.write(run_started())
    scene = a_scene(
        house,
        forge=ToldReader(
            requests=[a_request(number, head_branch=branch) for number, branch in open_.items()]
        ),
        survey=ToldSurvey(merged=[a_request(number) for number in merged]),
    )

    sight = own_request(scene)

    assert (sight.stop.conclusion if sight.stop else None) == conclusion
    if sight.stop is not None:
        assert "refs/orchestrator/issue-42" in sight.stop.hint


@pytest.mark.parametrize(
    ("merged", "conclusion"),
    [((43,), None), ((), Conclusion.NEEDS_HUMAN)],
    ids=["merged", "closed"],
)
def test_own_request__is_known_to_a_run_that_begins_anew(
    furnish: Furnish, *, merged: Sequence[int], conclusion: Conclusion | None
) -> None:
    """What people closed stays closed though all work is lost; what they merged may go further."""
    house = furnish()
    loss = Loss(why=("the issue has changed",), lost=frozenset({Lost.ALL}))
    house.journal.write(all_dropped(loss, request=43))
    survey = ToldSurvey(merged=[a_request(number) for number in merged])

    sight = own_request(a_scene(house, survey=survey))

    assert (sight.stop.conclusion if sight.stop else None) == conclusion
