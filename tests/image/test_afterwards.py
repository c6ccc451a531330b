"""What root does with what an agent leaves, played inside the image for both backends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders_git import make_repository
from tests.image.job import CANARY

if TYPE_CHECKING:
    from tests.image.job import Job

pytestmark = pytest.mark.image

_ATTACKS = Path(__file__).with_name("attacks")
_CONTROLS = 2
_FEWEST = 13


@pytest.mark.parametrize("backend", ["sibling", "local"])
def test_afterwards__nothing_springs_or_leaks(job: Job, backend: str) -> None:
    """Traps, races and neighbours reach nothing; the same done carelessly shows that they bite."""
    workspace = job.folder / "workspace"
    (workspace / ".git" / "config").unlink()
    make_repository(workspace, {"README.md": "hello\n", "docs/index.md": "hello\n"})

    said = job.play("/attacks/inside.py", backend, *("-v", f"{_ATTACKS}:/attacks:ro"))

    lines = said.stdout.splitlines()
    verdicts = [line for line in lines if line.startswith(("worked ", "stopped "))]
    worked = {line.removeprefix("worked ") for line in verdicts if line.startswith("worked ")}
    assert len(verdicts) >= _FEWEST + _CONTROLS, said.stdout + said.stderr
    assert {name for name in worked if not name.startswith("(control)")} == set()
    assert len(worked) == _CONTROLS, said.stdout
    assert CANARY not in said.stdout + said.stderr
    assert job.siblings() == []
