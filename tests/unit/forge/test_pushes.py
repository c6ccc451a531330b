"""Which pushes are looked at, and how little of them is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.forge.asked import Ignored, Pushed, Refused, TriggerRules
from tests.unit.forge.test_events import ALICE, RENOVATE, WORKFLOW_BOT, parsed

if TYPE_CHECKING:
    from orchestrator.domain.json import JsonObject


def test_push__to_a_branch_of_ours_names_it() -> None:
    """Only the name is read: where the branch stands, and whose it is, is asked of the forge."""
    document = {
        "ref": "refs/heads/orchestrator/issue-42",
        "after": "f" * 40,
        "head_commit": {"message": "Orchestrator-Run: 1"},
        "sender": ALICE,
    }

    assert parsed("push", document) == Pushed(branch="orchestrator/issue-42", issue_number=42)


def test_push__goes_by_the_prefix_of_the_inputs() -> None:
    """Another prefix makes other branches ours, and the usual ones nobody's."""
    rules = TriggerRules(branch_prefix="bots/")

    result = parsed("push", {"ref": "refs/heads/bots/issue-7"}, rules)

    assert result == Pushed(branch="bots/issue-7", issue_number=7)
    assert isinstance(parsed("push", {"ref": "refs/heads/orchestrator/issue-7"}, rules), Refused)


@pytest.mark.parametrize("sender", [WORKFLOW_BOT, RENOVATE, None])
def test_push__counts_whoever_pushed(sender: JsonObject | None) -> None:
    """A bot's commit was judged no more than a person's; nothing is started by either."""
    document = {"ref": "refs/heads/orchestrator/issue-42", "sender": sender}

    assert isinstance(parsed("push", document), Pushed)


@pytest.mark.parametrize(
    "name",
    [
        "issue-",
        "issue-0",
        "issue-042",
        "issue-#42",
        "issue-٤٢",
        "issue-42/x",
        "issue-42 ",
        "issue-42\n",
        "issue-99999999999",
        "issue-issue-42",
        "Issue-42",
        "x/issue-42",
        "42",
        "",
    ],
)
def test_push__to_a_name_that_no_run_gives_is_ignored(name: str) -> None:
    """A branch that is only named nearly like one of ours is nobody's of ours."""
    result = parsed("push", {"ref": f"refs/heads/orchestrator/{name}"})

    assert isinstance(result, Ignored)
    assert "\n" not in result.reason


@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "refs/tags/orchestrator/issue-42", "orchestrator/issue-42", "::x"]
)
def test_push__to_something_else_is_refused(ref: str) -> None:
    """A workflow that listens to every push is told which ones to listen to."""
    result = parsed("push", {"ref": ref + "x" * 500}, TriggerRules(issue_number="42"))

    assert isinstance(result, Refused)
    assert len(result.reason) < 200
    assert "orchestrator/issue-*" in result.hint
    assert "workflow_dispatch" in result.hint
