"""Several issues in one step: what each companion is told."""

from __future__ import annotations

import pytest

from orchestrator.app.fanning import environment_for
from orchestrator.config.inputs import read_inputs
from tests.unit.app.office import make_desk


@pytest.mark.parametrize("variable", ["INPUT_ISSUE-NUMBER", "INPUT_ISSUE_NUMBER"])
def test_companion__has_one_issue(variable: str) -> None:
    """However the numbers were given: who is told them all would start companions for ever."""
    desk = make_desk(environment={variable: "42 43"})

    environment = environment_for(desk, 43, {})

    assert read_inputs(environment).issue_numbers == (43,)
