"""The Docker client, and the image that is tried with it."""

from __future__ import annotations

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
