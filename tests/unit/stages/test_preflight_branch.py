"""What people made of the pull request of an earlier run, before a later one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.domain.event import BranchPushed, PullRequestPublished
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.work_loss import Lost
from orchestrator.stages.laying_anew import all_dropped
from orchestrator.stages.losing import Loss
from orchestrator.stages.preflight.branch import own_branch, own_request
from tests.builders_events import run_started
from tests.builders_git import git
from tests.end_to_end import project
from tests.unit.stages.house import an_issue
from tests.unit.stages.readers import ToldReader
from tests.unit.stages.sights import a_scene

if TYPE_CHECKING:
    from orchestrator.domain.issue import Issue
    from tests.unit.stages.house import Furnish


REQUEST = PullRequestPublished(number=43, url="", operation="created", is_draft=True)
OPEN = an_issue(number=43, is_pull_request=True)
MERGED = an_issue(number=43, is_pull_request=True, is_open=False, merged_at="2026-01-02")
CLOSED = an_issue(number=43, is_pull_request=True, is_open=False)


@pytest.mark.parametrize(
    ("is_known", "request_", "conclusion", "words"),
    [
        (False, None, None, ""),
        (True, OPEN, None, ""),
        (True, MERGED, Conclusion.SKIPPED, "was merged"),
        (True, CLOSED, Conclusion.NEEDS_HUMAN, "was closed unmerged"),
        (True, None, Conclusion.NEEDS_HUMAN, "is not there any more"),
    ],
    ids=["none yet", "open", "merged", "closed", "gone"],
)
def test_own_request__that_people_settled_is_not_opened_again(
    furnish: Furnish,
    *,
    is_known: bool,
    request_: Issue | None,
    conclusion: Conclusion | None,
    words: str,
) -> None:
    """To close or merge what a run opened was a decision: a later run says so and stops."""
    house = furnish()
    if is_known:
        house.journal.write(REQUEST)
        house.journal.write(run_started())
    issues = {} if request_ is None else {43: request_}

    sight = own_request(a_scene(house, forge=ToldReader(issues=issues)))

    assert (sight.stop.conclusion if sight.stop else None) == conclusion
    if sight.stop is not None:
        assert words in sight.stop.summary
        assert "refs/orchestrator/issue-42" in sight.stop.hint
        assert ("Reopen it" in sight.stop.hint) == (request_ is CLOSED)


@pytest.mark.parametrize(
    ("request_", "conclusion"),
    [(MERGED, None), (CLOSED, Conclusion.NEEDS_HUMAN)],
    ids=["merged", "closed"],
)
def test_own_request__is_known_to_a_run_that_begins_anew(
    furnish: Furnish, *, request_: Issue, conclusion: Conclusion | None
) -> None:
    """What people closed stays closed though all work is lost; what they merged may go further."""
    house = furnish()
    loss = Loss(why=("the issue has changed",), lost=frozenset({Lost.ALL}))
    house.journal.write(REQUEST)
    dropped = all_dropped(house.journal.record, loss)
    house.journal.write(run_started())
    house.journal.write(dropped)

    sight = own_request(a_scene(house, forge=ToldReader(issues={43: request_})))

    assert (sight.stop.conclusion if sight.stop else None) == conclusion


@pytest.mark.parametrize(
    ("branch", "has_request", "is_there", "conclusion"),
    [
        (project.BRANCH, False, False, Conclusion.NEEDS_HUMAN),
        (project.BRANCH, False, True, None),
        (project.BRANCH, True, False, None),
        ("of-another-prefix/issue-42", False, False, None),
    ],
    ids=["deleted", "there", "a request tells", "another branch"],
)
def test_own_branch__that_people_deleted_is_not_pushed_again(
    furnish: Furnish,
    *,
    branch: str,
    has_request: bool,
    is_there: bool,
    conclusion: Conclusion | None,
) -> None:
    """To delete what a run pushed was a decision, too, and both ways on are named."""
    house = furnish()
    house.keep(house.base.commit)
    if is_there:
        git(house.bare, "update-ref", f"refs/heads/{branch}", house.base.commit)
    house.journal.write(BranchPushed(branch=branch, commit=house.base.commit))
    if has_request:
        house.journal.write(REQUEST)
    house.journal.write(run_started())

    sight = own_branch(a_scene(house))

    assert (sight.stop.conclusion if sight.stop else None) == conclusion
    if sight.stop is not None:
        assert f"{house.base.commit}:refs/heads/{project.BRANCH}" in sight.stop.hint
        assert "delete the ref `refs/orchestrator/issue-42`" in sight.stop.hint
