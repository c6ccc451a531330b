"""A job that was cancelled or killed leaves nothing behind."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

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
