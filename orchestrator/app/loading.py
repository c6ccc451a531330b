"""What a run needs after its first request, loaded while its first waits go on.

Not before: two threads that import share one interpreter lock, and together take half as long
again as one after the other. And not when it is needed: a checkout of ours that is moved during
a run would put two versions of us into one process.
"""

from __future__ import annotations

import importlib
from typing import Final

from orchestrator.llm.warm import preload

LATER: Final = (
    "orchestrator.stages.planning",
    "orchestrator.stages.preflight.neighbours",
    "orchestrator.stages.implementation",
    "orchestrator.stages.testing",
    "orchestrator.stages.reviewing",
    "orchestrator.stages.verdict",
    "orchestrator.stages.publish",
    "orchestrator.stages.reports",
    "orchestrator.gates.registry",
    "orchestrator.metrics.outputs",
    "orchestrator.app.tidying",
)
"""Modules that begin what comes later; each brings its own."""


def load_ahead() -> None:
    """Load the model's library, then the rest of us; for a thread beside the first commands."""
    preload()
    for name in LATER:
        importlib.import_module(name)
