"""What this machine offers: a developer without root or bubblewrap has no walls."""

from __future__ import annotations

import functools
import sys
import tempfile
from pathlib import Path

import pytest

from orchestrator.sandbox.cell import Toolchain
from orchestrator.sandbox.selection import Policy, choose, compiled_filter


@functools.cache
def has_walls() -> bool:
    """Tell whether a backend passes its own test here, so that commands run in the action."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        toolchain = Toolchain(path=(Path(sys.executable).parent,), readable=(Path(sys.prefix),))
        choice = choose(
            Policy.AUTO,
            scratch=Path(folder) / "cells",
            toolchain=toolchain,
            seccomp_filter=compiled_filter(),
        )
    return choice.sandbox is not None


def need_walls() -> None:
    """Skip a test of the action whose ending rests on commands that were run."""
    if not has_walls():
        pytest.skip("no sandbox here: without root or bubblewrap the action runs no commands")
