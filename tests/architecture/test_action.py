"""The action's description, the workflow that uses it and the README say the same."""

from __future__ import annotations

import re

import pytest
import yaml

from orchestrator.config.inputs import NO_INPUTS, Inputs, read_inputs
from orchestrator.domain.outcome import Conclusion
from tests.architecture.source import ROOT

README = ROOT / "README.md"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SECRETS = {"anthropic-api-key", "github-token"}
WORKFLOW = (ROOT / ".github" / "workflows" / "orchestrate.yml").read_text(encoding="utf-8")


def _table(heading: str) -> list[str]:
    """Read the first column of the README's table under a heading."""
    text = README.read_text(encoding="utf-8")
    section = re.search(rf"^#+ {heading}$(.+?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `([a-z-]+)` \|", section[1], re.MULTILINE) if section else []


def test_action__hides_no_secret_in_a_default() -> None:
    """Only the workflow's own token is taken without being asked for."""
    expressions = {
        name: given["default"]
        for name, given in ACTION["inputs"].items()
        if "${{" in given.get("default", "")
    }

    assert expressions == {"github-token": "${{ github.token }}"}


def test_action__declares_every_input_that_is_read() -> None:
    """No input is read that nobody can set, and none is offered that does nothing."""
    read = {name.replace("_", "-") for name in Inputs.model_fields}

    assert read | SECRETS == set(ACTION["inputs"])


def test_action__shows_the_defaults_that_hold() -> None:
    """Leaving an input out means what the description shows as its default."""
    shown = {
        f"INPUT_{name.upper()}": given["default"]
        for name, given in ACTION["inputs"].items()
        if "default" in given and name not in SECRETS
    }

    assert read_inputs(shown) == NO_INPUTS


def test_action__names_every_conclusion() -> None:
    """Whoever branches on `conclusion` finds each of its words where it is described."""
    described = re.findall(r"`([a-z-]+)`", ACTION["outputs"]["conclusion"]["description"])

    assert set(described) == set(Conclusion)


def test_workflow__starts_on_what_the_action_answers_to() -> None:
    """The filter that saves a machine never hides an event that the action would take."""
    label = ACTION["inputs"]["trigger-label"]["default"]
    phrase = ACTION["inputs"]["trigger-phrase"]["default"]

    assert f"github.event.label.name == '{label}'" in WORKFLOW
    assert f"startsWith(github.event.comment.body, '{phrase}')" in WORKFLOW


def test_workflow__gives_only_inputs_that_exist() -> None:
    """A misspelt input is ignored by the runner with a warning that nobody reads."""
    jobs = yaml.safe_load(WORKFLOW)["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"] if step.get("uses") == "./"]

    assert len(steps) == 1
    assert set(steps[0]["with"]) <= set(ACTION["inputs"])


@pytest.mark.skipif(not README.exists(), reason="the README is not written yet")
@pytest.mark.parametrize("part", ["inputs", "outputs"])
def test_readme__lists_what_the_action_has(part: str) -> None:
    """The README's tables show every input and output, in the action's order, and no other."""
    assert _table(part.capitalize()) == list(ACTION[part])
