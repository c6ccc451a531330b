"""The environment of this process, and what of it another interpreter is given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.config.process import interpreter_environment, process_environment

if TYPE_CHECKING:
    import pytest


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
