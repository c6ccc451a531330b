"""The same order and the same chance in every run of the tests, on base and on head.

A test that now passes and now fails is told from a broken one by running again. That says
something only if nothing else changes between the runs: tests that a runner shuffles, and
values that depend on a seed of the process, would make the same commit look like two.
What the project's command asks for itself is left as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HASHES = {"PYTHONHASHSEED": "0"}
_SEEDS = {"SEED": "1"}
"""Heard by minitest, which always shuffles."""
_MINITEST = re.compile(r"\b(?:rake|rails)\s+(?:\S+\s+)*test\b|\bminitest\b|\bruby\s.*-I\s?test\b")
_OPTIONS = {
    "pytest": ("-p no:randomly", r"randomly"),
    "rspec": ("--order defined", r"--order|--seed|SPEC_OPTS"),
    "jest": ("--seed=1", r"^(?!.*--randomize)|--seed"),
    "vitest": ("--sequence.seed=1", r"--sequence"),
    "phpunit": ("--random-order-seed 1", r"--random-order|--order-by"),
}
"""By runner: what to add, and what in a command speaks against it."""


def steady_environment(command: str) -> Mapping[str, str]:
    """Return variables that take chance out of a test command."""
    return {**_HASHES, **_SEEDS} if _MINITEST.search(command) else _HASHES


def steady_options(runner: str, command: str) -> str:
    """Return options that take chance out of a runner, empty where none are known or wanted."""
    options, unless = _OPTIONS.get(runner, ("", ""))
    return "" if re.search(unless, command) else options
