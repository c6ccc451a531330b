"""Load the model's library ahead of time."""

from __future__ import annotations

import importlib


def preload() -> None:
    """Import the library, which takes seconds; meant for a thread while something else waits."""
    importlib.import_module("anthropic")
