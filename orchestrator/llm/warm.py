"""Load the model's library ahead of time."""

from __future__ import annotations

import gc
import importlib


def preload() -> None:
    """Import the library and what it imports with its first request: most of a second.

    Meant for a thread while something else waits.
    """
    # A hundred and fifty thousand objects that stay: neither now nor later is there rubbish among
    # them to look for.
    gc.disable()
    try:
        for name in ("anthropic", "httpcore2"):
            importlib.import_module(name)
        gc.freeze()
    finally:
        gc.enable()
