"""The environment of this process, and what of it another interpreter is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.config.process import interpreter_environment, process_environment, settle
from tests.architecture.source import ROOT


def test_process_environment__is_the_real_one() -> None:
    """What is dropped from it is dropped for every child process."""
    assert process_environment() is os.environ


def test_interpreter__is_given_what_it_starts_with_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A checkout on a path of its own and a shared interpreter work; keys stay here."""
    monkeypatch.setenv("PYTHONPATH", f"src{os.pathsep}/opt")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib/python")
    monkeypatch.setenv("PYTHONHOME", "")
    monkeypatch.setenv("PYTHON_KEY", "canary")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary")

    given = interpreter_environment()

    assert dict(given) == {
        "PYTHONPATH": f"{Path.cwd() / 'src'}{os.pathsep}/opt",
        "LD_LIBRARY_PATH": "/usr/lib/python",
    }


ALIKE = """
import json, subprocess, sys
sys.path.insert(0, sys.argv[1])
from orchestrator.config.process import interpreter_environment, interpreter_words
words = [*interpreter_words(), "-c", "import sys; print(sys.flags)"]
other = subprocess.run(words, env=dict(interpreter_environment()), stdout=-1, check=True)
print(json.dumps([str(sys.flags), other.stdout.decode().strip(), dict(interpreter_environment())]))
"""


@pytest.mark.parametrize(
    ("flags", "is_heard"),
    [
        ((), True),
        (("-I", "-B", "-u", "-X", "utf8"), False),
        (("-E", "-s"), False),
        (("-P",), True),
    ],
    ids=["plain", "as in the image", "no variables", "safe path"],
)
def test_interpreter__heeds_what_this_one_heeds(
    flags: tuple[str, ...], *, is_heard: bool, tmp_path: Path
) -> None:
    """No variable of a job reaches the other interpreter where it does not reach the first."""
    said = subprocess.run(
        [sys.executable, *flags, "-c", ALIKE, str(ROOT)],
        cwd=tmp_path,
        env={"PYTHONPATH": "src", "PYTHONUSERBASE": "base", "LD_LIBRARY_PATH": "/usr/lib"},
        capture_output=True,
        check=True,
    )

    ours, theirs, given = json.loads(said.stdout)
    assert theirs == ours
    assert given.pop("LD_LIBRARY_PATH") == "/usr/lib"
    own = {"PYTHONPATH": f"{tmp_path}/src", "PYTHONUSERBASE": f"{tmp_path}/base"}
    assert given == (own if is_heard else {})


def test_settle__makes_relative_paths_mean_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a variable names is found from wherever it was named."""
    monkeypatch.chdir("/")
    monkeypatch.setenv("SSL_CERT_FILE", "elsewhere.pem")

    settle(str(tmp_path), {"SSL_CERT_FILE": "own.pem"})

    assert Path.cwd() == tmp_path
    assert os.environ["SSL_CERT_FILE"] == "own.pem"
