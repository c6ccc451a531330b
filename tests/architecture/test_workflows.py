"""Our own workflows and pictures keep what CONTRIBUTING and the README say of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.source import ROOT, project_files, read

OWN = tuple(path for path in project_files() if path.parent == Path(".github/workflows"))
EXAMPLES = tuple(path for path in project_files() if path.parent == Path("docs/examples"))
IMAGES = tuple(path for path in project_files() if path.suffix == ".png")
LARGEST_BYTES = 200_000
REGISTRY = Path("docs/examples/private-registry.yml")


def _jobs(workflow: Path) -> dict[str, Any]:  # Any: whatever the file holds
    jobs: dict[str, Any] = yaml.safe_load(read(workflow))["jobs"]  # Any: as above
    return jobs


def test_ci__has_one_gate_that_waits_for_every_job() -> None:
    """A job that branch protection does not ask for could be red and nobody would know."""
    jobs = _jobs(Path(".github/workflows/ci.yml"))

    assert jobs["green"]["needs"] == [name for name in jobs if name != "green"]
    assert jobs["green"]["if"] == "always()"
    assert jobs["test"]["strategy"]["matrix"] == {"python": ["3.11", "3.13"]}


def test_workflows__make_what_has_a_rule() -> None:
    """A target that is only declared is "nothing to be done", and green for ever."""
    makefile = read(Path("Makefile"))
    rules = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    (declared,) = re.findall(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)
    texts = [read(path) for path in (*OWN, Path(".ci/run"))]
    made = {name for text in texts for name in re.findall(r"\bmake ([a-z-]+)$", text, re.MULTILINE)}

    assert made >= {"check", "test", "demo", "image-test", "exhaustive"}
    assert made <= set(declared.split()) <= rules


def test_release__asks_for_the_gate_by_its_name() -> None:
    """A gate that was renamed would let every release through, or none."""
    name = str(_jobs(Path(".github/workflows/ci.yml"))["green"]["name"])

    assert f"check_name={name.replace(' ', '%20')}" in read(Path(".github/workflows/release.yml"))


@pytest.mark.parametrize("workflow", OWN, ids=str)
def test_workflow__gives_each_job_its_rights_and_its_end(workflow: Path) -> None:
    """Nothing is inherited from a setting of the repository, and no job hangs for six hours."""
    whole = yaml.safe_load(read(workflow))

    assert whole["permissions"] == {}
    for name, job in whole["jobs"].items():
        assert "permissions" in job, name
        assert "timeout-minutes" in job, name


@pytest.mark.parametrize("workflow", EXAMPLES, ids=str)
def test_example__starts_one_run_for_one_issue(workflow: Path) -> None:
    """An issue opened with its label sends `opened` and `labeled`: two runs in a row."""
    # YAML 1.1 reads the key `on` as true.
    events = yaml.safe_load(read(workflow))[True]

    assert events.get("issues", {"types": ["labeled"]}) == {"types": ["labeled"]}


@pytest.mark.parametrize("workflow", [*OWN, *EXAMPLES], ids=str)
def test_workflow__uses_nothing_that_somebody_can_move(workflow: Path) -> None:
    """Other people's actions stand at a commit with its version beside it; ours is to be, too."""
    used = re.findall(r"^\s*(?:- )?uses: (\S+)(.*)$", read(workflow), re.MULTILINE)

    assert used != []
    for action, comment in used:
        if action.startswith("./"):
            continue
        name, _, ref = action.partition("@")
        if name.startswith("OWNER/orchestrator"):
            assert (ref, "commit" in comment) == ("COMMIT", True), action
        else:
            assert re.fullmatch(r"[0-9a-f]{40}", ref), action
            assert re.fullmatch(r" # v\d+(\.\d+)*", comment), action


def test_private_registry__gives_the_variable_that_it_speaks_of() -> None:
    """The configuration in the example's first lines and its step name one variable."""
    text = read(REGISTRY)
    (step,) = (each for each in _jobs(REGISTRY)["orchestrate"]["steps"] if "env" in each)

    (name,) = step["env"]
    assert f"setup_secrets: [{name}]" in text
    assert f"${{{name}}}" in text


def test_pictures__are_there_and_small() -> None:
    """The README loads at once, and no picture lies about that nothing shows."""
    readme = read(Path("README.md"))

    assert IMAGES != ()
    for image in IMAGES:
        assert str(image) in readme
        assert (ROOT / image).stat().st_size <= LARGEST_BYTES
