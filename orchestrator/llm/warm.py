"""Load the model's library ahead of time."""

from __future__ import annotations

import gc
import importlib


def preload() -> None:
    """Import the library, which takes seconds; meant for a thread while something else waits."""
    importlib.import_module("anthropic")
    # A hundred and fifty thousand objects that stay: no later collection needs to look at them.
    gc.freeze()
