"""What starting the program costs, and what importing it does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.architecture.source import ROOT, python_files
from tests.builders_git import make_repository

if TYPE_CHECKING:
    from pathlib import Path

SLOW = ("anthropic", "github")
PROBE = """
import importlib, json, sys, threading
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"loaded": loaded, "threads": threading.active_count()}))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["validate"]])
def test_start__does_without_the_slow_libraries(tmp_path: Path, arguments: list[str]) -> None:
    """Asking for help or checking a configuration answers at once."""
    # Our own checkout may be shallow or detached, as continuous integration makes it.
    other = make_repository(tmp_path / "checkout", {"package.json": "{}"})
    if arguments == ["validate"]:
        arguments = ["validate", "--repo", str(other)]
    started = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "orchestrator", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )

    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in started.stderr.splitlines()
    }
    assert started.returncode == 0, started.stderr[-2000:]
    assert imported.isdisjoint(SLOW)


def test_import__of_any_module_has_no_side_effect() -> None:
    """Importing a room prints nothing, starts nothing and loads no model library."""
    modules = [
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for path in python_files("orchestrator")
        if path.name not in {"__main__.py", "github_forge.py"}
    ]

    probe = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(modules)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )

    assert probe.returncode == 0, probe.stderr[-2000:]
    said = probe.stdout.splitlines()
    assert (len(said), probe.stderr) == (1, "")
    found = json.loads(said[0])
    assert found["threads"] == 1
    assert set(found["loaded"]).isdisjoint(SLOW)
