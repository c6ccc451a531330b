"""A job that was cancelled or killed leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.sandbox.lending import remove_siblings
from tests.image.docker import TAG, docker

if TYPE_CHECKING:
    from tests.image.job import Job

pytestmark = pytest.mark.image


def test_tidy__removes_containers_and_worktrees_of_the_job(job: Job) -> None:
    """The runner's last container takes away what the killed one could not."""
    cells = job.folder / "runner_temp" / "orchestrator-cells" / "left"
    cells.mkdir(parents=True)
    subprocess.run(["chown", "-R", "65101", str(cells)], check=False)
    label = f"orchestrator.run={job.folder.name}///"
    docker("run", "--detach", "--label", label, "--entrypoint", "sleep", TAG, "600")
    assert len(job.siblings()) == 1

    said = docker(
        *("run", "--rm", "--workdir", "/github/workspace", "--env", "GITHUB_ACTIONS=true"),
        *("--env", f"GITHUB_RUN_ID={job.folder.name}", "--env", "RUNNER_TEMP=/github/runner_temp"),
        *("-v", "/var/run/docker.sock:/var/run/docker.sock"),
        *("-v", f"{job.folder / 'runner_temp'}:/github/runner_temp"),
        *("-v", f"{job.folder / 'workspace'}:/github/workspace"),
        *("--entrypoint", "/app/tidy.py", TAG),
    )

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert job.siblings() == []
    assert not cells.parent.exists()


def test_siblings__of_another_issue_are_left_alone() -> None:
    """Of two runs in one step, the one that ends first takes its own containers away only."""
    job = f"orchestrator-test-{os.getpid()}"
    labels = (f"{job}/one", f"{job}/one2", f"{job}/two")
    started = [
        docker(
            *("run", "--detach", "--label", f"orchestrator.run={label}"),
            *("--entrypoint", "sleep", TAG, "600"),
        ).stdout.strip()
        for label in labels
    ]

    def left() -> list[bool]:
        there = docker("ps", "--no-trunc", "--quiet").stdout.split()
        return [container in there for container in started]

    remove_siblings(labels[0])
    after_one = left()
    remove_siblings(job)

    assert after_one == [False, True, True]
    assert left() == [False, False, False]
