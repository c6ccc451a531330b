"""The action's description, the code behind it and the workflows that use it say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from orchestrator.config.inputs import NO_INPUTS, InputCommand, Inputs, read_inputs
from orchestrator.config.sandbox import SandboxBackend
from orchestrator.domain.outcome import Conclusion
from orchestrator.domain.record import RunRecord
from orchestrator.metrics.outputs import outputs
from tests.architecture.source import ROOT, read

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SECRETS = {"anthropic-api-key", "github-token"}
WORKFLOWS = (Path("docs/examples/orchestrate.yml"), Path(".github/workflows/orchestrate.yml"))
WITHDRAW = Path("docs/examples/withdraw.yml")
EXAMPLES = sorted(path.relative_to(ROOT) for path in (ROOT / "docs" / "examples").glob("*.yml"))
MANY, CALLER = Path(".github/workflows/many.yml"), Path("docs/examples/many.yml")
# What the job that holds the action may do with the repository, and no more.
RIGHTS = {"contents", "issues", "pull-requests", "id-token", "actions", "packages"}
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
# Set by the verb `matrix`, which makes no run and so has no record.
WITHOUT_A_RUN = {"matrix"}


def _words(description: str) -> set[str]:
    """Return the words that a description marks as code."""
    return set(re.findall(r"`([a-z-]+)`", description))


def _steps(workflow: Path) -> list[dict[str, dict[str, str]]]:
    """Return the steps of a workflow that use this action."""
    jobs = yaml.safe_load(read(workflow))["jobs"]
    ours = re.compile(r"\./|OWNER/orchestrator@COMMIT")
    steps = [step for job in jobs.values() for step in job.get("steps", [])]
    return [step for step in steps if ours.fullmatch(step.get("uses", ""))]


def test_action__holds_one_expression() -> None:
    """The runner evaluates them even in descriptions, and then cannot load the action.

    The workflow's own token is the one secret that is taken without being asked for.
    """
    assert EXPRESSION.findall(read(Path("action.yml"))) == ["${{ github.token }}"]
    assert ACTION["inputs"]["github-token"]["default"] == "${{ github.token }}"


def test_action__declares_every_input_that_is_read() -> None:
    """No input is read that nobody can set, and none is offered that does nothing."""
    read_by_code = {name.replace("_", "-") for name in Inputs.model_fields}
    # One input, read as one number or as several.
    read_by_code -= {"issue-numbers"}

    assert read_by_code | SECRETS == set(ACTION["inputs"])


def test_action__declares_every_output_that_is_set() -> None:
    """A later step can use each output that is set, and each that is declared is set."""
    assert set(outputs(RunRecord())) | WITHOUT_A_RUN == set(ACTION["outputs"])


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
    assert _words(ACTION["outputs"]["conclusion"]["description"]) == set(Conclusion)


def test_action__names_every_command() -> None:
    """Whoever sets `command` finds each of its words where it is described."""
    assert _words(ACTION["inputs"]["command"]["description"]) == set(InputCommand)


def test_action__names_sandboxes_that_exist() -> None:
    """A word that the description offers is one that the code accepts."""
    described = _words(ACTION["inputs"]["sandbox"]["description"])

    assert described == set(SandboxBackend) - {SandboxBackend.BUBBLEWRAP}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_workflow__starts_on_what_the_action_answers_to(workflow: Path) -> None:
    """The filter that saves a machine never hides an event that the action would take."""
    label = ACTION["inputs"]["trigger-label"]["default"]
    phrase = ACTION["inputs"]["trigger-phrase"]["default"]

    text = read(workflow)

    assert f"github.event.label.name == '{label}'" in text
    assert f"startsWith(github.event.comment.body, '{phrase}')" in text


@pytest.mark.parametrize(
    "workflow", [*[each for each in (*EXAMPLES, MANY) if each != CALLER], WORKFLOWS[1]], ids=str
)
def test_workflow__gives_only_inputs_that_exist(workflow: Path) -> None:
    """A misspelt input is ignored by the runner with a warning that nobody reads."""
    steps = _steps(workflow)

    assert steps != []
    assert {name for step in steps for name in step.get("with", {})} <= set(ACTION["inputs"])


def test_caller__gives_the_reusable_workflow_what_it_takes() -> None:
    """A name that the other side does not know fails the workflow before it begins."""
    # YAML 1.1 reads the key `on` as true.
    takes = yaml.safe_load(read(MANY))[True]["workflow_call"]
    (job,) = yaml.safe_load(read(CALLER))["jobs"].values()

    assert job["uses"] == f"./{MANY}"
    assert set(job["with"]) <= set(takes["inputs"])
    assert set(job["secrets"]) == set(takes["secrets"])
    assert set(job["permissions"]) == {"contents", "issues", "pull-requests"}


@pytest.mark.parametrize("workflow", EXAMPLES, ids=str)
def test_example__asks_for_no_more_than_it_needs(workflow: Path) -> None:
    """Whoever copies an example gives the action the least that it works with."""
    whole = yaml.safe_load(read(workflow))

    assert whole["permissions"] == {}
    for job in whole["jobs"].values():
        assert set(job.get("permissions", {})) <= RIGHTS
        assert job.get("timeout-minutes") or job.get("uses")


def test_workflow__is_the_example_and_an_upload() -> None:
    """We start our own runs in the way that we tell everybody to."""
    example, own = (yaml.safe_load(read(workflow)) for workflow in WORKFLOWS)
    steps = [
        {name: job.pop("steps") for name, job in one["jobs"].items()} for one in (example, own)
    ]

    assert own == example
    assert steps[0]["orchestrate"][0] == steps[1]["orchestrate"][0]


@pytest.mark.parametrize("workflow", [*WORKFLOWS, WITHDRAW], ids=str)
def test_withdraw__is_given_nothing_to_lose(workflow: Path) -> None:
    """What a push sets off holds no secret, runs nothing of what was pushed, waits for no run."""
    whole = yaml.safe_load(read(workflow))
    job = whole["jobs"]["withdraw"]
    prefix = ACTION["inputs"]["branch-prefix"]["default"]

    # YAML 1.1 reads the key `on` as true.
    assert whole[True]["push"] == {"branches": [f"{prefix}issue-*"]}
    assert len(whole[True]) == 1 or job["if"] == "github.event_name == 'push'"
    assert set(job["permissions"]) == {"contents", "pull-requests"}
    assert job["concurrency"] == {
        "group": "withdraw-${{ github.ref }}",
        "cancel-in-progress": False,
    }
    assert "secrets." not in str(job)
    *before, last = job["steps"]
    assert set(last) == {"uses"}
    # Our own workflow has to fetch the action; never from what was pushed.
    assert [step["with"]["ref"] for step in before] in (
        [],
        ["${{ github.event.repository.default_branch }}"],
    )
