"""The Docker client, and the image that is tried with it."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TAG = "orchestrator:test"
ENVIRONMENT = {**os.environ, "DOCKER_BUILDKIT": "0"}


def docker(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the Docker client and return what it said."""
    return subprocess.run(
        ["docker", *arguments], capture_output=True, check=False, env=ENVIRONMENT, text=True
    )


@functools.cache
def build() -> str:
    """Build the image once, with the classic builder, and return its name."""
    built = docker("build", "--quiet", "--tag", TAG, ROOT)
    assert built.returncode == 0, built.stderr[-2000:]
    return TAG


def take_out(path: str, folder: Path) -> Path:
    """Copy a folder of the image into a folder of this machine."""
    made = docker("create", build()).stdout.strip()
    try:
        copied = docker("cp", f"{made}:{path}", folder)
        assert copied.returncode == 0, copied.stderr
    finally:
        docker("rm", made)
    return folder / Path(path).name
