"""What GitHub tells before anything is spent, and what it keeps to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import NotFoundError
from orchestrator.forge.forge import PullRequest
from orchestrator.forge.github_forge import connect
from orchestrator.forge.github_survey import GithubSurvey
from tests.doubles.clock import SteppingClock
from tests.doubles.github import GithubDouble
from tests.doubles.github_state import Settings, StoredEvent, StoredIssue, StoredPull, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON = Token(value="ghp_of_alice", login="alice", is_workflow_token=False, contents="read")
WORKFLOW = Token(contents="read")


@pytest.fixture
def double() -> Iterator[GithubDouble]:
    """Open GitHub's stand-in with an issue that was reopened, and closed pull requests."""
    pulls = (
        StoredPull(number=5, title="Old", state="closed", head="a", base="main"),
        StoredPull(
            number=6, title="Fix", state="closed", head="b", base="main", merged_at="2026-02-01"
        ),
        StoredPull(
            number=7, title="Fix", state="closed", head="c", base="main", merged_at="2026-03-01"
        ),
        StoredPull(number=8, title="Open", head="d", base="main"),
    )
    settings = Settings(rules=("deletion", "creation", "required_signatures"))
    issue = StoredIssue(number=4, title="Broken")
    with GithubDouble(
        issues=(issue, *pulls), tokens=(PERSON, WORKFLOW), settings=settings
    ) as opened:
        opened.state.events[4] = [
            StoredEvent(event="closed", login="alice", at="2026-01-02"),
            StoredEvent(event="reopened", login="alice", at="2026-01-03"),
            StoredEvent(event="reopened", login="alice", at="2026-01-05"),
            StoredEvent(event="labeled", login="alice", at="2026-01-07"),
        ]
        yield opened


def _survey(double: GithubDouble, token: Token = WORKFLOW) -> GithubSurvey:
    return GithubSurvey(
        connect(
            token=SecretStr(token.value),
            repository=double.state.full_name,
            api_url=double.api_url,
            clock=SteppingClock(),
        )
    )


def test_merged__are_the_latest_first(double: GithubDouble) -> None:
    """Closed without a merge is no fix, and neither is what is still open."""
    assert [request.number for request in _survey(double).merged_requests()] == [7, 6]


def test_reopened__is_told_for_the_last_time(double: GithubDouble) -> None:
    """Only what was merged after it can be a fix."""
    assert _survey(double).reopened_at(4) == "2026-01-05"


def test_rights__name_the_rules_that_refuse_a_push(double: GithubDouble) -> None:
    """A rule about deleting does not matter; the others are named with their ruleset."""
    rules = _survey(double).rights("orchestrator/issue-4").rules

    assert [rule.partition(":")[0] for rule in rules] == ["creation", "required_signatures"]
    assert all("ruleset 7 of" in rule for rule in rules)


def test_rights__of_an_installation_are_not_known(double: GithubDouble) -> None:
    """GitHub tells a person what the token may do; a workflow's token has to ask git."""
    assert _survey(double, PERSON).rights("x").can_push is False
    assert _survey(double, WORKFLOW).rights("x").can_push is None


def test_paths__of_a_request_that_is_gone(double: GithubDouble) -> None:
    """A request that was deleted meanwhile is an error of its own, for the look to tell."""
    gone = PullRequest(
        number=99,
        url="",
        title="",
        body="",
        head_branch="x",
        head_commit="",
        base_branch="main",
        is_draft=False,
        is_open=True,
        author="bob",
    )
    with pytest.raises(NotFoundError):
        _survey(double).changed_paths(gone)
