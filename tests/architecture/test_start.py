"""What starting the program costs, and what importing it does."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from orchestrator.app.loading import LATER
from tests.architecture.source import ROOT, python_files, read
from tests.builders_git import make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW = ("anthropic", "github")
PROBE = """
import importlib, json, sys, threading
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"loaded": loaded, "threads": threading.active_count()}))
"""
WITNESS = """
import os, sys

def hear(event, args):
    if event == "subprocess.Popen":
        with open(os.environ["WITNESS"], "a") as file:
            print(args[1], file=file)

if "WITNESS" in os.environ:
    sys.addaudithook(hear)
"""
OURS = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps([name for name in sys.modules if name.startswith(("orchestrator.", "lizard"))]))
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


def test_sidecar__is_started_before_anything_that_takes_time(tmp_path: Path) -> None:
    """The model's library is on its way while this process has still to import its own."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(["orchestrator.app.sidecar"])],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    slow = {*SLOW, "httpx2", "jinja2", "markdown_it", "pydantic", "yaml"}
    assert slow.isdisjoint(json.loads(probe.stdout)["loaded"])

    started = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "entrypoint.py"), "plan", "7"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
    )
    order = [line.rpartition("|")[2].strip() for line in started.stderr.splitlines()]
    assert order.index("orchestrator.app.sidecar") < order.index("pydantic")


@pytest.mark.parametrize(
    ("words", "environment", "is_started"),
    [
        ((), {"GITHUB_ACTIONS": "true"}, True),
        ((), {"GITHUB_ACTIONS": "true", "INPUT_COMMAND": "plan"}, True),
        ((), {"GITHUB_ACTIONS": "true", "INPUT_COMMAND": "validate"}, False),
        ((), {"GITHUB_ACTIONS": "true", "INPUT_COMMAND": "matrix"}, False),
        (("plan", "7"), {}, True),
        (("plan", "7", "--dry-run"), {}, False),
        (("validate",), {}, False),
    ],
    ids=str,
)
def test_sidecar__is_started_where_a_model_may_be_asked(
    words: tuple[str, ...], environment: dict[str, str], *, is_started: bool, tmp_path: Path
) -> None:
    """Nobody pays for the model's library who only wants to check a configuration."""
    (tmp_path / "sitecustomize.py").write_text(WITNESS, encoding="utf-8")
    started = tmp_path / "started"

    subprocess.run(
        [sys.executable, str(ROOT / "entrypoint.py"), *words],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(tmp_path), "WITNESS": str(started), **environment},
        capture_output=True,
        check=False,
    )

    said = started.read_text(encoding="utf-8") if started.exists() else ""
    assert ("sidecar_program" in said) is is_started


def test_run__begins_without_what_comes_after_the_first_request() -> None:
    """The start brings only what leads to the first request, and the rest is loaded after it."""
    before, after = (_loaded("orchestrator.app.laptop", *more) for more in ((), LATER))

    assert before.isdisjoint(LATER)
    assert {name.split(".")[1] for name in before & after} >= {"stages", "agents", "tools"}
    assert not [name for name in before if name.startswith(("orchestrator.review", "lizard"))]


def test_run__needs_no_module_that_was_not_loaded_by_then() -> None:
    """A checkout of ours that is moved while a run goes on does not put two versions into it."""
    rooms = ("stages", "run.py", "wiring.py")
    files = [path for path in python_files("orchestrator") if not set(rooms).isdisjoint(path.parts)]
    late = {name for path in files for name in _imported_late(path)}

    assert len(late) > len(LATER)
    assert late - _loaded("orchestrator.app.laptop", *LATER) == set()


def _loaded(*modules: str) -> set[str]:
    """Return the names of our modules that a fresh process has after it imported these."""
    probe = subprocess.run(
        [sys.executable, "-c", OURS, json.dumps(modules)], cwd=ROOT, capture_output=True, check=True
    )
    return set(json.loads(probe.stdout))


def _imported_late(path: Path) -> Iterator[str]:
    """Yield our modules that a file imports inside its functions."""
    for function in ast.walk(ast.parse(read(path))):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom):
                    yield str(node.module)
