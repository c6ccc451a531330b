"""The action: inputs and event decide what is done; words in an issue never do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.event import act
from orchestrator.domain.errors import ConfigError, UsageError
from tests.builders_git import make_repository
from tests.unit.app.office import make_office

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.json import Json

ALICE: Json = {"login": "alice", "id": 7, "type": "User"}


def _labeled(label: str) -> str:
    issue: Json = {
        "number": 42,
        "title": "Greet",
        "body": "",
        "state": "open",
        "user": ALICE,
        "labels": [],
    }
    return json.dumps(
        {"action": "labeled", "issue": issue, "label": {"name": label}, "sender": ALICE}
    )


def test_act__without_a_runner_points_to_the_help() -> None:
    """On a laptop nothing happens by accident."""
    with pytest.raises(UsageError, match="without a verb") as refusal:
        act(make_office().desk)

    assert "--help" in refusal.value.hint


def test_act__without_an_event_says_what_is_missing(tmp_path: Path) -> None:
    """A broken job is told by name, on the terminal and in outputs and summary."""
    office = make_office(tmp_path)

    with pytest.raises(UsageError, match="which event"):
        act(office.desk)

    assert "blocked" in office.text(office.output)
    assert "GITHUB_EVENT_PATH" in office.text(office.summary)


def test_act__without_the_event_file_names_it(tmp_path: Path) -> None:
    """A payload that is not there is an error with its path."""
    office = make_office(tmp_path, event="issues")

    with pytest.raises(UsageError, match=r"event\.json"):
        act(office.desk)


def test_act__leaves_events_alone_that_are_not_for_it(tmp_path: Path) -> None:
    """Another label is nothing to do: success, and the reason is an output."""
    office = make_office(tmp_path, event="issues", payload=_labeled("bug"))

    assert act(office.desk) == 0
    assert "Nothing to do" in office.said
    outputs = office.text(office.output)
    assert "skipped" in outputs
    assert "skip-reason" in outputs


@pytest.mark.parametrize(
    ("event", "words"),
    [("schedule", "'schedule' does not name an issue"), ("workflow_dispatch", "issue number")],
)
def test_act__calls_an_event_without_an_issue_no_lack_of_rights(
    tmp_path: Path, event: str, words: str
) -> None:
    """A workflow that names no issue is told so, not that somebody may not do something."""
    office = make_office(tmp_path, event=event, payload=json.dumps({"sender": ALICE}))

    with pytest.raises(UsageError, match=words):
        act(office.desk)

    outputs = office.text(office.output)
    assert "other" in outputs
    assert "permission_missing" not in outputs


@pytest.mark.parametrize("payload", ["", "[]", "{", '{"action": 3}'])
def test_act__refuses_a_payload_that_is_none(tmp_path: Path, payload: str) -> None:
    """Garbage in the event file is an error, not a crash."""
    office = make_office(tmp_path, event="issues", payload=payload)

    with pytest.raises(UsageError):
        act(office.desk)


def test_act__ignores_bots(tmp_path: Path) -> None:
    """A bot that nobody listed sets off nothing, and is named."""
    payload = json.loads(_labeled("orchestrate"))
    payload["sender"] = {"login": "renovate[bot]", "id": 1, "type": "Bot"}
    office = make_office(tmp_path, event="issues", payload=json.dumps(payload))

    assert act(office.desk) == 0
    assert "'renovate[bot]' is not in the input allowed-bots" in office.said
    assert "skipped" in office.text(office.output)


def test_act__tells_wrong_inputs_all_at_once(tmp_path: Path) -> None:
    """Every wrong input is named, in one go."""
    wrong = {"INPUT_ISSUE-NUMBER": "-3", "INPUT_MAX-COST-USD": "much"}
    office = make_office(tmp_path, environment=wrong)

    with pytest.raises(ConfigError) as refusal:
        act(office.desk)

    assert "issue-number" in str(refusal.value)
    assert "max-cost-usd" in str(refusal.value)


@pytest.mark.parametrize(
    ("number", "matrix"), [("7", '{"issue": [7]}'), ("9, 7", '{"issue": [7, 9]}')]
)
def test_act__makes_a_matrix(tmp_path: Path, number: str, matrix: str) -> None:
    """The command `matrix` needs no event, no token and no model."""
    inputs = {"INPUT_COMMAND": "matrix", "INPUT_ISSUE-NUMBER": number}
    office = make_office(tmp_path, environment=inputs)

    assert act(office.desk) == 0
    assert matrix in office.text(office.output)


def test_act__validates_the_workspace(tmp_path: Path) -> None:
    """The command `validate` shows the settings a run on this checkout would have."""
    office = make_office(tmp_path, environment={"INPUT_COMMAND": "validate"})
    package = '{"scripts": {"test": "node --test"}}'
    make_repository(tmp_path / "workspace", {"package.json": package})

    assert act(office.desk) == 0
    assert "project.commands.test = " in office.said
    assert "The configuration is valid." in office.said
